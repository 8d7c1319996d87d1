"""Drives a bus over WebSocket with clients of other people, by the case list of RFC 6455 that the Autobahn suite made known.

What an echo is elsewhere is here a subscription to what one publishes oneself. Framing is `wsproto`'s; frames that
no client would send are written by hand. A neighbour on `websockets` publishes to itself all the while and may miss nothing.

    python rfc6455.py PORT KEY        prints one line of JSON: {"cases": n, "failed": {name: what happened}, ...}
"""

import asyncio
import json
import os
import random
import socket
import struct
import sys
import threading
import time

import websockets
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    Request,
    TextMessage,
)

PORT, KEY = int(sys.argv[1]), sys.argv[2]
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MAX = 1_048_576
random.seed(6455)


# ── our messages: a client of the bus in two dozen lines ──


def uuid7() -> str:
    raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, value) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def fields(data: bytes):
    """Top-level fields of an encoded message, the last value of each."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = number()
        length = number()
        if tag & 7 == 0:
            found[tag >> 3] = length
        else:
            found[tag >> 3] = data[at : at + length]
            at += length
    return found


class Binary:
    """Messages as protobuf."""

    name, opcode = "arqonbus.v1.proto", BINARY

    def op(self, verb, number, value: bytes):
        packed = field(1, 1) + field(number, value)
        payload = field(1, "type.googleapis.com/arqon.v1.Op") + field(2, packed)
        return field(1, uuid7()) + field(3, "sys.session." + verb) + field(8, payload) + field(9, 7)

    def hello(self):
        return self.op("hello", 2, field(1, 1) + field(2, 1) + field(4, KEY) + field(5, "main"))

    def subscribe(self, topic):
        return self.op("subscribe", 4, field(1, 1) + field(2, topic))

    def event(self, topic, body: bytes):
        payload = field(1, "type.googleapis.com/google.protobuf.BytesValue") + field(2, field(1, body))
        return field(1, uuid7()) + field(3, topic) + field(8, payload) + field(9, 1)

    def of_size(self, topic, size):
        """A message of just so many bytes, and its body."""
        for less in range(0, 40):
            body = random.randbytes(max(0, size - len(self.event(topic, b"")) - less))
            message = self.event(topic, body)
            if len(message) == size:
                return message, body
        raise AssertionError(f"no message of {size} bytes")

    def body(self, data):
        value = fields(fields(fields(data)[8])[2])
        return value.get(1, b"")

    def topic(self, data):
        return fields(data)[3].decode()


class Json:
    """Messages as JSON."""

    name, opcode = "arqonbus.v1.json", TEXT

    def say(self, topic, kind, payload):
        return json.dumps({"id": uuid7(), "topic": topic, "type": kind, "payload": payload}, ensure_ascii=False).encode()

    def op(self, verb, value):
        return self.say(
            "sys.session." + verb,
            "MESSAGE_TYPE_CONTROL",
            {"@type": "type.googleapis.com/arqon.v1.Op", "corr": "1", verb: value},
        )

    def hello(self):
        return self.op("hello", {"versionMin": 1, "versionMax": 1, "apiKey": KEY, "reality": "main"})

    def subscribe(self, topic):
        return self.op("subscribe", {"subscription": 1, "filter": topic})

    def event(self, topic, body):
        return self.say(
            topic, "MESSAGE_TYPE_EVENT", {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": body}
        )

    def of_size(self, topic, size):
        body = "".join(random.choice("abcdefgh ") for _ in range(size - len(self.event(topic, ""))))
        return self.event(topic, body), body

    def body(self, data):
        return json.loads(data)["payload"].get("value", "")

    def topic(self, data):
        return json.loads(data)["topic"]


# ── a connection: wsproto reads, and writes what it would ever write ──


def frame(opcode, payload=b"", fin=True, rsv=0, mask=True, length=None):
    """Any frame, legal or not."""
    size = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += struct.pack("!BH", bit | 126, size)
    else:
        head += struct.pack("!BQ", bit | 127, size)
    if not mask:
        return head + payload
    key = os.urandom(4)
    whole = int.from_bytes(payload, "big") ^ int.from_bytes((key * (len(payload) // 4 + 1))[: len(payload)], "big")
    return head + key + whole.to_bytes(len(payload), "big")


class Connection:
    """An open session that is subscribed to a topic of its own."""

    number = 0

    def __init__(self, form):
        Connection.number += 1
        self.form, self.topic = form, f"echo.case{Connection.number}.{form.name.split('.')[-1]}"
        self.got, self.buffer, self.ended = [], b"" if form.opcode == BINARY else "", False
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.protocol = WSConnection(ConnectionType.CLIENT)
        self.raw(self.protocol.send(Request(host="127.0.0.1", target="/", subprotocols=[form.name])))
        accepted = self.wait(lambda event: isinstance(event, AcceptConnection))
        assert accepted.subprotocol == form.name
        self.send(form.hello())
        self.message("sys.session.welcome")
        self.send(form.subscribe(self.topic))
        self.message("sys.session.done")

    def raw(self, data, chop=None):
        try:
            if chop is None:
                self.socket.sendall(data)
                return
            for at in range(0, len(data), chop):
                self.socket.sendall(data[at : at + chop])
        except (BrokenPipeError, ConnectionResetError):
            pass  # the other side has already judged; what it said is still to be read

    def send(self, message):
        event = BytesMessage(message) if self.form.opcode == BINARY else TextMessage(message.decode())
        self.raw(self.protocol.send(event))

    def read(self):
        """More events, or the end."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        if data == b"":
            self.ended = True
        self.protocol.receive_data(data or None)
        for event in self.protocol.events():
            if isinstance(event, (BytesMessage, TextMessage)):
                self.buffer += event.data
                if event.message_finished:
                    self.got.append(("message", self.buffer))
                    self.buffer = b"" if self.form.opcode == BINARY else ""
            elif isinstance(event, Ping):
                self.got.append(("ping", bytes(event.payload)))
            elif isinstance(event, Pong):
                self.got.append(("pong", bytes(event.payload)))
            elif isinstance(event, CloseConnection):
                self.got.append(("close", event.code))
            else:
                self.got.append(("other", event))

    def wait(self, fits):
        while True:
            for kind, event in self.got:
                if kind == "other" and fits(event):
                    self.got.remove((kind, event))
                    return event
            assert not self.ended, "the connection ended"
            self.read()

    def take(self, kind):
        """The next event of a kind; an operation says nothing here, except where it is asked for by `message`."""
        while True:
            for at, (is_kind, value) in enumerate(self.got):
                if is_kind == kind and not (kind == "message" and self.form.topic(value).startswith("sys.session.")):
                    del self.got[at]
                    return value
                if is_kind == "close" and kind != "close":
                    raise AssertionError(f"closed with {value} while waiting for a {kind}")
            assert not self.ended, f"the connection ended while waiting for a {kind}"
            self.read()

    def message(self, topic):
        while True:
            for at, (kind, value) in enumerate(self.got):
                if kind == "message" and self.form.topic(value) == topic:
                    del self.got[at]
                    return value
            assert not self.ended, f"the connection ended before {topic}"
            self.read()

    def echoed(self, body):
        got = self.form.body(self.take("message"))
        assert got == body, f"another body came back: {got[:50]!r} instead of {body[:50]!r}"

    def closed(self, code):
        """The server says goodbye with this code, and hangs up by itself."""
        got = self.take("close")
        assert got == code, f"closed with {got}, expected {code}"
        began = time.monotonic()
        while not self.ended:
            try:
                if self.socket.recv(65536) == b"":
                    self.ended = True
            except ConnectionResetError:
                self.ended = True
        assert time.monotonic() - began < 3, "the server does not hang up"

    def alive(self, body=None):
        """It goes on as if nothing had happened."""
        message, body = self.form.of_size(self.topic, 200) if body is None else (self.form.event(self.topic, body), body)
        self.raw(frame(self.form.opcode, message))
        self.echoed(body)


