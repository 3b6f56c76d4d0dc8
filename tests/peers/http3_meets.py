"""What aioquic meets when it connects: `fine`, or why the connection ended."""

import asyncio
import sys

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated


class Ear(QuicConnectionProtocol):
    def quic_event_received(self, event):
        if isinstance(event, ConnectionTerminated) and event.error_code:
            print(hex(event.error_code), event.reason_phrase)


async def meet(address, port, root):
    trusting = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name="www.shop.test", idle_timeout=2.0)
    trusting.load_verify_locations(root)
    try:
        async with connect(address, int(port), configuration=trusting, create_protocol=Ear) as connection:
            # A stream is what the server has something to say about.
            await asyncio.wait_for(connection.ping(), 5)
            _, writer = await connection.create_stream()
            writer.write(b"\x01\x00")
            await asyncio.sleep(0.2)
            print("fine")
    except ConnectionError as met:
        print(type(met).__name__, met)


asyncio.run(meet(*sys.argv[1:]))
