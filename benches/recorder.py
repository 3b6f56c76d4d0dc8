"""What recording costs: the recorder alone, a log that is read, and a capture that is written meanwhile."""

import pathlib
import signal
import statistics
import subprocess
import time

from cases import figure, lacking, loaded, take_turns, write_site, write_zone
from servers import Toynet

# Of what a case is told to send a second: two messages each, 20,000 messages a second.
QUERIES_A_SECOND = 10_000
# A heap on which nothing lasting lies is given back to the system whenever a large page was sent, and faulted in anew
# for the next. A record happens to prevent that: without this it would seem to save time.
STEADY_HEAP = {"MALLOC_TRIM_THRESHOLD_": str(2**28), "MALLOC_MMAP_THRESHOLD_": str(2**25)}


def recorder(binary, folder, options):
    """The same lab with and without a record, without a log: DNS over UDP, pages of 1 KiB and of 1 MiB."""
    results = {}
    if not lacking("recorder", "dnsperf", "taskset"):
        results |= with_and_without("recdns", "queries", binary, folder.with_name("recdns"), options, dns_lab, queries)
    if not lacking("recorder", "wrk", "taskset"):
        for name, page in (("rechttp", "page"), ("reclarge", "large")):
            results |= with_and_without(name, "requests", binary, folder.with_name(name), options, web_lab, pages(page))
    return results


def livelog(binary, folder, options):
    """DNS over UDP while the log goes into a pipe that somebody reads, beside no log; how much it left out."""
    if lacking("livelog", "dnsperf", "taskset"):
        return {}
    folder.mkdir()
    with lab(binary, folder / "logged", dns_lab, "logged", ["--log", "off"]) as logged, \
            lab(binary, folder / "unlogged", dns_lab, "unlogged", ["--log", "off"]) as unlogged:
        reader = subprocess.Popen([binary, "log", "-f"], env=logged.environment, stdout=subprocess.PIPE)
        counter = subprocess.Popen(["grep", "-c", "dns"], stdin=reader.stdout, stdout=subprocess.PIPE, text=True)
        load = queries(folder / "logged")
        results = told("livelog", "queries", logged, unlogged, load, options)
        reader.send_signal(signal.SIGINT)
        lines = int(counter.communicate()[0])
    print(f"livelog {lines:,} lines reached the reader; what it was too slow for is left out and said")
    return results | {"livelog_lines": lines}


def livecapture(binary, folder, options):
    """A capture written while 20,000 messages a second pass: is every packet in the file?"""
    if lacking("livecapture", "dnsperf", "taskset"):
        return {}
    folder.mkdir()
    file = folder / "live.pcapng"
    with lab(binary, folder / "lab", dns_lab, "toynet", ["--log", "off"]) as server:
        used = server.processor_seconds()
        capture = subprocess.Popen([binary, "capture", "-f", "-o", file], env=server.environment,
                                   stderr=subprocess.PIPE, text=True)
        server.wait_until(lambda: file.exists() and file.stat().st_size > 0)
        seconds = max(5, options.seconds)
        sent, completed, lost = steadily(folder / "lab", server, seconds)
        wait_until_quiet(file)
        used = server.processor_seconds() - used
        capture.send_signal(signal.SIGINT)
        said = capture.communicate(timeout=60)[1].strip()
    packets = count_packets(file)
    expected = sent + completed
    print(f"livecapture {sent / seconds:,.0f} queries a second for {seconds} s: {packets:,} packets in the file, "
          f"{expected:,} passed ({lost} queries lost); the lab took {used / completed * 1e6:.2f} us each; {said}")
    return {"livecapture_packets": packets, "livecapture_missing": expected - packets}


def with_and_without(name, what, binary, folder, options, make, load):
    folder.mkdir()
    with lab(binary, folder / "recorded", make, "recorded", ["--log", "off"], STEADY_HEAP) as recorded, \
            lab(binary, folder / "unrecorded", make, "unrecorded", ["--log", "off"],
                STEADY_HEAP | {"TOYNET_BENCH_QUOTA": "0"}) as unrecorded:
        return told(name, what, recorded, unrecorded, load(folder / "recorded"), options)