# ── the cases ──

CASES = []


def case(name, *forms):
    def keep(run):
        CASES.append((name, forms or (Binary(), Json()), run))
        return run

    return keep


# 1: framing
for size in (200, 65535, 65536, MAX):
    for chop in (None, 997):

        @case(f"1 a message of {size} bytes{'' if chop is None else f' in chops of {chop}'}")
        def _(c, size=size, chop=chop):
            message, body = c.form.of_size(c.topic, size)
            c.raw(frame(c.form.opcode, message), chop)
            c.echoed(body)


@case("1 by the library's own framing")
def _(c):
    message, body = c.form.of_size(c.topic, 5000)
    c.send(message)
    c.echoed(body)


@case("1 an empty message is not one of ours, and said so")
def _(c):
    c.raw(frame(c.form.opcode))
    c.got.clear()
    if c.form.opcode == TEXT:
        c.closed(4501)
    else:
        # An ArqonMessage with nothing in it: it has no id.
        c.message("sys.session.error")
        c.alive()


for size, kept in ((126, "16 bits"), (65535, "64 bits")):

    @case(f"1 a length not in its shortest form, {kept}")
    def _(c, size=size, kept=kept):
        head = bytes([0x80 | c.form.opcode])
        c.raw(head + (struct.pack("!BH", 0xFE, 100) if kept == "16 bits" else struct.pack("!BQ", 0xFF, 100)) + bytes(104))
        c.closed(1002)


