"""What is measured: each case prints a few lines for people and returns figures by name."""

import random
import re
import resource
import shutil
import socket
import statistics
import subprocess
import time

from servers import LOAD_CORE, PATH, Server, Toynet, busy_seconds, free_port, missing

NAMES = 1000
STARTS = 11
PAGE = b"0123456789abcde\n" * 64


def start(binary, folder, options):
    """From exec to the ready line of the built-in lab, and all of a run with a command that does nothing."""
    about = "built-in lab to its ready line"
    ports = starts("start_ports", f"{about}, on the loopback", binary, folder, options, ["up", "--carrier", "ports"], STARTS)
    results = ports | starts("start", about, binary, folder, options, [], STARTS)
    took = sorted(run_nothing(binary, folder) for _ in range(STARTS))
    middle = statistics.median(took)
    print(f"run    `run -- true` in all: {middle:.1f} ms ({took[0]:.1f}-{took[-1]:.1f}), "
          f"{middle - results['start_ms']:.1f} beyond the lab's start")
    return results | {"run_ms": middle}


def run_nothing(binary, folder):
    begun = time.monotonic()
    with Toynet(binary, folder, ["run", "--", "true"], pinned=False) as run:
        run.process.wait()
    return (time.monotonic() - begun) * 1000


def size(binary, folder, options):
    """Memory of the built-in lab at rest."""
    folder.mkdir()
    with Toynet(binary, folder, pinned=False) as lab:
        lab.wait_until_ready()
        time.sleep(0.5)
        resident, proportional = lab.memory_kib()
    print(f"size   built-in lab at rest: {resident / 1024:.1f} MiB resident, {proportional / 1024:.1f} MiB its own")
    return {"rss_mib": resident / 1024, "pss_mib": proportional / 1024}


def many(binary, folder, options):
    """From exec to the ready line of a lab of 500 hosts."""
    hosts = "".join(f'[host."w{number:03}.many.test".http]\nroot = "site"\n' for number in range(500))
    file = write_site(folder, hosts)
    return starts("many", "lab of 500 web hosts to its ready line", binary, folder, options, ["up", file])


def memory(binary, folder, options):
    """500 hosts without a socket, as a test in Rust starts them: an example of ours beside the binary."""
    program = binary.parent / "examples" / "many_hosts"
    if not program.exists():
        print(f"memory left out: there is no {program}; cargo build --release --example many_hosts makes it")
        return {}
    runs = [subprocess.run([program], check=True, capture_output=True, text=True).stdout for _ in range(options.rounds)]
    took = [float(figure(r"in memory: ([0-9.]+) ms", said)) for said in runs]
    print(f"memory 500 hosts in memory, until all answer: {statistics.median(took):.1f} ms "
          f"({min(took):.1f}-{max(took):.1f})")
    return {"memory_ms": statistics.median(took)}


def starts(name, about, binary, folder, options, arguments, rounds=None):
    folder.mkdir(exist_ok=True)
    took = []
    for _ in range(rounds or options.rounds):
        with Toynet(binary, folder, arguments, pinned=False) as lab:
            took.append(lab.wait_until_ready() * 1000)
    low, middle, high = min(took), statistics.median(took), max(took)
    print(f"{name:6} {about}: {middle:.1f} ms ({low:.1f}-{high:.1f})")
    return {f"{name}_ms": middle}


def dns(binary, folder, options):
    """UDP queries to an authoritative server: half A, some AAAA, MX and TXT, a tenth for no name at all.

    Everything is recorded; as NSD writes no log, ours is off.
    """
    if lacking("dns", "dnsperf", "taskset"):
        return {}
    folder.mkdir()
    write_zone(folder)
    lab = ('[lab]\nworkers = 1\n\n[host."ns.bench.test"]\naddress = "198.18.53.53"\n\n'
           '[host."ns.bench.test".dns]\nzones = { "bench.test" = "bench.test.zone" }\n')
    (folder / "lab.toml").write_text(lab)

    def ours():
        server = Toynet(binary, folder, ["up", "--log", "off", folder / "lab.toml"])
        server.wait_until_ready()
        server.address = server.door("ns.bench.test", "udp", 53)
        return server

    def load(server, seconds):
        address, port = server.address
        said = loaded(["dnsperf", "-s", address, "-p", str(port), "-d", str(folder / "queries"), "-l", str(seconds),
                       "-c", "16", "-q", "512", "-T", "1", "-t", "1"])
        lost = figure(r"Queries lost:\s+(\d+)", said)
        return int(figure(r"Queries completed:\s+(\d+)", said)), f"{lost} lost"

    return compare("dns", "queries", ours, lambda: nsd(folder), "nsd", load, options)