def told(name, what, own, other, load, options):
    """Loads both in turns. The ratio is what the first costs by what the second does: 1.1 is a tenth more."""
    rounds = take_turns([own, other], load, options)
    results = {}
    for server in (own, other):
        cost, rate, strangers = (statistics.median(one[server.name][key] for one in rounds)
                                 for key in ("cost", "rate", "strangers"))
        print(f"{name} {server.name:10} {cost:7.2f} us each, {rate:9,.0f} {what} a second; "
              f"{rounds[-1][server.name]['note']}; strangers took {strangers:.2f} cores")
        results[f"{name}_{server.name}_us"] = cost
    ratios = [one[own.name]["cost"] / one[other.name]["cost"] for one in rounds]
    print(f"{name} cost, {own.name} by {other.name}: {statistics.median(ratios):.3f} ({min(ratios):.3f}-{max(ratios):.3f})")
    return results | {f"{name}_ratio": statistics.median(ratios)}


class Lab(Toynet):
    """A lab with a name of its own among servers, and more in its environment."""

    def __init__(self, binary, folder, name, arguments, more=None):
        super().__init__(binary, folder, arguments, environment=more)
        self.name = name


def lab(binary, folder, make, name, log, more=None):
    file, host, transport, port = make(folder)
    server = Lab(binary, folder, name, ["up", *log, file], more)
    server.wait_until_ready()
    server.address = server.door(host, transport, port)
    return server


def dns_lab(folder):
    folder.mkdir()
    write_zone(folder)
    (folder / "lab.toml").write_text(
        '[lab]\nworkers = 1\n\n[host."ns.bench.test"]\naddress = "198.18.53.53"\n\n'
        '[host."ns.bench.test".dns]\nzones = { "bench.test" = "bench.test.zone" }\n')
    return folder / "lab.toml", "ns.bench.test", "udp", 53


def web_lab(folder):
    file = write_site(folder, '[lab]\nworkers = 1\n\n[host."www.bench.test".http]\nroot = "site"\n')
    (folder / "site" / "large").write_bytes(b"0123456789abcde\n" * 65536)
    return file, "www.bench.test", "tcp", 80


def queries(folder):
    def load(server, seconds):
        address, port = server.address
        said = loaded(["dnsperf", "-s", address, "-p", str(port), "-d", str(folder / "queries"), "-l", str(seconds),
                       "-c", "16", "-q", "512", "-T", "1", "-t", "1"])
        lost = figure(r"Queries lost:\s+(\d+)", said)
        return int(figure(r"Queries completed:\s+(\d+)", said)), f"{lost} lost"

    return load


def pages(page):
    def begin(_):
        def load(server, seconds):
            address, port = server.address
            said = loaded(["wrk", "-t", "1", "-c", "64", "-d", f"{seconds}s", "-H", "Host: www.bench.test",
                           f"http://{address}:{port}/{page}"])
            return int(figure(r"(\d+) requests in", said)), "none failed"

        return load

    return begin


def steadily(folder, server, seconds):
    """Queries at a steady rate: sent, answered, lost."""
    address, port = server.address
    said = loaded(["dnsperf", "-s", address, "-p", str(port), "-d", str(folder / "queries"), "-l", str(seconds),
                   "-c", "16", "-Q", str(QUERIES_A_SECOND), "-T", "1", "-t", "1"])
    return [int(figure(rf"Queries {word}:\s+(\d+)", said)) for word in ("sent", "completed", "lost")]


def wait_until_quiet(file):
    """Waits until the file has not grown for a second."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < 1:
        if (now := file.stat().st_size) != size:
            size, since = now, time.monotonic()
        time.sleep(0.05)


def count_packets(file):
    """Packets of port 53 in a pcapng file: enhanced packet blocks, all of which hold IPv4 with UDP here."""
    octets, at, packets = pathlib.Path(file).read_bytes(), 0, 0
    while at + 8 <= len(octets):
        kind = int.from_bytes(octets[at:at + 4], "little")
        length = int.from_bytes(octets[at + 4:at + 8], "little")
        packets += kind == 6
        at += length
    return packets


ALL = {"recorder": recorder, "livelog": livelog, "livecapture": livecapture}
