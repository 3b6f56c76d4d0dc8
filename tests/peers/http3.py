"""Asks a lab's web server over HTTP/3 by aioquic, and breaks a rule.

http3.py ADDRESS PORT ROOT
"""

import asyncio
import sys

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, FrameType, H3Connection, encode_frame
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamReset

H3_FRAME_UNEXPECTED = 0x105
H3_MESSAGE_ERROR = 0x10E
NAME = "www.shop.test"


class Client(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)
        self.answers = {}
        self.ended = asyncio.get_running_loop().create_future()

    def quic_event_received(self, event):
        if isinstance(event, ConnectionTerminated) and not self.ended.done():
            self.ended.set_result(event.error_code)
        if isinstance(event, StreamReset):
            self.answers[event.stream_id][2].set_result(event.error_code)
        for said in self.http.handle_event(event):
            answer = self.answers.get(getattr(said, "stream_id", None))
            if isinstance(said, HeadersReceived):
                answer[0].update(dict(said.headers))
            if isinstance(said, DataReceived):
                answer[1].extend(said.data)
            if getattr(said, "stream_ended", False):
                answer[2].set_result(None)

    async def ask(self, method, path, fields=(), content=None):
        stream = self._quic.get_next_available_stream_id()
        answer = ({}, bytearray(), asyncio.get_running_loop().create_future())
        self.answers[stream] = answer
        pseudo = [(":method", method), (":scheme", "https"), (":authority", NAME), (":path", path)]
        head = [(name.encode(), value.encode()) for name, value in [*pseudo, *fields]]
        self.http.send_headers(stream, head, end_stream=content is None)
        if content is not None:
            self.http.send_data(stream, content, True)
        self.transmit()
        reset = await asyncio.wait_for(answer[2], 20)
        return answer[0].get(b":status"), bytes(answer[1]), reset


async def main():
    address, port, root = sys.argv[1:]
    configuration = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name=NAME)
    configuration.load_verify_locations(root)
    async with connect(address, int(port), configuration=configuration, create_protocol=Client) as client:
        paths = ["/", "/nowhere", "/inspect/bytes/100000", "/inspect/get"]
        answers = await asyncio.gather(*[client.ask("GET", path) for path in paths])
        assert [answer[0] for answer in answers] == [b"200", b"404", b"200", b"200"], answers
        assert answers[0][1] == b"bread" and len(answers[2][1]) == 100_000
        fields = [("content-length", "5"), ("cookie", "a=1"), ("cookie", "b=2")]
        status, content, _ = await client.ask("POST", "/inspect/post", fields, b"hello")
        assert status == b"200" and b'"data": "hello"' in content and b"a=1; b=2" in content, content
        # Not HEAD: aioquic takes its answer, which tells a length and has no content, for malformed.
        reset = (await client.ask("GET", "/", [("connection", "close")]))[2]
        assert reset == H3_MESSAGE_ERROR, reset
        assert (await client.ask("GET", "/"))[1] == b"bread"
        stream = client._quic.get_next_available_stream_id()
        client._quic.send_stream_data(stream, encode_frame(FrameType.DATA, b"no head"))
        client.transmit()
        code = await asyncio.wait_for(client.ended, 20)
        assert code == H3_FRAME_UNEXPECTED, code


asyncio.run(main())
