"""Subscriptions, history, request and reply."""

from __future__ import annotations

import asyncio

import pytest
from fake_server import Connection, fake_pair, until

import arqon
from arqon.gen.arqon.v1 import op_pb2 as ops
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage
from arqon.gen.arqon.v1.sam_pb2 import Sam


async def test_payloads_come_back_as_they_were_published() -> None:
    async with fake_pair() as (_, client):
        live = await client.subscribe("lab.>")
        values = [{"a": [1, 2.5, None, True, "x"]}, "text", b"\x00\xff", arqon.Json("a bare string"), 0, None]
        for value in values:
            await client.publish("lab.sensor.read", value)
        got = [(await anext(live)).payload for _ in values]
        assert got == [values[0], "text", b"\x00\xff", "a bare string", 0, None]


async def test_a_protobuf_payload_travels_as_itself() -> None:
    async with fake_pair() as (_, client):
        live = await client.subscribe("lab.>")
        await client.publish("lab.sensor.read", Sam(operator_id="x"))
        message = await anext(live)
        assert message.payload_as(Sam).operator_id == "x"
        with pytest.raises(arqon.ArqonError) as wrong:
            message.payload_as(ops.Op)
        assert wrong.value.code == "WIRE_MALFORMED"


@pytest.mark.parametrize(
    "value", [2**53 + 1, float("nan"), {1: 2}, object(), "\ud800", ["\ud800"], {"\ud800": 1}]
)
async def test_what_json_cannot_hold_is_refused(value: object) -> None:
    async with fake_pair() as (server, client):
        with pytest.raises(arqon.ArqonError) as refused:
            await client.publish("lab.sensor.read", value)
        assert refused.value.code == "JSON_INVALID"
        assert server.messages == []


async def test_a_broadcast_reaches_each_matching_subscription_once() -> None:
    async with fake_pair() as (_, client):
        one, two, other = [await client.subscribe(f) for f in ("lab.>", "lab.*.read", "lab.*.write")]
        await client.publish("lab.sensor.read", 1)
        await client.flush()
        assert (await anext(one)).payload == (await anext(two)).payload == 1
        for subscription in (one, two, other):
            await subscription.close()
            assert [m async for m in subscription] == []


async def test_a_queue_group_gets_its_messages_by_number() -> None:
    async with fake_pair() as (_, client):
        plain = await client.subscribe("lab.>")
        shared = await client.subscribe("lab.>", queue_group="g")
        await client.publish("lab.sensor.read", 1)
        assert (await anext(shared)).payload == (await anext(plain)).payload == 1
        await client.flush()
        assert len(plain._queue) == len(shared._queue) == 0


async def test_closing_a_subscription_unsubscribes() -> None:
    async with fake_pair() as (server, client):
        async with await client.subscribe("lab.>"):
            pass
        assert len(server.seen("unsubscribe")) == 1


async def test_a_slow_reader_ends_or_drops_and_counts() -> None:
    async with fake_pair() as (_, client):
        strict = await client.subscribe("lab.>", capacity=2)
        loose = await client.subscribe("lab.>", capacity=2, drop_oldest=True)
        for i in range(4):
            await client.publish("lab.sensor.read", i)
        await client.flush()
        assert [(await anext(loose)).payload for _ in range(2)] == [2, 3]
        assert loose.dropped == 2
        assert [(await anext(strict)).payload for _ in range(2)] == [0, 1]
        with pytest.raises(arqon.ArqonError) as ended:
            await anext(strict)
        assert ended.value.code == "SLOW_CONSUMER"


async def test_history_pages_until_the_end_or_the_bound() -> None:
    async with fake_pair() as (_, client):
        for i in range(7):
            await client.publish("lab.sensor.read", i, durability="logged")
        assert [m.payload async for m in client.history("lab.>", page_size=3)] == list(range(7))
        assert [m.payload async for m in client.history(from_sequence=5)] == [4, 5, 6]
        assert [m.payload async for m in client.history(page_size=3, max_messages=4)] == [0, 1, 2, 3]


