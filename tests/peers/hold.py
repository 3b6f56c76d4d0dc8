"""Holds many idle connections until its standard input ends.

hold.py ADDRESS:PORT COUNT
"""

import resource
import socket
import sys


def main():
    address, port = sys.argv[1].rsplit(":", 1)
    count = int(sys.argv[2])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held = []
    for _ in range(count):
        held.append(socket.create_connection((address.strip("[]"), int(port)), timeout=5))
    print(f"held {len(held)}", flush=True)
    sys.stdin.read()


main()
