"""What lies on the wire: records and frames, cut anywhere; acknowledgements of several; credit."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import random
from urllib.parse import urlsplit

import pytest
from fake_server import Connection, fake_pair

import arqon
from arqon.credit import PublishWindow, ReceiveWindow
from arqon.gen.arqon.v1 import op_pb2 as ops
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage, Durability, MessageType
from arqon.outgoing import encode_outgoing
from arqon.payloads import pack
from arqon.pipe import Framing, TcpFraming, WsFraming, open_pipe, take_delimited
from arqon.tls import TlsFiles

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
SIZES = (0, 1, 125, 126, 127, 128, 300, 16_383, 16_384, 65_535, 65_536, 70_000)


def feed(framing: Framing, data: bytes, rng: random.Random) -> list[bytes]:
    """Reads in pieces as a pipe does: what is not complete is given again, with more."""
    came: list[bytes] = []
    rest = b""
    while data:
        cut = rng.randint(1, min(len(data), rng.choice((3, 200, 100_000))))
        rest, data = rest + data[:cut], data[cut:]
        rest = rest[framing.read(rest, 0, came.append) :]
    assert rest == b""
    return came


def upgraded() -> tuple[WsFraming, list[bytes], list[tuple[int, str]]]:
    replies: list[bytes] = []
    byes: list[tuple[int, str]] = []
    framing = WsFraming(urlsplit("ws://127.0.0.1:1"), replies.append, lambda *bye: byes.append(bye))
    key = framing.greeting.decode().split("Sec-WebSocket-Key: ")[1].split("\r")[0]
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    accept = base64.b64encode(digest).decode()
    answer = f"HTTP/1.1 101 x\r\nSec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: arqonbus.v1.proto\r\n\r\n"
    assert framing.read(answer.encode(), 0, lambda _: None) == len(answer)
    assert framing.opened
    return framing, replies, byes


def server_frame(first: int, payload: bytes) -> bytes:
    if len(payload) < 126:
        head = bytes((first, len(payload)))
    elif len(payload) < 65_536:
        head = bytes((first, 126)) + len(payload).to_bytes(2, "big")
    else:
        head = bytes((first, 127)) + len(payload).to_bytes(8, "big")
    return head + payload


@pytest.mark.parametrize("seed", range(5))
def test_messages_come_whole_wherever_the_stream_is_cut(seed: int) -> None:
    rng = random.Random(seed)
    messages = [rng.randbytes(rng.choice(SIZES)) for _ in range(12)]
    assert feed(TcpFraming(), TcpFraming().write(messages), rng) == messages
    assert feed(upgraded()[0], b"".join(server_frame(0x82, m) for m in messages), rng) == messages
    packed, _, _ = upgraded()
    packed.packed = True
    frames = [TcpFraming().write(messages[i : i + 3]) for i in range(0, 12, 3)]
    assert feed(packed, b"".join(server_frame(0x82, frame) for frame in frames), rng) == messages


@pytest.mark.parametrize("size", SIZES)
def test_a_frame_of_the_client_is_masked_as_rfc_6455_says(size: int) -> None:
    payload = random.Random(size).randbytes(size)
    frame = upgraded()[0].write([payload])
    short = frame[1] & 0x7F
    head = 2 if short < 126 else 4 if short == 126 else 10
    length = short if short < 126 else int.from_bytes(frame[2:head], "big")
    key, body = frame[head : head + 4], frame[head + 4 :]
    assert (frame[0], frame[1] >> 7, length) == (0x82, 1, size)
    assert bytes(byte ^ key[i & 3] for i, byte in enumerate(body)) == payload


def test_fragments_are_joined_pings_answered_and_a_close_is_told() -> None:
    framing, replies, byes = upgraded()
    frames = [(0x02, b"ab"), (0x89, b"?"), (0x00, b"c"), (0x80, b"d"), (0x88, b"\x0f\xa1SLOW_CONSUMER")]
    came = feed(framing, b"".join(server_frame(*frame) for frame in frames), random.Random(1))
    assert came == [b"abcd"]
    assert [reply[0] for reply in replies] == [0x8A]
    assert byes == [(4001, "SLOW_CONSUMER")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x00", "WIRE_PROTOCOL"),
        (b"\x82\x80\x00\x00\x00\x00", "WIRE_PROTOCOL"),
        (b"\xc2\x00", "WIRE_PROTOCOL"),
        (b"\x80\x00", "WIRE_PROTOCOL"),
        (b"\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00", "WIRE_TOO_LARGE"),
    ],
)
def test_what_the_server_may_not_send_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(arqon.ArqonError) as refused:
        upgraded()[0].read(data, 0, lambda _: None)
    assert refused.value.code == code


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff\xff\x01", b"\x81\x80\x80\x08"])
def test_lengths_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(arqon.ArqonError):
        take_delimited(data, 0, len(data), lambda _: None)


@pytest.mark.parametrize("payload", [b"", b"x", b"y" * 127, b"z" * 20_000, "", "grüße", {"a": 1}, None])
@pytest.mark.parametrize(("schema", "reply_to"), [("", ""), ("lab.x.v1", "inbox.a.b")])
def test_what_is_sent_and_forgotten_has_the_bytes_of_protobuf(
    payload: object, schema: str, reply_to: str
) -> None:
    message = ArqonMessage(
        id=ID,
        topic="lab.sensor.read",
        type=MessageType.MESSAGE_TYPE_EVENT,
        durability=Durability.DURABILITY_EPHEMERAL,
        schema=schema,
        reply_to=reply_to,
        payload=pack(payload),
    )
    assert encode_outgoing(ID, "lab.sensor.read", payload, schema, reply_to) == message.SerializeToString()


async def test_one_acknowledgement_answers_several_publications() -> None:
    async with fake_pair() as (server, client):
        came: list[str] = []

        async def collect(to: Connection, message: ArqonMessage) -> None:
            came.append(message.id)
            if len(came) == 2:
                await to.send(ops.Op(publish_ack=ops.PublishAck(message_id=came[1], sequence=11)))
            if len(came) == 5:
                await to.send(ops.Op(publish_ack=ops.PublishAck(message_id=came[4], sequence=20, count=4)))

        server.on_publish = collect
        published = await asyncio.gather(
            *(client.publish("lab.a.b", i, durability="logged") for i in range(5))
        )
        assert [each.sequence for each in published] == [17, 11, 18, 19, 20]


def test_windows_hold_and_grant() -> None:
    sent: list[bytes] = []
    publishing = PublishWindow(2, 10, sent.append)
    for i in range(4):
        publishing.publish(bytes((i, 0, 0)))
    assert (len(sent), publishing.held_bytes) == (2, 6)
    publishing.granted(1, 100)
    assert [data[0] for data in sent] == [0, 1, 2]
    grants: list[tuple[int, int]] = []
    receiving = ReceiveWindow(4, 100, lambda *grant: grants.append(grant))
    for size in (10, 10, 50):
        receiving.consumed(size)
    assert grants == [(2, 20), (1, 50)]


async def test_who_gives_up_during_the_upgrade_leaves_no_connection() -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        came.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        gone.set()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        opening = asyncio.create_task(open_pipe(f"ws://127.0.0.1:{port}", 60.0, TlsFiles()))
        await came.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        async with asyncio.timeout(60.0):
            await gone.wait()