def compare(case, what, ours, theirs, peer, load, options):
    """Loads both servers in turns; medians, and the median of the ratios of each round."""
    with ours() as own:
        others = [] if lacking(case, peer) else [theirs()]
        try:
            rounds = take_turns([own, *others], load, options)
        finally:
            for other in others:
                other.__exit__()
    results = {}
    for server in [own, *others]:
        cost = statistics.median(one[server.name]["cost"] for one in rounds)
        rate = statistics.median(one[server.name]["rate"] for one in rounds)
        strangers = statistics.median(one[server.name]["strangers"] for one in rounds)
        note = rounds[-1][server.name]["note"]
        print(f"{case:6} {server.name:7} {cost:7.2f} us each, {rate:9,.0f} {what} a second; {note}; "
              f"strangers took {strangers:.2f} cores")
        results |= {f"{case}_{server.name}_us": cost, f"{case}_{server.name}_rate": rate}
    for measure, better in (("cost", -1), ("rate", 1)) if others else ():
        ratios = [(one["toynet"][measure] / one[peer][measure]) ** better for one in rounds]
        print(f"{case:6} {measure}, ours beside {peer}: {statistics.median(ratios):.2f} "
              f"({min(ratios):.2f}-{max(ratios):.2f}; above 1 we are better)")
        results[f"{case}_ratio_{measure}"] = statistics.median(ratios)
    return results


def take_turns(servers, load, options):
    for server in servers:
        load(server, 1)
    rounds = []
    for number in range(options.rounds):
        begin = number % len(servers)
        order = servers[begin:] + servers[:begin]
        rounds.append({server.name: measure(server, load, options.seconds) for server in order})
    return rounds


def measure(server, load, seconds):
    busy, used, begun = busy_seconds(), server.processor_seconds(), time.monotonic()
    children = sum(time_used())
    answered, note = load(server, seconds)
    lasted = time.monotonic() - begun
    used = server.processor_seconds() - used
    strangers = busy_seconds() - busy - used - (sum(time_used()) - children)
    if not answered:
        raise RuntimeError(f"{server.name} answered nothing")
    return {"cost": used / answered * 1e6, "rate": answered / lasted, "strangers": max(0, strangers / lasted),
            "note": note}


def time_used():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime, used.ru_stime


def loaded(command):
    done = subprocess.run(["taskset", "-c", LOAD_CORE, *command], capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def figure(pattern, text):
    found = re.search(pattern, text)
    if not found:
        raise RuntimeError(f"no {pattern} in\n{text}")
    return found[1]


def lacking(case, *programs):
    """Says which of the programs are not installed."""
    for program in (absent := missing(*programs)):
        print(f"{case:6} left out: {program} is not installed")
    return bool(absent)


def nsd(folder):
    """NSD with one server process, on the same zone; it records nothing."""
    port = free_port()
    config = folder / "nsd.conf"
    config.write_text(f"""server:
  server-count: 1
  ip-address: 127.0.0.1@{port}
  reuseport: yes
  username: ""
  chroot: ""
  zonesdir: {folder}
  database: ""
  zonelistfile: {folder}/nsd.zones
  xfrdfile: {folder}/nsd.xfrd
  xfrdir: {folder}
  pidfile: {folder}/nsd.pid
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  minimal-responses: yes
remote-control:
  control-enable: no
zone:
  name: bench.test
  zonefile: {folder}/bench.test.zone
""")
    server = Server("nsd", [shutil.which("nsd", path=PATH), "-d", "-c", config], folder, address=("127.0.0.1", port))
    return server.wait_until(lambda: answers_dns(server.address))


def answers_dns(address):
    query = b"\x00\x07\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05bench\x04test\x00\x00\x06\x00\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.1)
        try:
            asking.sendto(query, address)
            return asking.recv(512)[3] & 15 == 0
        except OSError:
            return False


def connects(address):
    try:
        socket.create_connection(address, timeout=0.1).close()
        return True
    except OSError:
        return False


def write_site(folder, lab):
    site = folder / "site"
    site.mkdir(parents=True)
    (site / "index.html").write_bytes(PAGE)
    (site / "page").write_bytes(PAGE)
    (folder / "lab.toml").write_text(lab)
    return folder / "lab.toml"


def write_zone(folder):
    """A zone of 1,000 names, and queries for it in an order that is the same in every run."""
    chance = random.Random(1035)
    zone = ["$ORIGIN bench.test.", "$TTL 3600", "@ SOA ns hostmaster 1 7200 3600 1209600 300", "@ NS ns",
            "ns A 198.18.53.53"]
    names = {"A": [], "AAAA": [], "MX": [], "TXT": []}
    for number in range(NAMES):
        name = f"n{number:03}"
        data = {"A": f"198.18.{100 + number // 250}.{number % 250 + 1}"}
        if number % 2:
            data["AAAA"] = f"2001:db8:bec::{number:x}"
        if number % 5 == 0:
            data["MX"] = f"10 n{(number + 1) % NAMES:03}"
        if number % 5 == 1:
            data["TXT"] = f'"a few words about host {number} of the zone"'
        zone += [f"{name} {kind} {text}" for kind, text in data.items()]
        for kind in data:
            names[kind].append(f"{name}.bench.test")
    (folder / "bench.test.zone").write_text("\n".join(zone) + "\n")

    kinds = chance.choices(["A", "AAAA", "MX", "TXT", None], [50, 20, 10, 10, 10], k=20_000)
    asked = [f"{chance.choice(names[kind])} {kind}" if kind else f"none{chance.randrange(NAMES)}.bench.test A"
             for kind in kinds]
    (folder / "queries").write_text("\n".join(asked) + "\n")


ALL = {"start": start, "size": size, "many": many, "memory": memory, "dns": dns}
