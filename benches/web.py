"""HTTP in its versions, with and without TLS, beside nginx with its access log; and what idle connections cost."""

import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time

from cases import PAGE, compare, connects, figure, lacking, loaded, write_site
from servers import PATH, Server, Toynet, free_port, missing

HOST = "www.bench.test"
CONNECTIONS = 64
STREAMS = 10
IDLE = 5000
IDLE_THREE = 1000
# Longer than a server of ours looks at a connection before it lets go of what serves requests.
REST = 12
# A client of HTTP/3 hears nothing of the server's first ones for longer than its handshakes take, and QUIC ends at 30 s.
REST_THREE = 5
THREE = pathlib.Path(__file__).with_name("three.py")
LARGE = PAGE * 100
TRUSTING = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TRUSTING.check_hostname, TRUSTING.verify_mode = False, ssl.CERT_NONE


def http(binary, folder, options):
    """A file of 1,024 octets over 64 connections that stay open: recorded, and logged as far as the log keeps up.

    `httpoff` is the same without the log: what is left is the price of serving and recording.
    """
    logged = serve("http", binary, folder, options, wrk("http"))
    return logged | serve("httpoff", binary, folder, options, wrk("http"), ["--log", "off"])


def large(binary, folder, options):
    """A file of 100 KiB over 64 connections that stay open."""
    return serve("http-100k", binary, folder, options, wrk("http", "large"))


def https(binary, folder, options):
    """The same 1,024 octets over TLS 1.3, on connections that stay open."""
    return serve("https", binary, folder, options, wrk("https"), secure=True)


def http2(binary, folder, options):
    """HTTP/2 in clear, by prior knowledge, with ten streams on each of 64 connections."""
    return serve("http2", binary, folder, options, h2load("http"))


def https2(binary, folder, options):
    """HTTP/2 over TLS 1.3, likewise."""
    return serve("https2", binary, folder, options, h2load("https"), secure=True)


def http3(binary, folder, options):
    """The same over HTTP/3, with ten streams on each of 8 connections, beside aioquic's server, which is Python."""
    if lacking("http3", "openssl", "taskset", "aioquic"):
        return {}
    folder = folder.with_name("http3")

    def load(server, seconds):
        address, port = server.address
        said = loaded([sys.executable, THREE, "load", address, str(port), "8", str(STREAMS), str(seconds)])
        return int(figure(r"(\d+) answered", said)), f"{figure(r'([0-9]+) failed', said)} failed"

    begin = lambda start: lambda: start(binary, folder, [], True)  # noqa: E731
    return compare("http3", "requests", begin(three), begin(aioquic), "aioquic", load, options)


def idle(binary, folder, options):
    """What 5,000 connections cost that wait: opened and no more; after a request, at once and once they rest; the same
    over TLS; and what 1,000 of HTTP/3 cost after a request."""
    results = idle_three(binary, folder)
    for name, scheme, asks in (("opened", "http", False), ("asked", "http", True), ("tls", "https", True)):
        for start in ours, nginx:
            if start is nginx and missing("nginx", "openssl"):
                continue
            with start(binary, folder.with_name(f"idle-{name}"), ["--log", "off"], scheme == "https") as server:
                results |= rest(server, name, asks, scheme == "https")
    return results


def rest(server, name, asks, secure):
    before = server.memory_kib()[1]
    each = lambda: (server.memory_kib()[1] - before) / IDLE  # noqa: E731
    held = [opened(server.address, asks, secure) for _ in range(IDLE)]
    at_once = each()
    time.sleep(REST)
    rested = each()
    for connection in held:
        connection.close()
    print(f"idle   {server.name:7} {name}: {rested:.2f} KiB for each of {IDLE:,} connections, "
          f"{at_once:.2f} before {REST} s of silence")
    return {f"idle_{name}_{server.name}_kib": rested, f"idle_{name}_{server.name}_at_once_kib": at_once}


def idle_three(binary, folder):
    if lacking("idle", "openssl", "aioquic"):
        return {}
    results = {}
    for start in three, aioquic:
        with start(binary, folder.with_name("idle-three"), ["--log", "off"], True) as server:
            results |= rest_three(server)
    return results