@case("1 a length with its highest bit set")
def _(c):
    c.raw(bytes([0x80 | c.form.opcode]) + struct.pack("!BQ", 0xFF, 1 << 63) + bytes(4))
    c.take("close")


@case("1 a frame that is not masked")
def _(c):
    c.raw(frame(c.form.opcode, c.form.event(c.topic, c.form.of_size(c.topic, 200)[1]), mask=False))
    c.closed(1002)


@case("1 the other kind of message")
def _(c):
    c.raw(frame(TEXT if c.form.opcode == BINARY else BINARY, b"{}"))
    c.closed(1003)


# 2: pings
for payload in (b"", b"Hello, world!", bytes([0, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB]), b"\xfe" * 125):

    @case(f"2 a ping with {len(payload)} bytes")
    def _(c, payload=payload):
        c.raw(frame(PING, payload))
        assert c.take("pong") == payload
        c.raw(frame(PING, payload), 1)
        assert c.take("pong") == payload


@case("2 a ping with 126 bytes")
def _(c):
    c.raw(frame(PING, b"\xfe" * 126))
    c.closed(1002)


for payload in (b"", b"unsolicited"):

    @case(f"2 a pong nobody asked for, {len(payload)} bytes")
    def _(c, payload=payload):
        c.raw(frame(PONG, payload))
        c.alive()


@case("2 ten pings at once are answered in order")
def _(c):
    payloads = [f"payload-{n}".encode() for n in range(10)]
    c.raw(b"".join(frame(PING, payload) for payload in payloads))
    assert [c.take("pong") for _ in payloads] == payloads


@case("2 ten pings in chops of one byte are answered in order")
def _(c):
    payloads = [f"payload-{n}".encode() for n in range(10)]
    c.raw(b"".join(frame(PING, payload) for payload in payloads), 1)
    assert [c.take("pong") for _ in payloads] == payloads


# 3: reserved bits
for rsv in range(1, 8):

    @case(f"3 reserved bits {rsv} on a message, after a good one")
    def _(c, rsv=rsv):
        c.alive()
        message, _ = c.form.of_size(c.topic, 200)
        c.raw(frame(c.form.opcode, message, rsv=rsv))
        c.closed(1002)

    for control in (PING, CLOSE):

        @case(f"3 reserved bits {rsv} on opcode {control}")
        def _(c, rsv=rsv, control=control):
            c.raw(frame(control, b"", rsv=rsv), 1)
            c.closed(1002)


# 4: opcodes
for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):

    @case(f"4 opcode {opcode}, after a good message")
    def _(c, opcode=opcode):
        message, body = c.form.of_size(c.topic, 200)
        c.raw(frame(c.form.opcode, message) + frame(opcode, b"reserved"))
        c.echoed(body)
        c.closed(1002)

    @case(f"4 opcode {opcode}, empty, in chops")
    def _(c, opcode=opcode):
        c.raw(frame(opcode), 1)
        c.closed(1002)


# 5: fragments
for control in (PING, PONG):

    @case(f"5 opcode {control} in two fragments")
    def _(c, control=control):
        c.raw(frame(control, b"frag", fin=False) + frame(0, b"ment"))
        c.closed(1002)