async def test_from_a_sequence_history_comes_first_and_nothing_twice() -> None:
    async with fake_pair() as (server, client):
        for i in range(5):
            await client.publish("lab.sensor.read", i, durability="logged")
        plain = server.do_history_get

        async def slow(to: Connection, op: ops.Op) -> None:
            """Publishes while history is being read: the message is in both."""
            if len(server.log) < 8:
                extra = ArqonMessage(id=f"x{len(server.log)}", topic="lab.sensor.read", durability=2)
                extra.payload.CopyFrom(server.log[0].payload)
                await server.accept(extra)
            await plain(to, op)

        server.answers["history_get"] = slow
        subscription = await client.subscribe("lab.>", from_sequence=2)
        await until(lambda: len(server.log) == 8)
        await client.publish("lab.sensor.read", "live", durability="logged")
        got = [await anext(subscription) for _ in range(8)]
        assert [m.sequence for m in got] == [2, 3, 4, 5, 6, 7, 8, 9]
        assert got[-1].payload == "live"


async def test_from_a_sequence_what_was_missed_while_disconnected_is_read_from_history() -> None:
    async with fake_pair() as (server, client):
        subscription = await client.subscribe("lab.>", from_sequence=0)
        await client.publish("lab.sensor.read", 1, durability="logged")
        assert (await anext(subscription)).payload == 1
        await server.connections[0].drop()
        missed = ArqonMessage(id="m", topic="lab.sensor.read", durability=2)
        missed.payload.CopyFrom(server.log[0].payload)
        await server.accept(missed)
        await client.publish("lab.sensor.read", 3, durability="logged")
        assert [(await anext(subscription)).sequence for _ in range(2)] == [2, 3]


async def test_from_a_sequence_a_reset_log_ends_the_subscription() -> None:
    async with fake_pair() as (server, client):
        subscription = await client.subscribe("lab.>", from_sequence=0)
        server.epoch = "epoch-2"
        await server.connections[0].drop()
        with pytest.raises(arqon.ArqonError) as ended:
            await anext(subscription)
        assert ended.value.code == "HISTORY_TRIMMED"


async def test_a_slow_reader_from_a_sequence_misses_nothing() -> None:
    async with fake_pair() as (_, client):
        subscription = await client.subscribe("lab.>", from_sequence=0, capacity=4)
        for i in range(30):
            await client.publish("lab.sensor.read", i, durability="logged")
        assert [(await anext(subscription)).payload for _ in range(30)] == list(range(30))


async def test_a_request_gets_its_reply_or_the_responders_error() -> None:
    async with fake_pair() as (_, client):

        async def answer(message: arqon.Message) -> object:
            if message.payload == "fail":
                raise arqon.ArqonError("CAPABILITY_REFUSED", "refused as told")
            return {"echo": message.payload}

        await client.respond("lab.echo.ask", answer)
        replies = await asyncio.gather(*(client.request("lab.echo.ask", i) for i in range(5)))
        assert [reply.payload for reply in replies] == [{"echo": i} for i in range(5)]
        with pytest.raises(arqon.ArqonError) as refused:
            await client.request("lab.echo.ask", "fail")
        assert (refused.value.code, refused.value.message) == ("CAPABILITY_REFUSED", "refused as told")


async def test_a_responder_may_be_a_plain_function_and_may_crash() -> None:
    async with fake_pair() as (_, client):
        await client.respond("lab.echo.ask", lambda message: 1 // message.payload)
        assert (await client.request("lab.echo.ask", 1)).payload == 1
        with pytest.raises(arqon.ArqonError) as crashed:
            await client.request("lab.echo.ask", 0)
        assert crashed.value.code == "INTERNAL"


async def test_a_request_nobody_answers_ends_in_time_or_with_the_servers_word() -> None:
    async with fake_pair() as (server, client):
        with pytest.raises(arqon.ArqonError) as late:
            await client.request("lab.echo.ask", 1, timeout_s=0.05)
        assert late.value.code == "DEADLINE_EXCEEDED"

        async def nobody(to: Connection, message: ArqonMessage) -> None:
            await to.error(0, "NO_RESPONDER", "nobody", message.id, retryable=True)

        server.on_publish = nobody
        with pytest.raises(arqon.ArqonError) as refused:
            await client.request("lab.echo.ask", 1)
        assert refused.value.code == "NO_RESPONDER"


async def test_a_request_whose_connection_is_lost_fails_and_the_next_one_works() -> None:
    async with fake_pair() as (server, client):

        async def lose(to: Connection, message: ArqonMessage) -> None:
            server.on_publish = None
            await to.drop()

        server.on_publish = lose
        with pytest.raises(arqon.ArqonError) as lost:
            await client.request("lab.echo.ask", 1)
        assert lost.value.code == "CONNECTION_LOST"
        await client.respond("lab.echo.ask", lambda message: message.payload)
        assert (await client.request("lab.echo.ask", 2)).payload == 2
