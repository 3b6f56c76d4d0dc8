"""HTTP/3 by aioquic: a server to stand beside ours, a load for either, and connections that wait.

three.py serve PORT FILE KEY CERTIFICATE      answers every request with the file
three.py load ADDRESS PORT CONNECTIONS STREAMS SECONDS
three.py hold ADDRESS PORT CONNECTIONS        asks once on each, says "held", and ends with its input

aioquic is Python around a compiled QPACK and OpenSSL: what Debian and PyPI have that serves HTTP/3. As a load it costs
more than our server does, so that of ours the cost of an answer means something here and the rate does not.
"""

import asyncio
import pathlib
import ssl
import sys
import time

from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.asyncio.client import connect
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration

HOST = b"www.bench.test"


class Serving(QuicConnectionProtocol):
    page = b""
    http = None

    def quic_event_received(self, event):
        self.http = self.http or H3Connection(self._quic)
        for said in self.http.handle_event(event):
            if isinstance(said, HeadersReceived):
                length = str(len(self.page)).encode()
                fields = [(b":status", b"200"), (b"content-type", b"text/plain"), (b"content-length", length)]
                self.http.send_headers(said.stream_id, fields)
                self.http.send_data(said.stream_id, self.page, True)
                self.transmit()


class Asking(QuicConnectionProtocol):
    answered = failed = 0
    end = float("inf")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)
        self.ended = asyncio.get_running_loop().create_future()
        self.asked = 0

    def ask(self):
        fields = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", HOST), (b":path", b"/page")]
        self.http.send_headers(self._quic.get_next_available_stream_id(), fields, end_stream=True)
        self.asked += 1

    def quic_event_received(self, event):
        for said in self.http.handle_event(event):
            if isinstance(said, HeadersReceived) and dict(said.headers)[b":status"] != b"200":
                self.failed += 1
            if isinstance(said, DataReceived) and said.stream_ended or getattr(said, "stream_ended", False):
                self.heard()

    def heard(self):
        self.asked -= 1
        self.answered += 1
        if time.monotonic() < self.end:
            self.ask()
            self.transmit()
        elif not self.asked and not self.ended.done():
            self.ended.set_result(None)


async def server(port, file, key, certificate):
    Serving.page = pathlib.Path(file).read_bytes()
    configuration = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    configuration.load_cert_chain(certificate, key)
    await serve("127.0.0.1", int(port), configuration=configuration, create_protocol=Serving)
    await asyncio.Future()


async def load(address, port, connections, streams, seconds):
    async def one():
        async with connecting(address, port) as client:
            client.end = time.monotonic() + float(seconds)
            for _ in range(int(streams)):
                client.ask()
            client.transmit()
            await client.ended
            return client

    clients = await asyncio.gather(*(one() for _ in range(int(connections))))
    print(f"{sum(one.answered for one in clients)} answered, {sum(one.failed for one in clients)} failed")


async def hold(address, port, connections):
    held = []
    for _ in range(int(connections)):
        connection = connecting(address, port)
        client = await connection.__aenter__()
        client.end = 0
        client.ask()
        client.transmit()
        await client.ended
        held.append(connection)
    print("held", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def connecting(address, port):
    configuration = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name=HOST.decode(),
                                      verify_mode=ssl.CERT_NONE, idle_timeout=120)
    return connect(address, int(port), configuration=configuration, create_protocol=Asking)


if __name__ == "__main__":
    does = {"serve": server, "load": load, "hold": hold}[sys.argv[1]]
    asyncio.run(does(*sys.argv[2:]))
