"""What is measured where both sides talk by turns: mail and Telnet."""

import shutil
import socket
import subprocess
import sys
import time

from cases import compare, connects, figure, lacking, loaded
from servers import PATH, Server, Toynet, free_port

# What a load tool is told to send at a time: a few tenths of a second's work.
MAILS, MAILS_OF_A_SLOW_ONE = 2000, 300
SESSIONS = 20


def mail(binary, folder, options):
    """Mails of 1 KiB to a mailbox by smtp-source, 20 sessions that stay open.

    smtp-sink throws away what it takes; Postfix keeps it through a crash of the machine, toynet through one of its
    process. What `delivered` costs, from the greeting to the mailbox, is all in the server's time.
    """
    thrown_away = mails("mail", smtp_sink, MAILS, binary, folder, options)
    return thrown_away | mails("mailbox", postfix, MAILS_OF_A_SLOW_ONE, binary, folder, options)


def mails(name, peer, count, binary, folder, options):
    if lacking(name, "smtp-source", "taskset"):
        return {}
    folder = folder.with_name(name)
    lab = '[lab]\nworkers = 1\n\n[host."mx.bench.test".smtp]\ndomains = ["bench.test"]\nmailboxes = ["inbox"]\n'

    def load(server, seconds):
        address, port = server.address
        end, sent = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            loaded(["smtp-source", "-d", "-s", str(SESSIONS), "-m", str(count), "-l", "1024", "-f", "sender@else.test",
                    "-t", "inbox@bench.test", f"inet:{address}:{port}"])
            sent += count
        return sent, "all taken"

    program = "smtp-sink" if peer is smtp_sink else "postfix"
    return compare(name, "mails", lab_of(binary, folder, lab, "mx.bench.test", 25), lambda: peer(folder), program,
                   load, options)


def telnet(binary, folder, options):
    """Lines typed on 20 connections, each answered with a line and a prompt: `whoami` here, `version` there."""
    if lacking("telnet", "taskset"):
        return {}
    lab = '[lab]\nworkers = 1\n\n[host."bbs.bench.test".telnet]\nbanner = "ready"\n'

    def load(server, seconds):
        address, port = server.address
        first, line = ("guest", "whoami\r\n") if server.name == "toynet" else ("", "version\r\n")
        said = loaded([sys.executable, __file__, address, str(port), str(seconds), first, line])
        return int(figure(r"(\d+) lines", said)), "all answered"

    return compare("telnet", "lines", lab_of(binary, folder, lab, "bbs.bench.test", 23), lambda: telnetlib3(folder),
                   "telnetlib3-server", load, options)


def lab_of(binary, folder, lab, host, port):
    """What starts a lab of one host, without the log."""
    folder.mkdir()
    (folder / "lab.toml").write_text(lab)

    def ours():
        server = Toynet(binary, folder, ["up", "--log", "off", folder / "lab.toml"])
        server.wait_until_ready()
        server.address = server.door(host, "tcp", port)
        return server

    return ours


def smtp_sink(folder):
    """Postfix's own sink: one process that takes every mail and keeps none."""
    port = free_port()
    command = [shutil.which("smtp-sink", path=PATH), "-u", "nobody", f"inet:127.0.0.1:{port}", "1024"]
    server = Server("smtp-sink", command, folder, address=("127.0.0.1", port))
    return server.wait_until(lambda: connects(server.address))


def postfix(folder):
    """Postfix as an instance of its own that delivers to a Maildir. It must be root's."""
    port, home = free_port(), folder / "postfix-home"
    for part in ("etc", "queue", "data", "mail"):
        (home / part).mkdir(parents=True)
    shutil.chown(home / "data", "postfix", "postfix")
    (home / "mail").chmod(0o777)
    settings = {
        "compatibility_level": "3.6", "queue_directory": home / "queue", "data_directory": home / "data",
        "command_directory": "/usr/sbin", "daemon_directory": "/usr/lib/postfix/sbin", "mail_owner": "postfix",
        "setgid_group": "postdrop", "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4",
        "myhostname": "mx.bench.test", "mydestination": "", "alias_maps": "", "alias_database": "",
        "virtual_mailbox_domains": "bench.test", "virtual_mailbox_base": home / "mail",
        "virtual_mailbox_maps": "static:inbox/", "virtual_uid_maps": "static:65534",
        "virtual_gid_maps": "static:65534", "virtual_mailbox_limit": "0", "mynetworks": "127.0.0.0/8",
        "smtpd_peername_lookup": "no", "smtpd_client_connection_count_limit": "0", "in_flow_delay": "0",
        "smtpd_relay_restrictions": "permit_mynetworks,reject", "maillog_file": "/dev/null",
        "maillog_file_prefixes": "/dev",
    }
    (home / "etc" / "main.cf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
    services = [f"127.0.0.1:{port} inet n - n - 150 smtpd", "pickup unix n - n 60 1 pickup",
                "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr",
                "rewrite unix - - n - - trivial-rewrite",
                "virtual unix - n n - - virtual", "anvil unix - - n - 1 anvil",
                "postlog unix-dgram n - n - 1 postlogd", "proxymap unix - - n - - proxymap"]
    services += [f"{name} unix - - n - 0 bounce" for name in ("bounce", "defer", "trace")]
    services += [f"{name} unix - - n - - {name}" for name in ("error", "retry", "discard", "smtp")]
    (home / "etc" / "master.cf").write_text("\n".join(services) + "\n")
    subprocess.run(["postfix", "-c", home / "etc", "check"], capture_output=True, timeout=20)
    command = ["/usr/lib/postfix/sbin/master", "-c", home / "etc", "-d"]
    server = Server("postfix", command, folder, address=("127.0.0.1", port))
    return server.wait_until(lambda: connects(server.address))


def telnetlib3(folder):
    """telnetlib3's server with its own shell."""
    port = free_port()
    program = shutil.which("telnetlib3-server")
    command = [program, "127.0.0.1", str(port), "--never-send-ga", "--connect-maxwait", "0.05"]
    server = Server("telnetlib3-server", command, folder, address=("127.0.0.1", port))
    return server.wait_until(lambda: connects(server.address))


ALL = {"mail": mail, "telnet": telnet}


def type_lines(address, port, seconds, first, line):
    """The load of `telnet`: every session has one line in flight; how many were answered with a prompt."""
    sessions = [socket.create_connection((address, port), timeout=10) for _ in range(SESSIONS)]
    for number, session in enumerate(sessions):
        session.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if first:
            read_until(session, b": ")
            session.sendall(b"%s%d\r\n" % (first, number))
        read_until(session, b"> ")
    for session in sessions:
        read_what_is_there(session)
    end, answered = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        for session in sessions:
            session.sendall(line)
        for session in sessions:
            read_until(session, b"> ")
        answered += len(sessions)
    print(f"{answered} lines")


def read_what_is_there(session):
    """Who is there is told of each who comes."""
    session.settimeout(0.1)
    try:
        while session.recv(4096):
            pass
    except TimeoutError:
        session.settimeout(10)


def read_until(session, prompt):
    heard = b""
    while not heard.endswith(prompt):
        more = session.recv(4096)
        if not more:
            sys.exit(f"the server left after {heard!r}")
        heard += more


if __name__ == "__main__":
    type_lines(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4].encode(), sys.argv[5].encode())
