"""The blocking client, circuits, sweeps and bundles as a notebook uses them, on the server in memory."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from fake_server import KEY, Connection, FakeServer, fake_pair, fake_server

import arqon
from arqon.bundle.archive import write_zip
from arqon.gen.arqon.v1 import job_pb2 as job
from arqon.gen.arqon.v1 import op_pb2 as ops
from arqon.payloads import unpack_as
from arqon.progress import Progress

GOLDEN_ZIP = Path(__file__).resolve().parents[3] / "core" / "bundle" / "golden.zip"
LARGE_ZIP = write_zip(
    {
        "record/execution.json": b'{"executions":[{"backend":"sim-statevector","notes":{"engine":"fast"},"warnings":["w"]}]}',
        "recipe/seeds.json": b'{"sampler":"0x2a"}',
        "results/counts.json": b'{"00":509,"11":515}',
        "results/summary.json": b'{"outcomes":2,"qubits":2,"shots":1024}',
    }
)
BELL = "OPENQASM 2.0;\n// rz({theta})\n"


def submitted(server: FakeServer, job_id: str) -> job.Capsule:
    message = next(message for message in server.log if message.id == job_id)
    return unpack_as(message.payload, job.Job).capsule


def answer_as_simulator(server: FakeServer) -> None:
    """Every job ends at once: as a quantum run or a replay."""

    async def answer(to: Connection, op: ops.Op) -> None:
        capsule = submitted(server, op.job_get.job_id)
        parameters = json.loads(capsule.parameters_json)
        state = job.JobState(job_id=op.job_get.job_id, status=job.JOB_STATUS_SUCCEEDED)
        if capsule.schema == "arqonbus.replay.job.v1":
            output: dict[str, Any] = {
                "verdict": "IDENTICAL",
                "causes": [],
                "original": {"a": 1},
                "comparison": {},
            }
        else:
            shots = parameters["shots"]
            names = {"backend": "sim-statevector", "engine": "e", "qubits": 2, "warnings": []}
            output = {**names, "counts": {"00": shots}, "shots": shots, "seed": parameters.get("seed", "0x1")}
        state.result.output, state.result.output_media_type = json.dumps(output).encode(), "application/json"
        if capsule.name == "large.qasm":
            state.result.output, state.result.output_omitted = b"", True
        state.sealed.artifact_id, state.sealed.recipe_id = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
        if capsule.name == "large.qasm":
            state.sealed.record_id = f"sha256:{'3' * 64}"
        await to.send(ops.Op(corr=op.corr, job_state=state))

    server.answers["job_get"] = answer


async def serve_bundle(stack: AsyncExitStack, server: FakeServer, data: bytes) -> None:
    vault = await stack.enter_async_context(arqon.connect(server.url, KEY))

    def chunk(message: arqon.Message) -> job.BundleChunk:
        get = message.payload_as(job.BundleGet)
        known = {f"sha256:{'1' * 64}": data, f"sha256:{'3' * 64}": LARGE_ZIP}
        if get.artifact_id not in known:
            raise arqon.ArqonError("ARTIFACT_UNKNOWN", get.artifact_id)
        whole = known[get.artifact_id]
        part = whole[get.offset : get.offset + 10_000]
        return job.BundleChunk(offset=get.offset, total_bytes=len(whole), data=part)

    await vault.respond("artifact.bundle.get", chunk)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A server in a thread of its own, as blocking calls need it."""
    started: list[FakeServer] = []
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            fake = await stack.enter_async_context(fake_server())
            answer_as_simulator(fake)
            await serve_bundle(stack, fake, GOLDEN_ZIP.read_bytes())
            started.append(fake)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(60)
    yield started[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(60)
    loop.close()


def test_a_notebook_runs_a_circuit(server: FakeServer) -> None:
    with arqon.Client(server.url, KEY) as client:
        assert "alice" in repr(client)
        run = client.run_circuit(BELL, shots=100, seed=42, backend="sim-statevector", name="bell.qasm")
        assert (run.counts, run.seed, run.name) == ({"00": 100}, "0x2a", "bell.qasm")
        assert run.artifact_id == f"sha256:{'1' * 64}"
        capsule = submitted(server, run.job_id)
        assert capsule.parameters_json == '{"seed":"0x2a","shots":100}'
        assert capsule.constraints_json == '{"backend":"sim-statevector"}'
        assert (capsule.schema, capsule.program) == ("arqonbus.quantum.job.v1", BELL.encode())
        assert capsule.program_media_type == "text/x-openqasm;version=2.0"


def test_it_works_where_an_event_loop_already_runs(server: FakeServer) -> None:
    async def cell() -> None:
        with arqon.Client(server.url, KEY) as client:
            assert client.run_circuit(BELL, shots=7).counts == {"00": 7}

    asyncio.run(cell())


def test_a_sweep_runs_every_combination_in_order(server: FakeServer) -> None:
    with arqon.Client(server.url, KEY) as client:
        table = client.sweep(BELL, parameters={"theta": [0.5, 1.5]}, seeds=[1, 2], shots=10)
        assert [(row["theta"], row["seed"]) for row in table] == [
            (0.5, "0x1"),
            (0.5, "0x2"),
            (1.5, "0x1"),
            (1.5, "0x2"),
        ]
        assert [run.seed for run in table.column("run")] == ["0x1", "0x2", "0x1", "0x2"]
        assert b"rz(1.5)" in submitted(server, table[3]["run"].job_id).program


def test_a_run_is_replayed_and_its_bundle_fetched_and_verified(server: FakeServer) -> None:
    with arqon.Client(server.url, KEY) as client:
        run = client.run_circuit(BELL)
        replay = client.replay(run, seed=1)
        assert replay.verdict == "IDENTICAL"
        expected = f'{{"artifact":"{run.artifact_id}","seed":"0x1"}}'
        assert submitted(server, replay.job_id).parameters_json == expected
        data = client.fetch_bundle(run)
        assert data == GOLDEN_ZIP.read_bytes()
        assert arqon.bundle.verify(data).ok
        with pytest.raises(arqon.ArqonError) as unknown:
            client.fetch_bundle("0" * 64)
        assert unknown.value.code == "ARTIFACT_UNKNOWN"


def test_counts_too_large_for_a_frame_come_from_the_artifact(server: FakeServer) -> None:
    with arqon.Client(server.url, KEY) as client:
        run = client.run_circuit(BELL, name="large.qasm")
        assert run.counts == {"00": 509, "11": 515}
        assert (run.shots, run.qubits, run.seed) == (1024, 2, "0x2a")
        assert (run.backend, run.engine, run.warnings) == ("sim-statevector", "fast", ["w"])


def test_interrupting_a_call_cancels_its_job(server: FakeServer) -> None:
    asked, cancelled = threading.Event(), threading.Event()

    async def never(_to: Connection, _op: ops.Op) -> None:
        asked.set()

    async def cancel(to: Connection, op: ops.Op) -> None:
        cancelled.set()
        await to.send(ops.Op(corr=op.corr, done=ops.Done()))

    server.answers |= {"job_get": never, "job_cancel": cancel}

    def interrupt() -> None:
        asked.wait(60)
        os.kill(os.getpid(), signal.SIGINT)

    with arqon.Client(server.url, KEY) as client:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            client.run_circuit(BELL)
        assert cancelled.is_set()
        client.publish("lab.sensor.read", 1, durability="logged")


def test_closing_fails_what_waits_elsewhere_and_whatever_comes_after(server: FakeServer) -> None:
    client = arqon.Client(server.url, KEY)
    live = client.subscribe("lab.>")
    codes: list[str] = []

    def wait() -> None:
        try:
            next(live)
        except arqon.ArqonError as error:
            codes.append(error.code)

    waiting = threading.Thread(target=wait)
    waiting.start()
    client.close()
    client.close()
    waiting.join(60)
    assert not waiting.is_alive()
    with pytest.raises(arqon.ArqonError):
        client.publish("lab.sensor.read", 1)
    assert codes == ["CONNECTION_LOST"]
    assert not any(thread.name == "arqon" for thread in threading.enumerate())


def test_a_script_that_leaves_everything_open_still_ends(server: FakeServer) -> None:
    lines = [
        "import arqon",
        f"client = arqon.Client({server.url!r}, {KEY!r})",
        "live = client.subscribe('lab.>')",
        "client.publish('lab.sensor.read', 1, durability='logged')",
        "print(next(live).payload)",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], check=False, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_everything_else_works_without_async_too(server: FakeServer) -> None:
    with arqon.Client(server.url, KEY) as client:
        live = client.subscribe("lab.>")
        client.publish("lab.sensor.read", 1, durability="logged")
        assert next(live).payload == 1
        live.close()
        assert [message.payload for message in client.history("lab.>")] == [1]
        submitted_job = client.submit(
            "quantum.jobs", BELL, schema="arqonbus.quantum.job.v1", parameters={"shots": 3}
        )
        assert submitted_job.result()["counts"] == {"00": 3}
        again = client.job(submitted_job.id)
        assert [state.status for state in again.states()] == ["SUCCEEDED"]
        assert again.sealed().artifact_id == again.outcome().artifact_id == again.state().artifact_id
        again.cancel()
    with pytest.raises(arqon.ArqonError) as refused:
        arqon.Client(server.url, "wrong")
    assert refused.value.code == "AUTH_REQUIRED"


async def test_a_bundle_whose_chunks_do_not_fit_is_refused() -> None:
    async with fake_pair() as (_, client):
        chunks = [
            job.BundleChunk(offset=5, total_bytes=10, data=b"x"),
            job.BundleChunk(offset=0, total_bytes=1, data=b"xx"),
            job.BundleChunk(offset=0, total_bytes=10),
            job.BundleChunk(offset=0, total_bytes=2**40, data=b"x"),
        ]
        await client.respond("artifact.bundle.get", lambda _: chunks.pop(0))
        for code in ("WIRE_MALFORMED", "WIRE_MALFORMED", "WIRE_MALFORMED", "LIMIT_EXCEEDED"):
            with pytest.raises(arqon.ArqonError) as refused:
                await client.fetch_bundle("1" * 64)
            assert refused.value.code == code


def test_every_call_that_asks_for_a_job_sends_tags_and_a_note(server: FakeServer) -> None:
    labels: dict[str, Any] = {"tags": ["demo", "bell"], "note": "first light"}
    with arqon.Client(server.url, KEY) as client:
        run = client.run_circuit(BELL, **labels)
        again = client.replay(run.artifact_id, **labels)
        plain = client.run_circuit(BELL)
        told = [submitted(server, job_id).labels_json for job_id in (run.job_id, again.job_id, plain.job_id)]
        assert told == ['{"note":"first light","tags":["bell","demo"]}'] * 2 + [""]
        with pytest.raises(arqon.ArqonError, match="has a comma"):
            client.run_circuit(BELL, tags=["a,b"])


def test_states_are_told_and_shown_while_a_call_waits(
    server: FakeServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(to: Connection, op: ops.Op) -> None:
        state = job.JobState(
            job_id=op.job_get.job_id, status=job.JOB_STATUS_RUNNING, progress=0.5, note="half"
        )
        await to.send(ops.Op(corr=op.corr, job_state=state))
        if told.wait(0):
            await finish(to, op)
        else:
            waiting.append(asyncio.create_task(later(to, op)))

    async def later(to: Connection, op: ops.Op) -> None:
        while not told.is_set():
            await asyncio.sleep(0.01)
        await finish(to, op)

    finish = server.answers["job_get"]
    server.answers["job_get"] = answer
    told, waiting = threading.Event(), list[asyncio.Task[None]]()
    heard: list[tuple[str, float]] = []

    def on_state(state: arqon.JobState) -> None:
        heard.append((state.status, state.progress))
        told.set()

    with arqon.Client(server.url, KEY) as client:
        client.run_circuit(BELL, on_state=on_state)
        assert heard == [("RUNNING", 0.5), ("SUCCEEDED", 0.0)]
    assert capsys.readouterr().err == ""

    told.clear()
    shown = Progress.show

    def show(progress: Progress) -> None:
        shown(progress)
        if progress._surface:
            told.set()

    monkeypatch.setattr(Progress, "show", show)
    with arqon.Client(server.url, KEY, progress=True) as client:
        client.run_circuit(BELL)
    assert " 50 % half" in capsys.readouterr().err


async def test_estimates_lineages_and_citations_are_asked_for() -> None:
    asked: list[Any] = []
    cost = {
        "engine": "statevector",
        "reason": "it fits",
        "qubits": 2,
        "simulatedQubits": 2,
        "memoryBytes": 64,
    }
    cost |= {"timeMs": 0.5, "shots": 7, "features": {"depth": 2}, "limits": {}, "warnings": ["w"]}
    edge = {"child": "sha256:b", "parent": "sha256:a", "role": "replayOf"}
    row = {"artifactType": "replay", "title": "again"}
    nodes = [{"artifactId": "sha256:a"}, {"artifactId": "sha256:b", "row": row, "verdict": "NOT_COMPARABLE"}]
    graph = {"artifactId": "sha256:a", "artifacts": nodes, "ancestors": []}
    answers: dict[str, list[Any]] = {
        "quantum.circuit.estimate": [cost, {}, "text", None],
        "artifact.lineage.get": [
            {**graph, "descendants": [{**edge, "since": "a later version"}]},
            {},
            {**graph, "descendants": [{"x": 1}]},
        ],
        "artifact.citation.get": [{"format": "bibtex", "citation": "@misc{a}"}, {"citation": 5}],
    }
    async with fake_pair() as (_, client):
        for topic, said in answers.items():

            def responder(message: arqon.Message, said: list[Any] = said) -> arqon.Json:
                asked.append(message.payload)
                return arqon.Json(said.pop(0))

            await client.respond(topic, responder)
        told = await client.estimate(BELL, shots=7, observables=["ZZ"], name="bell.qasm")
        assert (told.memory_bytes, told.simulated_qubits, told.time_ms, told.warnings) == (64, 2, 0.5, ["w"])
        parameters = {"shots": 7, "observables": ["ZZ"]}
        assert asked.pop() == {"program": BELL, "name": "bell.qasm", "parameters": parameters}
        graph_told = await client.lineage("a", depth=2)
        assert graph_told.descendants == [arqon.LineageEdge("sha256:b", "sha256:a", "replayOf")]
        assert "replay  again  NOT_COMPARABLE" in repr(graph_told)
        assert asked.pop() == {"artifact": "sha256:a", "depth": 2}
        assert await client.cite("a", format="bibtex", metadata={"title": "T"}) == "@misc{a}"
        assert asked.pop() == {"artifact": "sha256:a", "format": "bibtex", "metadata": {"title": "T"}}
        for call in (lambda: client.estimate(BELL), lambda: client.lineage("a")):
            for _ in range(2):
                with pytest.raises(arqon.ArqonError) as refused:
                    await call()
                assert refused.value.code == "WIRE_MALFORMED"
        for wrong in (lambda: client.estimate(BELL), lambda: client.cite("a")):
            with pytest.raises(arqon.ArqonError) as refused:
                await wrong()
            assert refused.value.code == "WIRE_MALFORMED"
