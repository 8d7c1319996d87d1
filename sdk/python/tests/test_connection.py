"""The connection: handshake, loss, restoring, acknowledgements."""

from __future__ import annotations

import asyncio

import pytest
from fake_server import KEY, Connection, fake_pair, fake_server, until

import arqon
from arqon.gen.arqon.v1 import op_pb2 as ops
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage


async def test_connect_says_hello_and_knows_who_it_is() -> None:
    async with fake_pair() as (server, client):
        assert (client.principal, client.reality, client.epoch) == ("alice", "main", "epoch-1")
        hello = server.hellos[0]
        assert (hello.version_min, hello.version_max, hello.reality) == (1, 1, "main")


async def test_a_wrong_key_is_refused_at_once() -> None:
    async with fake_server() as server:
        with pytest.raises(arqon.ArqonError) as refused:
            await arqon.connect(server.url, "wrong")
        assert refused.value.code == "AUTH_REQUIRED"
        assert len(server.hellos) == 1


async def test_no_server_is_unreachable() -> None:
    with pytest.raises(arqon.ArqonError) as refused:
        await arqon.connect("ws://127.0.0.1:1", KEY)
    assert refused.value.code == "SERVER_UNREACHABLE"
    assert refused.value.retryable


async def test_an_address_that_is_none_is_a_usage_error() -> None:
    with pytest.raises(arqon.ArqonError) as refused:
        await arqon.connect("http://127.0.0.1:1", KEY)
    assert refused.value.code == "USAGE"


async def test_a_logged_publication_returns_its_sequence() -> None:
    async with fake_pair() as (_, client):
        ack = await client.publish("lab.sensor.read", {"t": 1.5}, durability="logged")
        assert (ack.sequence, ack.duplicate) == (1, False)
        again = await client.publish("lab.sensor.read", {"t": 1.5}, durability="logged", id=ack.id)
        assert (again.sequence, again.duplicate) == (1, True)


async def test_a_refused_publication_raises_the_servers_code_even_when_unknown() -> None:
    async with fake_pair() as (server, client):

        async def refuse(to: Connection, message: ArqonMessage) -> None:
            await to.error(0, "CODE_OF_TOMORROW", "no", message.id, retryable=True)

        server.on_publish = refuse
        with pytest.raises(arqon.ArqonError) as refused:
            await client.publish("lab.sensor.read", 1, durability="logged")
        assert refused.value.code == "CODE_OF_TOMORROW"
        assert refused.value.retryable


async def test_a_refused_ephemeral_publication_is_told_to_on_error() -> None:
    told: list[arqon.ArqonError] = []
    async with fake_pair(on_error=told.append) as (server, client):

        async def refuse(to: Connection, message: ArqonMessage) -> None:
            await to.error(0, "PERMISSION_DENIED", "not you", message.id)

        server.on_publish = refuse
        assert (await client.publish("lab.sensor.read", 1)).sequence is None
        await client.flush()
        assert [error.code for error in told] == ["PERMISSION_DENIED"]


async def test_an_unacknowledged_publication_is_sent_again_with_its_id_after_a_loss() -> None:
    async with fake_pair() as (server, client):

        async def lose(to: Connection, message: ArqonMessage) -> None:
            server.on_publish = None
            await to.drop()

        server.on_publish = lose
        ack = await client.publish("lab.sensor.read", 1, durability="synced")
        assert [message.id for message in server.messages] == [ack.id] * 2
        assert len(server.hellos) == 2


async def test_subscriptions_come_back_after_a_loss() -> None:
    async with fake_pair() as (server, client):
        live = await client.subscribe("lab.>")
        await server.connections[0].drop()
        await until(lambda: len(server.hellos) == 2)
        await client.flush()
        await client.publish("lab.sensor.read", "after")
        assert (await anext(live)).payload == "after"