def pieces(form, message, count):
    """A message in so many fragments."""
    size = -(-len(message) // count)
    parts = [message[at : at + size] for at in range(0, len(message), size)]
    return [
        frame(form.opcode if n == 0 else 0, part, fin=n == len(parts) - 1) for n, part in enumerate(parts)
    ]


for count in (2, 7, 200):
    for chop in (None, 1):

        @case(f"5 a message in {count} fragments{'' if chop is None else ' in chops of one byte'}")
        def _(c, count=count, chop=chop):
            message, body = c.form.of_size(c.topic, 400)
            c.raw(b"".join(pieces(c.form, message, count)), chop)
            c.echoed(body)


@case("5 a ping between fragments is answered before the message")
def _(c):
    message, body = c.form.of_size(c.topic, 400)
    first, *rest = pieces(c.form, message, 5)
    c.raw(first + frame(PING, b"between"))
    assert c.take("pong") == b"between"
    for piece in rest:
        c.raw(frame(PING, b"again") + piece)
    c.echoed(body)
    assert [c.take("pong") for _ in rest] == [b"again"] * len(rest)


@case("5 empty fragments in a message")
def _(c):
    message, body = c.form.of_size(c.topic, 400)
    c.raw(frame(c.form.opcode, fin=False) + frame(0, fin=False) + frame(0, message, fin=False) + frame(0))
    c.echoed(body)


for fin in (True, False):

    @case(f"5 a continuation of nothing, fin {fin}")
    def _(c, fin=fin):
        c.raw(frame(0, b"non-continuation", fin=fin) + frame(c.form.opcode, b"x"))
        c.closed(1002)

    @case(f"5 a continuation after a whole message, fin {fin}")
    def _(c, fin=fin):
        message, body = c.form.of_size(c.topic, 200)
        c.raw(frame(c.form.opcode, message) + frame(0, b"more", fin=fin))
        c.echoed(body)
        c.closed(1002)


@case("5 a new message inside a fragmented one")
def _(c):
    message, _ = c.form.of_size(c.topic, 400)
    c.raw(frame(c.form.opcode, message[:100], fin=False) + frame(c.form.opcode, message))
    c.closed(1002)


@case("5 a message that never ends is forgotten with its connection")
def _(c):
    c.raw(frame(c.form.opcode, b"x", fin=False))
    c.socket.close()


# 6: UTF-8, in what is text
VALID = [
    "Hello-µ@ßöäüàá-UTF-8!!",
    "κόσμε",
    "\u0000 \u0080 \u0800 \U00010000",
    "\u007f \u07ff \uffff \U0010ffff",
    "\ud7ff \ue000 \ufffd \ufffe \U0001fffe",
    "𠜎𠜱𠝹𠱓𠱸",
]
for n, text in enumerate(VALID):
    for chop in (None, 1):

        @case(f"6 valid text {n}{'' if chop is None else ' in chops of one byte'}", Json())
        def _(c, text=text, chop=chop):
            c.raw(frame(TEXT, c.form.event(c.topic, text)), chop)
            c.echoed(text)

        @case(f"6 valid text {n} in fragments of one byte{'' if chop is None else ', chopped'}", Json())
        def _(c, text=text, chop=chop):
            message = c.form.event(c.topic, text)
            c.raw(b"".join(pieces(c.form, message, len(message))), chop)
            c.echoed(text)


INVALID = [
    "cebae1bdb9cf83cebcceb5eda080656469746564",
    "cebae1bdb9cf83cebcceb5f4908080656469746564",
    "f8888080 80",
    "fc8480808080",
    "f7bfbfbf",
    "fbbfbfbfbf",
    "80",
    "bf",
    "80bf80bf80",
    "c020c120c220",
    "e020e120",
    "f020f120",
    "fe",
    "ff",
    "fefeffff",
    "c0af",
    "e080af",
    "f08080af",
    "c1bf",
    "e09fbf",
    "f08fbfbf",
    "c080",
    "eda080",
    "edafbf",
    "edb080",
    "edbfbf",
    "eda080edb080",
    "edafbfedbfbf",
    "f4908080",
]
for n, bad in enumerate(INVALID):

    @case(f"6 invalid text {n} ({bad})")
    def _(c, bad=bytes.fromhex(bad)):
        c.raw(frame(TEXT, bad))
        # For a binary client text of any kind is too much; that it is not even text is found first.
        c.closed(1007)

    @case(f"6 invalid text {n} inside a JSON string, in chops of one byte", Json())
    def _(c, bad=bytes.fromhex(bad)):
        before, after = c.form.event(c.topic, "<here>").split(b"<here>")
        c.raw(frame(TEXT, before + bad + after), 1)
        c.closed(1007)


@case("6 a text that is cut within a character", Json())
def _(c):
    c.raw(frame(TEXT, "κόσμε".encode()[:-1]))
    c.closed(1007)


@case("6 invalid text is refused before its frame has ended", Json())
def _(c):
    c.raw(frame(TEXT, b'{"id":"' + bytes.fromhex("f4908080"), length=500))
    c.closed(1007)


@case("6 invalid text is refused before its message has ended", Json())
def _(c):
    c.raw(frame(TEXT, b'{"id":"\xf4', fin=False) + frame(0, b"\x90", fin=False))
    c.closed(1007)


# 7: close
for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):

    @case(f"7 close with {code}")
    def _(c, code=code):
        c.raw(frame(CLOSE, struct.pack("!H", code) + b"bye"))
        c.closed(code)


@case("7 close without a code")
def _(c):
    c.raw(frame(CLOSE))
    c.closed(1000)


@case("7 close with one byte")
def _(c):
    c.raw(frame(CLOSE, b"\x03"))
    c.closed(1002)


