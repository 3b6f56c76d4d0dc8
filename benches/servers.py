"""Servers under test: started in a session of their own, measured through /proc, stopped with all they started."""

import importlib.util
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
# Where Debian puts daemons, which an ordinary user's PATH leaves out.
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
SERVER_CORE, LOAD_CORE = "0", "1"


# What is asked for by the name of a program and is a module of Python.
MODULES = {"aioquic"}


def missing(*programs):
    """Those of the programs that are not installed."""
    return [program for program in programs if not is_installed(program)]


def is_installed(program):
    if program in MODULES:
        return importlib.util.find_spec(program) is not None
    return shutil.which(program, path=PATH) is not None


class Server:
    """A running server. `address` is where its load goes."""

    def __init__(self, name, command, folder, pinned=True, **keywords):
        self.name = name
        self.address = keywords.pop("address", None)
        self.output = open(folder / f"{name}.out", "w+")
        pin = ["taskset", "-c", SERVER_CORE] if pinned else []
        environment = os.environ | {"PATH": PATH} | keywords.pop("environment", {})
        self.process = subprocess.Popen([*pin, *map(str, command)], stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=subprocess.STDOUT, start_new_session=True, env=environment, **keywords)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.output.close()

    def signal(self, number):
        """Signals the whole session: name servers and web servers work in children."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def processes(self):
        """The numbers of all processes that belong to this server."""
        return [pid for pid, _ in self.family()]

    def processor_seconds(self):
        """Processor time that the server has used so far, in all its processes and threads."""
        return sum(int(fields[11]) + int(fields[12]) for _, fields in self.family()) / TICKS

    def family(self):
        """Its processes with their fields: those of its session and all descendants, wherever they went."""
        rest = dict(all_processes())
        mine = {pid for pid, fields in rest.items() if fields[3] == str(self.process.pid)}
        while more := {pid for pid, fields in rest.items() if fields[1] in mine} - mine:
            mine |= more
        return [(pid, rest[pid]) for pid in mine]

    def memory_kib(self):
        """Resident memory, and the share of it that no other process can be charged with."""
        resident = proportional = 0
        for pid in self.processes():
            fields = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().split()
            resident += int(fields[fields.index("Rss:") + 1])
            proportional += int(fields[fields.index("Pss:") + 1])
        return resident, proportional

    def wait_until(self, answers, seconds=20):
        """Waits until `answers()` is true; what the server printed is in the error when it stays false."""
        end = time.monotonic() + seconds
        while not answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.output.flush()
                printed = pathlib.Path(self.output.name).read_text()
                raise RuntimeError(f"{self.name} does not answer:\n{printed}")
            time.sleep(0.01)
        return self


class Toynet(Server):
    """A lab of ours in a home of its own."""

    def __init__(self, binary, folder, arguments=(), pinned=True, environment=None):
        home = folder / "home"
        for part in ("run", "state", "cache"):
            (home / part).mkdir(parents=True, exist_ok=True)
            (home / part).chmod(0o700)
        self.binary = binary
        self.home = {"XDG_RUNTIME_DIR": str(home / "run"), "XDG_STATE_HOME": str(home / "state"), "HOME": str(home)}
        self.begun = time.monotonic()
        super().__init__("toynet", [binary, *arguments], folder, pinned, environment=self.home | (environment or {}))

    @property
    def environment(self):
        """In which other commands of ours find the lab."""
        return os.environ | self.home

    def wait_until_ready(self):
        """Waits for the ready line; how many seconds it took."""
        printed = pathlib.Path(self.output.name)
        while not any(line.startswith("ready") for line in printed.read_text().splitlines()):
            if self.process.poll() is not None or time.monotonic() > self.begun + 60:
                raise RuntimeError(f"the lab did not start:\n{printed.read_text()}")
            time.sleep(0.0005)
        return time.monotonic() - self.begun

    def door(self, host, transport, port):
        """Where the outside reaches a host's port: address and port."""
        status = subprocess.run([self.binary, "status", "--json"], env=self.environment, check=True,
                                capture_output=True, text=True, timeout=20)
        lab = json.loads(status.stdout)
        for each in lab["hosts"]:
            endpoints = [endpoint for service in each["services"] for endpoint in service["endpoints"]]
            if each["name"] == host and {"transport": transport, "port": port} in endpoints:
                return each["reached"][0], port + lab["port_offset"]
        raise RuntimeError(f"no door to {host} {transport}/{port} in {status.stdout}")


def all_processes():
    """Every process with the fields of its stat line from the state on (proc(5), fields 3 and later)."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                line = pathlib.Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            yield entry, line[line.rindex(")") + 2:].split()


def busy_seconds():
    """Processor time that the whole machine has used so far."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / TICKS


def free_port():
    """A port of 127.0.0.1 that nothing listens on, for UDP and TCP."""
    with socket.socket() as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        stream.bind(("127.0.0.1", 0))
        datagrams.bind(stream.getsockname())
        return stream.getsockname()[1]
