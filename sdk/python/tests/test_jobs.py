"""Jobs and operators."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from fake_server import Connection, FakeServer, fake_pair, until

import arqon
from arqon.gen.arqon.v1 import job_pb2 as job
from arqon.gen.arqon.v1 import op_pb2 as ops
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage, MessageType
from arqon.payloads import unpack_as

SUBMIT: dict[str, Any] = {"schema": "arqonbus.test.job.v1"}


def results(server: FakeServer) -> list[job.JobResult]:
    kind = MessageType.MESSAGE_TYPE_JOB_RESULT
    return [unpack_as(m.payload, job.JobResult) for m in server.messages if m.type == kind]


async def test_a_job_is_wrapped_in_a_capsule() -> None:
    async with fake_pair() as (server, client):
        handle = await client.submit(
            "upper.jobs",
            "abc",
            **SUBMIT,
            parameters={"b": 1, "a": 2},
            effect="physical",
            max_attempts=2,
            deadline_s=900,
        )
        message = server.messages[0]
        sent = unpack_as(message.payload, job.Job)
        assert (message.id, message.topic, message.type) == (handle.id, "upper.jobs", 2)
        assert sent.capsule.program == b"abc"
        assert sent.capsule.parameters_json == '{"a":2,"b":1}'
        assert (sent.effect, sent.max_attempts) == (job.EFFECT_PHYSICAL, 2)
        assert abs(sent.deadline_unix_us / 1e6 - time.time() - 900) < 60
        assert not handle.duplicate


async def test_jobs_go_to_topics_that_end_in_jobs() -> None:
    async with fake_pair() as (_, client):
        with pytest.raises(arqon.ArqonError) as refused:
            await client.submit("lab.upper.run", "abc", **SUBMIT)
        assert refused.value.code == "TOPIC_INVALID"


async def test_a_watch_goes_on_over_a_lost_connection_without_repeats() -> None:
    async with fake_pair() as (server, client):
        state = job.JobState(job_id="j", topic="x.jobs", status=job.JOB_STATUS_RUNNING, progress=0.5)

        async def watched(to: Connection, op: ops.Op) -> None:
            await to.send(ops.Op(corr=op.corr, job_state=state))
            if len(server.seen("job_get")) == 1:
                await to.drop()
                return
            done = job.JobState(
                job_id="j", topic="x.jobs", status=job.JOB_STATUS_SUCCEEDED, seal_pending=True
            )
            done.result.output, done.result.output_media_type = b'{"x":1}', "application/json"
            await to.send(ops.Op(corr=op.corr, job_state=done))
            done.seal_pending = False
            done.sealed.artifact_id = "sha256:22"
            await to.send(ops.Op(corr=op.corr, job_state=done))

        server.answers["job_get"] = watched
        handle = client.job("01890000-0000-7000-8000-000000000000")
        assert [s.status async for s in handle.states()] == ["RUNNING", "SUCCEEDED"]
        assert await handle.result() == {"x": 1}
        assert (await handle.outcome()).artifact_id == ""
        assert (await handle.sealed()).artifact_id == "sha256:22"


async def test_a_failed_job_raises_its_own_error() -> None:
    async with fake_pair() as (server, client):

        async def failed(to: Connection, op: ops.Op) -> None:
            state = job.JobState(job_id="j", status=job.JOB_STATUS_FAILED)
            state.result.error.code, state.result.error.message = "QASM_SYNTAX", "line 3"
            await to.send(ops.Op(corr=op.corr, job_state=state))

        server.answers["job_get"] = failed
        handle = client.job("01890000-0000-7000-8000-000000000000")
        assert (await handle.outcome()).status == "FAILED"
        with pytest.raises(arqon.ArqonError) as error:
            await handle.result()
        assert error.value.code == "QASM_SYNTAX"


async def test_a_call_ends_in_time_also_where_no_server_takes_its_job() -> None:
    async with fake_pair() as (server, client):

        async def unheard(*_: object) -> None: ...

        server.accept = unheard  # type: ignore[method-assign]
        for call in (
            lambda **wait: client.run_circuit("OPENQASM 2.0; qreg q[1];", **wait),
            lambda **wait: client.replay("0" * 64, **wait),
            lambda **wait: client.calibration({}, **wait),
        ):
            with pytest.raises(arqon.ArqonError) as late:
                await call(timeout_s=0.05)
            assert late.value.code == "DEADLINE_EXCEEDED"
            with pytest.raises(arqon.ArqonError) as wrong:
                await call(timeout_s="soon")
            assert wrong.value.code == "USAGE"


async def test_waiting_for_a_job_has_an_end() -> None:
    async with fake_pair() as (_, client):
        handle = await client.submit("upper.jobs", "abc", **SUBMIT)
        with pytest.raises(arqon.ArqonError) as late:
            await handle.result(timeout_s=0.05)
        assert late.value.code == "DEADLINE_EXCEEDED"


async def test_an_operator_answers_jobs_with_json_text_or_bytes() -> None:
    async with fake_pair() as (server, client):

        async def handle(context: arqon.JobContext) -> object:
            await context.progress(0.5, "half")
            return {"json": context.parameters, "text": context.text, "bytes": context.program}[context.text]

        await client.operate("upper.jobs", handle)
        for program in ("json", "text", "bytes"):
            await client.submit("upper.jobs", program, **SUBMIT, parameters={"n": 1})
        await until(lambda: len(results(server)) == 3)
        assert {(r.output, r.output_media_type) for r in results(server)} == {
            (b'{"n":1}', "application/json"),
            (b"text", "text/plain;charset=utf-8"),
            (b"bytes", "application/octet-stream"),
        }
        assert {r.status for r in results(server)} == {job.JOB_STATUS_SUCCEEDED}
        extend = server.seen("job_extend")[0].job_extend
        assert (extend.progress, extend.note, extend.attempt) == (0.5, "half", 1)


async def test_what_a_handler_raises_fails_the_job_not_the_operator() -> None:
    async with fake_pair() as (server, client):

        def handle(context: arqon.JobContext) -> object:
            if context.text == "arqon":
                raise arqon.ArqonError("QUANTUM_TOO_LARGE", "40 qubits")
            return {"ok": object()} if context.text == "unserialisable" else 1 // 0

        await client.operate("upper.jobs", handle)
        for program in ("arqon", "crash", "unserialisable"):
            await client.submit("upper.jobs", program, **SUBMIT)
        await until(lambda: len(results(server)) == 3)
        assert {r.status for r in results(server)} == {job.JOB_STATUS_FAILED}
        assert {r.error.code for r in results(server)} == {
            "QUANTUM_TOO_LARGE",
            "EXECUTION_FAILED",
            "JSON_INVALID",
        }


async def test_a_plain_function_runs_in_a_thread_and_may_tell_progress() -> None:
    async with fake_pair() as (server, client):
        threads = []

        def handle(context: arqon.JobContext) -> str:
            threads.append(threading.current_thread())
            context.progress(0.25, "from a thread")
            return "done"

        await client.operate("upper.jobs", handle)
        await client.submit("upper.jobs", "x", **SUBMIT)
        await until(lambda: len(results(server)) == 1)
        assert threads[0] is not threading.main_thread()
        assert server.seen("job_extend")[0].job_extend.note == "from a thread"


async def test_the_lease_is_extended_by_itself_and_its_loss_stops_the_work() -> None:
    async with fake_pair() as (server, client):
        stopped = asyncio.Event()

        async def handle(_: arqon.JobContext) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

        async def lose(to: Connection, op: ops.Op) -> None:
            if len(server.seen("job_extend")) < 3:
                await to.done(op)
            else:
                await to.error(op.corr, "JOB_LEASE_LOST", "gone")

        server.answers["job_extend"] = lose
        await client.operate("upper.jobs", handle, lease_s=0.06)
        await client.submit("upper.jobs", "x", **SUBMIT)
        await asyncio.wait_for(stopped.wait(), 60)
        await client.flush()
        assert len(server.seen("job_extend")) == 3
        assert results(server) == []


async def test_a_cancelled_job_is_reported_as_cancelled() -> None:
    async with fake_pair() as (server, client):
        started = asyncio.Event()

        async def handle(_: arqon.JobContext) -> None:
            started.set()
            await asyncio.Event().wait()

        await client.operate("upper.jobs", handle)
        submitted = await client.submit("upper.jobs", "x", **SUBMIT)
        await started.wait()
        await server.connections[0].send(
            ops.Op(job_cancel=ops.JobCancel(job_id=submitted.id, reason="enough"))
        )
        await until(lambda: len(results(server)) == 1)
        result = results(server)[0]
        assert (result.status, result.error.code) == (job.JOB_STATUS_CANCELLED, "CANCELLED")
        assert result.error.message == "enough"


async def test_draining_gives_unfinished_jobs_back() -> None:
    async with fake_pair() as (server, client):
        started = asyncio.Event()

        async def handle(_: arqon.JobContext) -> None:
            started.set()
            await asyncio.Event().wait()

        worker = await client.operate("upper.jobs", handle)
        await client.submit("upper.jobs", "x", **SUBMIT)
        await started.wait()
        await worker.drain(0)
        assert worker.running == 0
        assert len(server.seen("unsubscribe")) == len(server.seen("job_release")) == 1
        assert results(server) == []
        await worker.wait()


async def test_a_lost_connection_stops_the_work_and_the_job_is_taken_again() -> None:
    async with fake_pair() as (server, client):
        starts: list[str] = []

        async def handle(context: arqon.JobContext) -> str:
            starts.append(context.id)
            if len(starts) == 1:
                await asyncio.Event().wait()
            return "second"

        worker = await client.operate("upper.jobs", handle)
        await client.submit("upper.jobs", "x", **SUBMIT)
        await until(lambda: len(starts) == 1)
        await server.connections[0].drop()
        await until(lambda: len(server.hellos) == 2 and worker.running == 0)
        await client.flush()
        again: ArqonMessage = server.log[0]
        await server.connections[0].deliver(again)
        await until(lambda: len(results(server)) == 1)
        assert starts == [again.id] * 2


async def test_a_result_that_is_too_large_still_ends_the_job() -> None:
    async with fake_pair() as (server, client):
        await client.operate("upper.jobs", lambda _: b"x" * 600_000)
        await client.submit("upper.jobs", "x", **SUBMIT)
        await until(lambda: len(results(server)) == 1)
        assert results(server)[0].error.code == "LIMIT_EXCEEDED"


async def test_a_result_the_bus_refuses_still_ends_the_job() -> None:
    told: list[arqon.ArqonError] = []
    async with fake_pair(on_error=told.append) as (server, client):

        async def refuse(to: Connection, message: ArqonMessage) -> None:
            if message.type == MessageType.MESSAGE_TYPE_JOB_RESULT and len(results(server)) == 1:
                await to.error(0, "PERMISSION_DENIED", "no ids", message.id)
            else:
                await server.accept(message, to)

        server.on_publish = refuse
        await client.operate("upper.jobs", lambda _: arqon.JobOutput(1, artifact_id="x"))
        await client.submit("upper.jobs", "x", **SUBMIT)
        await until(lambda: len(results(server)) == 2)
        assert results(server)[1].error.code == "PERMISSION_DENIED"
        assert [error.code for error in told] == ["PERMISSION_DENIED"]


async def test_an_operator_is_ten_lines_and_stops_when_cancelled() -> None:
    @arqon.operator("upper.jobs", max_in_flight=4)
    def upper(context: arqon.JobContext) -> str:
        """Upper case."""
        return context.text.upper()

    async with fake_pair() as (server, client):
        ready = asyncio.Event()
        serving = asyncio.create_task(upper.serve(url=server.url, api_key="key-of-alice", ready=ready.set))
        await ready.wait()
        await client.submit("upper.jobs", "abc", **SUBMIT)
        await until(lambda: len(results(server)) == 1)
        assert results(server)[0].output == b"ABC"
        assert server.hellos[1].sam.operator_id == "upper"
        assert server.seen("subscribe")[0].subscribe.max_in_flight == 4
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert len(server.seen("unsubscribe")) == 1