for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):

    @case(f"7 close with {code}, which may not be sent")
    def _(c, code=code):
        c.raw(frame(CLOSE, struct.pack("!H", code)))
        c.closed(1002)


@case("7 close with the longest reason")
def _(c):
    c.raw(frame(CLOSE, struct.pack("!H", 1000) + b"*" * 123))
    c.closed(1000)


@case("7 close with a reason too long")
def _(c):
    c.raw(frame(CLOSE, struct.pack("!H", 1000) + b"*" * 124))
    c.closed(1002)


@case("7 close with a reason that is not text")
def _(c):
    c.raw(frame(CLOSE, struct.pack("!H", 1000) + bytes.fromhex("cebae1bdb9cf83cebcceb5eda080656469746564")))
    c.closed(1007)


@case("7 what follows a close frame is ignored")
def _(c):
    message, _ = c.form.of_size(c.topic, 200)
    close = frame(CLOSE, struct.pack("!H", 1000))
    c.raw(close + frame(PING, b"late") + frame(c.form.opcode, message) + close)
    c.closed(1000)
    assert not [kind for kind, _ in c.got if kind == "pong"]


@case("7 a close inside a fragmented message")
def _(c):
    message, _ = c.form.of_size(c.topic, 400)
    c.raw(pieces(c.form, message, 3)[0] + frame(CLOSE, struct.pack("!H", 1000)))
    c.closed(1000)


@case("7 a connection that is cut without a word")
def _(c):
    c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.socket.close()


# 9: limits
@case("9 a message over the limit")
def _(c):
    c.raw(frame(c.form.opcode, b"x" * 1000, length=MAX + 1))
    c.closed(1009)


@case("9 a message of the largest length there is")
def _(c):
    c.raw(frame(c.form.opcode, b"x" * 1000, length=(1 << 63) - 1))
    c.take("close")


@case("9 fragments that add up to more than the limit")
def _(c):
    half = b'"' + b"x" * (MAX // 2)
    c.raw(frame(c.form.opcode, half, fin=False) + frame(0, half, fin=False) + frame(0, half))
    c.closed(1009)


for size in (64, 4096, 65536):

    @case(f"9 a message of 1 MiB in fragments of {size}")
    def _(c, size=size):
        message, body = c.form.of_size(c.topic, MAX)
        c.raw(b"".join(pieces(c.form, message, -(-MAX // size))))
        c.echoed(body)


@case("9 a thousand messages one after the other, in order")
def _(c):
    bodies = [f"{n} " + "x" * (n % 300) for n in range(1000)]
    if c.form.opcode == BINARY:
        bodies = [body.encode() for body in bodies]
    c.raw(b"".join(frame(c.form.opcode, c.form.event(c.topic, body)) for body in bodies), 1400)
    for body in bodies:
        c.echoed(body)


# 10: fragments of a size of the client's choice
@case("10 a message of 65536 bytes in fragments of 1300")
def _(c):
    message, body = c.form.of_size(c.topic, 65536)
    for piece in pieces(c.form, message, -(-65536 // 1300)):
        c.raw(piece)
    c.echoed(body)


# ── the neighbour, and the run ──


async def neighbour(done: threading.Event, report: dict) -> None:
    """Publishes to itself until the others are done; everything must come back, in order."""
    form, topic = Json(), "echo.neighbour.count"
    async with websockets.connect(f"ws://127.0.0.1:{PORT}", subprotocols=[form.name], compression=None) as one:
        await one.send(form.hello().decode())
        await one.send(form.subscribe(topic).decode())
        count, times = 0, []
        while not done.is_set() or count <= 100:
            began = time.perf_counter()
            await one.send(form.event(topic, str(count)).decode())
            while form.topic(text := await asyncio.wait_for(one.recv(), 60)) != topic:
                pass
            times.append(time.perf_counter() - began)
            assert form.body(text) == str(count), "the neighbour missed a message, or was given one twice"
            count += 1
            await asyncio.sleep(0.002)
        times.sort()
        report.update(count=count, p50_ms=round(1000 * times[count // 2], 3))


def main() -> None:
    done, report = threading.Event(), {}
    beside = threading.Thread(target=lambda: asyncio.run(neighbour(done, report)))
    beside.start()
    failed, count = {}, 0
    for name, forms, run in CASES:
        for form in forms:
            count += 1
            try:
                connection = Connection(form)
                run(connection)
                connection.socket.close()
            except Exception as problem:  # noqa: BLE001 - a case that fails is reported, whatever it is
                failed[f"{name} [{form.name}]"] = f"{type(problem).__name__}: {problem}"
    done.set()
    beside.join()
    print(json.dumps({"cases": count, "failed": failed, "neighbour": report}))


main()