def rest_three(server):
    before = server.memory_kib()[1]
    address, port = server.address
    command = [sys.executable, THREE, "hold", address, str(port), str(IDLE_THREE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as clients:
        if clients.stdout.readline() != "held\n":
            raise RuntimeError("the connections were not held")
        time.sleep(REST_THREE)
        each = (server.memory_kib()[1] - before) / IDLE_THREE
        clients.stdin.close()
    print(f"idle   {server.name:7} three: {each:.2f} KiB for each of {IDLE_THREE:,} connections")
    return {f"idle_three_{server.name}_kib": each}


def opened(address, asks, secure):
    connection = socket.create_connection(address, timeout=20)
    if secure:
        connection = TRUSTING.wrap_socket(connection, server_hostname=HOST)
    if asks:
        connection.sendall(f"GET /page HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        heard = b""
        while not heard.endswith(PAGE):
            heard += connection.recv(65536) or exit("a connection was closed")
    return connection


def serve(name, binary, folder, options, load, more=(), secure=False):
    if lacking(name, *load.needs, *(["openssl"] if secure else [])):
        return {}
    folder = folder.with_name(name)
    begin = lambda start: lambda: start(binary, folder, more, secure)  # noqa: E731
    return compare(name, "requests", begin(ours), begin(nginx), "nginx", load, options)


def wrk(scheme, page="page"):
    def load(server, seconds):
        address, port = server.address
        said = loaded(["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-H", f"Host: {HOST}",
                       f"{scheme}://{address}:{port}/{page}"])
        failed = re.search(r"Non-2xx.*|Socket errors.*", said)
        return int(figure(r"(\d+) requests in", said)), failed[0] if failed else "none failed"

    load.needs = ("wrk", "taskset")
    return load


def h2load(scheme):
    def load(server, seconds):
        address, port = server.address
        said = loaded(["h2load", "-c", str(CONNECTIONS), "-m", str(STREAMS), "-D", str(seconds),
                       "-H", f":authority: {HOST}", f"{scheme}://{address}:{port}/page"])
        failed = int(figure(r"(\d+) failed", said)) + int(figure(r"(\d+) 4xx", said))
        return int(figure(r"(\d+) succeeded", said)), f"{failed} failed"

    load.needs = ("h2load", "taskset")
    return load


def ours(binary, folder, options, secure):
    folder.mkdir(parents=True, exist_ok=True)
    file = site(folder, f'[lab]\nworkers = 1\n\n[host."{HOST}".http]\nroot = "site"\nlimits = {{ connections = 10000 }}\n')
    server = Toynet(binary, folder, ["up", *options, file])
    server.wait_until_ready()
    server.address = server.door(HOST, "tcp", 443 if secure else 80)
    return server


def three(binary, folder, options, secure):
    server = ours(binary, folder, options, secure)
    server.address = server.door(HOST, "quic", 443)
    return server


def aioquic(binary, folder, options, secure):
    """aioquic's server, which writes no log."""
    folder.mkdir(parents=True, exist_ok=True)
    site(folder, "")
    port, (key, certificate) = free_port(), certified(folder)
    command = [sys.executable, THREE, "serve", port, folder / "site" / "page", key, certificate]
    server = Server("aioquic", command, folder, address=("127.0.0.1", port))
    return server.wait_until(lambda: is_bound(port))


def is_bound(port):
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        try:
            other.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def nginx(binary, folder, options, secure):
    """nginx with one worker and its access log, as Debian configures it, without a limit on a connection's requests."""
    folder.mkdir(parents=True, exist_ok=True)
    site(folder, "")
    port, config = free_port(), folder / "nginx.conf"
    spools = "\n".join(f"  {kind}_temp_path {folder}/nginx-{kind};"
                       for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config.write_text(f"""worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error crit;
events {{ worker_connections 10000; }}
http {{
  access_log {folder}/nginx.access combined;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
{spools}
  server {{
    listen 127.0.0.1:{port} {listens(folder, secure)}
    root {folder}/site;
    default_type text/plain;
  }}
}}
""")
    command = [shutil.which("nginx", path=PATH), "-e", f"{folder}/nginx.error", "-p", folder, "-c", config]
    server = Server("nginx", command, folder, address=("127.0.0.1", port))
    return server.wait_until(lambda: connects(server.address))


def listens(folder, secure):
    """What is spoken at its port: in clear HTTP/2 where the load knows it beforehand, which wrk does not."""
    if not secure:
        return "http2;" if folder.name == "http2" else ";"
    key, certificate = certified(folder)
    return f"ssl http2;\n    ssl_protocols TLSv1.3;\n    ssl_certificate {certificate};\n    ssl_certificate_key {key};"


def certified(folder):
    """A key and a certificate for it."""
    key, certificate = folder / "peer.key", folder / "peer.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", f"/CN={HOST}"],
                   check=True, capture_output=True)
    return key, certificate


def site(folder, lab):
    if not (folder / "site").exists():
        write_site(folder, lab)
        (folder / "site" / "large").write_bytes(LARGE)
    if lab:
        (folder / "lab.toml").write_text(lab)
    return folder / "lab.toml"


ALL = {"http": http, "http-100k": large, "https": https, "http2": http2, "https2": https2, "http3": http3,
       "idle": idle}
