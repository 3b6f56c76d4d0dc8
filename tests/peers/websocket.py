"""A WebSocket client of nothing but sockets: argv is an address and a port."""
import base64, hashlib, os, socket, struct, sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def send(stream, opcode, payload, final=True):
    mask = os.urandom(4)
    length = len(payload)
    head = bytes([(0x80 if final else 0) | opcode])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 65536:
        head += bytes([0x80 | 126]) + struct.pack(">H", length)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", length)
    stream.sendall(head + mask + bytes(octet ^ mask[at % 4] for at, octet in enumerate(payload)))


def receive(stream):
    first, second = stream.read(2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack(">H", stream.read(2))
    elif length == 127:
        (length,) = struct.unpack(">Q", stream.read(8))
    assert first & 0x80 and not second & 0x80, "one frame, unmasked"
    return first & 0x0F, stream.read(length)


stream = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10)
key = base64.b64encode(os.urandom(16))
stream.sendall(
    b"GET /websocket/echo HTTP/1.1\r\nHost: www.shop.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
)
answers = stream.makefile("rb")
assert answers.readline().startswith(b"HTTP/1.1 101 ")
fields = dict(line.strip().lower().split(b": ", 1) for line in iter(answers.readline, b"\r\n"))
accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).lower()
assert fields[b"sec-websocket-accept"] == accept, fields
assert fields[b"via"] == b"1.1 www.shop.test", fields

send(stream, 1, b"Hello")
assert receive(answers) == (1, b"Hello")
large = os.urandom(100_000)
send(stream, 2, large)
assert receive(answers) == (2, large)
send(stream, 1, "gr".encode(), final=False)
send(stream, 9, b"there?")
send(stream, 0, "üße".encode())
assert receive(answers) == (10, b"there?")
assert receive(answers) == (1, "grüße".encode())
send(stream, 8, struct.pack(">H", 1000))
assert receive(answers) == (8, struct.pack(">H", 1000))
assert answers.read() == b"", "the server closes"
print("fine")
