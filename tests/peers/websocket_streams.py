"""WebSockets in streams of HTTP/2 and HTTP/3, by h2 and aioquic, and on HTTP/1.1 by websockets.

websocket_streams.py WAY ADDRESS PORT ROOT
"""

import asyncio
import os
import socket
import ssl
import struct
import sys

NAME, PATH = "www.shop.test", "/inspect/websocket/echo"
H3_REQUEST_CANCELLED = 0x10C
WANTED = [
    (":method", "CONNECT"),
    (":scheme", "https"),
    (":authority", NAME),
    (":path", PATH),
    (":protocol", "websocket"),
    ("sec-websocket-version", "13"),
]


def frame(opcode, payload, final=True):
    mask, length = os.urandom(4), len(payload)
    head = bytes([(0x80 if final else 0) | opcode])
    head += bytes([0x80 | length]) if length < 126 else bytes([0xFE]) + struct.pack(">H", length)
    return head + mask + bytes(octet ^ mask[at % 4] for at, octet in enumerate(payload))


SAID = frame(1, b"Hel", False) + frame(9, b"?") + frame(0, b"lo") + frame(2, bytes(1000)) + frame(8, b"\x03\xe8bye")
HEARD = b"\x8a\x01?" + b"\x81\x05Hello" + b"\x82\x7e\x03\xe8" + bytes(1000) + b"\x88\x05\x03\xe8bye"


def with_fields(**fields):
    changed = {":" + name[1:] if name.startswith("_") else name.replace("_", "-"): value for name, value in fields.items()}
    return [(name, changed.get(name, value)) for name, value in WANTED]


def http2(address, port, root):
    from h2.config import H2Configuration
    from h2.connection import H2Connection
    from h2.events import DataReceived, RemoteSettingsChanged, ResponseReceived, StreamEnded
    from h2.settings import SettingCodes

    context = ssl.create_default_context(cafile=root)
    context.set_alpn_protocols(["h2"])
    stream = context.wrap_socket(socket.create_connection((address, port), timeout=10), server_hostname=NAME)
    http = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
    http.initiate_connection()
    stream.sendall(http.data_to_send())

    def events():
        while True:
            octets = stream.recv(65536)
            assert octets, "the server has closed"
            for event in http.receive_data(octets):
                yield event
            stream.sendall(http.data_to_send())

    coming = events()
    changed = next(event for event in coming if isinstance(event, RemoteSettingsChanged))
    assert changed.changed_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL].new_value == 1

    def ask(fields, said=b""):
        number = http.get_next_available_stream_id()
        http.send_headers(number, fields)
        stream.sendall(http.data_to_send())
        status, heard = None, b""
        for event in coming:
            if isinstance(event, ResponseReceived):
                status = dict(event.headers)[":status"]
                if said:
                    http.send_data(number, said)
            if isinstance(event, DataReceived):
                heard += event.data
            if isinstance(event, StreamEnded) and event.stream_id == number:
                return status, heard

    assert ask(WANTED, SAID) == ("200", HEARD)
    assert ask(with_fields(_protocol="chat"))[0] == "501"
    assert ask(with_fields(sec_websocket_version="8"))[0] == "400"


async def http3(address, port, root):
    from aioquic.asyncio.client import connect
    from aioquic.asyncio.protocol import QuicConnectionProtocol
    from aioquic.h3.connection import H3_ALPN, H3Connection
    from aioquic.h3.events import DataReceived, HeadersReceived
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.events import StreamReset

    class Client(QuicConnectionProtocol):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.http = H3Connection(self._quic)
            self.heard = {}

        def quic_event_received(self, event):
            if isinstance(event, StreamReset):
                self.heard[event.stream_id].put_nowait(("reset", event.error_code))
            for said in self.http.handle_event(event):
                queue = self.heard.get(getattr(said, "stream_id", None))
                if isinstance(said, HeadersReceived):
                    queue.put_nowait(("fields", dict(said.headers)))
                if isinstance(said, DataReceived) and said.data:
                    queue.put_nowait(("data", said.data))
                if getattr(said, "stream_ended", False):
                    queue.put_nowait(("end", None))

        async def open(self, fields):
            number = self._quic.get_next_available_stream_id()
            self.heard[number] = asyncio.Queue()
            self.http.send_headers(number, [(name.encode(), value.encode()) for name, value in fields])
            self.transmit()
            kind, got = await self.next(number)
            assert kind == "fields", kind
            return number, got[b":status"].decode()

        async def next(self, number):
            return await asyncio.wait_for(self.heard[number].get(), 10)

        async def rest(self, number):
            heard = b""
            while True:
                kind, got = await self.next(number)
                if kind != "data":
                    return heard, kind, got
                heard += got

    configuration = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name=NAME)
    configuration.load_verify_locations(root)
    async with connect(address, port, configuration=configuration, create_protocol=Client) as client:
        while client.http.received_settings is None:
            await asyncio.sleep(0.01)
        assert client.http.received_settings[8] == 1, client.http.received_settings
        number, status = await client.open(WANTED)
        assert status == "200"
        client.http.send_data(number, SAID, False)
        client.transmit()
        assert await client.rest(number) == (HEARD, "end", None)
        assert (await client.open(with_fields(_protocol="chat")))[1] == "501"
        assert (await client.open(with_fields(sec_websocket_version="8")))[1] == "400"
        number, _ = await client.open(WANTED)
        client._quic.reset_stream(number, H3_REQUEST_CANCELLED)
        client.transmit()
        assert await client.rest(number) == (b"", "reset", H3_REQUEST_CANCELLED)
        number, _ = await client.open(WANTED)
        client.http.send_data(number, b"", True)
        client.transmit()
        assert (await client.rest(number))[1] == "end"


async def http1(address, port, root):
    import websockets

    context = ssl.create_default_context(cafile=root)
    to = {"host": address, "port": port, "ssl": context, "server_hostname": NAME}
    async with websockets.connect(f"wss://{NAME}{PATH}", **to) as web:
        for said in ["Hello", "grüße", bytes(70_000)]:
            await web.send(said)
            assert await web.recv() == said
        await (await web.ping())
        await web.send(["in ", "fragments"])
        assert await web.recv() == "in fragments"
        await web.close(1001, "gone")
        assert web.close_code == 1001


way, address, port, root = sys.argv[1:]
if way == "2":
    http2(address, int(port), root)
else:
    asyncio.run({"1": http1, "3": http3}[way](address, int(port), root))
print("fine")