async def test_a_subscription_that_is_refused_on_the_new_connection_ends_alone() -> None:
    told: list[arqon.ArqonError] = []
    async with fake_pair(on_error=told.append) as (server, client):
        doomed = await client.subscribe("lab.secret.*")
        fine = await client.subscribe("lab.sensor.*")

        async def judge(to: Connection, op: ops.Op) -> None:
            if op.subscribe.filter == "lab.secret.*":
                await to.error(op.corr, "PERMISSION_DENIED", "not any more")
            else:
                await server.do_subscribe(to, op)

        server.answers["subscribe"] = judge
        await server.connections[0].drop()
        with pytest.raises(arqon.ArqonError) as ended:
            await anext(doomed)
        assert ended.value.code == "PERMISSION_DENIED"
        await client.publish("lab.sensor.read", 2)
        assert (await anext(fine)).payload == 2
        assert [error.code for error in told] == ["PERMISSION_DENIED"]


async def test_a_terminal_close_code_ends_the_client() -> None:
    async with fake_pair() as (server, client):
        live = await client.subscribe("lab.>")
        await server.connections[0].socket.close(4500, "banned")
        with pytest.raises(arqon.ArqonError) as ended:
            await anext(live)
        assert "4500" in ended.value.message
        with pytest.raises(arqon.ArqonError):
            await client.flush()
        assert len(server.hellos) == 1


async def test_a_silent_server_is_left_and_found_again() -> None:
    async with fake_server() as server:
        server.heartbeat_ms = 60

        async def silence(to: Connection, op: ops.Op) -> None:
            pass

        server.answers["ping"] = silence
        async with arqon.connect(server.url, KEY):
            await until(lambda: len(server.hellos) >= 2)


async def test_closing_fails_what_still_waits() -> None:
    async with fake_pair() as (server, client):

        async def ignore(to: Connection, message: ArqonMessage) -> None:
            pass

        server.on_publish = ignore
        waiting = asyncio.create_task(client.publish("lab.sensor.read", 1, durability="logged"))
        await until(lambda: bool(server.messages))
        await client.close()
        with pytest.raises(arqon.ArqonError) as lost:
            await waiting
        assert lost.value.code == "CONNECTION_LOST"


async def test_a_message_over_the_servers_limit_is_not_sent() -> None:
    async with fake_pair() as (server, client):
        for durability in ("ephemeral", "logged"):
            with pytest.raises(arqon.ArqonError) as refused:
                await client.publish("lab.sensor.read", b"x" * 1_048_576, durability=durability)
            assert refused.value.code == "WIRE_TOO_LARGE"
        assert server.messages == []


async def test_a_ping_of_the_server_is_answered() -> None:
    async with fake_pair() as (server, _):
        await server.connections[0].send(ops.Op(ping=ops.Ping(sent_unix_us=7)))
        await until(lambda: bool(server.seen("pong")))
        assert server.seen("pong")[0].pong.sent_unix_us == 7


async def test_what_cannot_be_read_is_told_and_the_subscription_goes_on() -> None:
    told: list[arqon.ArqonError] = []
    async with fake_pair(on_error=told.append) as (server, client):
        subscription = await client.subscribe("lab.>")
        await server.connections[0].socket.send(bytes([0x1A, 7, *b"lab.a.b", 0x48, 1, 0x5A, 1, 0xFF]))
        await client.publish("lab.a.c", 1)
        assert (await anext(subscription)).topic == "lab.a.c"
        assert [error.code for error in told] == ["WIRE_MALFORMED"]
        assert len(server.hellos) == 1


async def test_a_server_that_goes_away_gets_nothing_new_to_keep() -> None:
    async with fake_pair() as (server, client):
        await client.publish("lab.a.b", 1, durability="logged")
        await server.connections[0].send(ops.Op(go_away=ops.GoAway(reason="update", drain_ms=1_000)))
        await client.flush()
        waiting = asyncio.create_task(client.publish("lab.a.c", 2, durability="logged"))
        await client.publish("lab.a.d", 3)
        await client.flush()
        assert [message.topic for message in server.messages] == ["lab.a.b", "lab.a.d"]
        await server.connections[0].socket.close(1001, "SHUTTING_DOWN")
        assert (await waiting).duplicate is False
        assert server.messages[-1].topic == "lab.a.c"
        assert len(server.hellos) == 2
