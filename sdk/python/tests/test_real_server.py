"""The SDK against the real server, started as people start it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import arqon
from arqon import QuantumCircuit

ROOT = Path(__file__).resolve().parents[3]
NODE = ROOT / "node_modules" / ".bin" / "node"
SERVER = ROOT / "apps" / "server" / "index.ts"
BELL = """OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
h q[0];
cx q[0],q[1];
measure q -> c;
"""
OPERATOR = """
import arqon

@arqon.operator("upper.jobs")
def upper(job):
    job.progress(0.5, "half way")
    return job.text.upper()

upper.run(ready=lambda: print("ready", flush=True))
"""


def first_line(process: subprocess.Popen[str], timeout_s: float) -> str:
    """The first line a child prints; "" when it ends or stays silent."""
    return read_until(process, timeout_s, lambda text: text.endswith("\n"))


def read_until(process: subprocess.Popen[str], timeout_s: float, enough: Callable[[str], bool]) -> str:
    """What a child prints until it is enough, it ends, or time is over."""
    assert process.stdout
    lines: queue.Queue[str] = queue.Queue()
    stdout = process.stdout

    def read() -> None:
        text = ""
        while not text or not enough(text):
            line = stdout.readline()
            text += line
            if not line:
                break
        lines.put(text)

    threading.Thread(target=read, daemon=True).start()
    try:
        return lines.get(timeout=timeout_s)
    except queue.Empty:
        return ""


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(120)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server with everything embedded, in an ARQON_HOME of its own. Gives the environment that finds it."""
    if not (NODE.exists() and SERVER.exists()):
        pytest.skip(f"no server to test against: {SERVER} or {NODE} is missing")
    folder = tmp_path_factory.mktemp("home")
    base = {key: value for key, value in os.environ.items() if not key.startswith("ARQON_")}
    environment = {**base, "ARQON_HOME": str(folder)}
    with (folder.parent / "server.log").open("w+") as log:
        command = [str(NODE), "apps/cli/main.ts", "serve", "--port", "0", "--json"]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        try:
            line = read_until(process, 180, is_json)
            log.seek(0)
            assert line, f"the server did not start: {log.read()[-4000:]}"
            ready = json.loads(line)
            yield {**environment, "ARQON_URL": ready["url"], "ARQON_API_KEY": ready["apiKey"]}
        finally:
            stop(process)


@pytest.fixture
def client(home: dict[str, str]) -> Iterator[arqon.Client]:
    with arqon.Client(home["ARQON_URL"], home["ARQON_API_KEY"]) as client:
        yield client


def test_a_circuit_becomes_a_sealed_verified_replayable_artifact(
    client: arqon.Client, home: dict[str, str]
) -> None:
    run = client.run_circuit(BELL, shots=1024, seed=42, name="bell.qasm", timeout_s=120)
    assert set(run.counts) == {"00", "11"}
    assert sum(run.counts.values()) == run.shots == 1024
    assert run.seed == "0x2a"
    assert "bell.qasm" in repr(run)
    data = client.fetch_bundle(run)
    report = arqon.bundle.verify(data, Path(home["ARQON_HOME"]) / "trust.json")
    assert (report.verdict, report.trusted) == ("VERIFIED", True), report
    assert report.ids
    assert (report.ids["artifact_id"], report.ids["recipe_id"]) == (run.artifact_id, run.recipe_id)
    assert client.replay(run, timeout_s=120).verdict == "IDENTICAL"
    again = client.run_circuit(BELL, shots=1024, seed=42, timeout_s=120)
    assert (again.artifact_id, again.counts) == (run.artifact_id, run.counts)
    assert again.record_id != run.record_id


def test_noise_and_observables_reach_the_engine_and_replay_the_same(client: arqon.Client) -> None:
    calibration = json.loads((ROOT / "examples/line5.calibration.json").read_text("utf-8"))
    run = client.run_circuit(
        BELL, seed=3, noise={"calibration": calibration}, observables=["ZZ", {"XX": 0.5}], timeout_s=120
    )
    assert run.engine == "density"
    assert "by estimate" in run.reason
    assert [observable for observable, _ in run.expectations] == ["ZZ", {"XX": 0.5}]
    assert 0.9 < run.expectations[0][1] < 1
    assert client.replay(run, timeout_s=120).verdict == "IDENTICAL"
    with pytest.raises(arqon.ArqonError) as refused:
        client.run_circuit(BELL, noise={"calibration": calibration, "device": "torus"}, timeout_s=120)
    assert refused.value.code == "CALIBRATION_INVALID"


def test_a_calibration_as_ibm_publishes_it_is_taken_in_noise(client: arqon.Client) -> None:
    def value(name: str, number: float, unit: str) -> dict[str, object]:
        return {"name": name, "unit": unit, "value": number}

    qubit = [value("T1", 60, "us"), value("T2", 70, "us"), value("readout_error", 0.03, "")]
    gates = [("sx", [0]), ("sx", [1]), ("rz", [0]), ("rz", [1]), ("cx", [0, 1]), ("cx", [1, 0])]
    props = {
        "backend_name": "small",
        "last_update_date": "2024-05-27T15:27:23-03:00",
        "qubits": [qubit, qubit],
        "gates": [
            {
                "gate": name,
                "qubits": on,
                "parameters": [value("gate_error", 0.002 * len(on), ""), value("gate_length", 50, "ns")],
            }
            for name, on in gates
        ],
    }
    bell = QuantumCircuit(2).h(0).cx(0, 1).measure_all()
    run = client.run_circuit(bell, shots=4000, seed=1, noise={"calibration": props}, timeout_s=120)
    assert 0 < run.counts["01"] + run.counts["10"] < 600
    assert client.replay(run, timeout_s=120).verdict == "IDENTICAL"


def test_every_statement_of_a_circuit_of_calls_is_understood(client: arqon.Client) -> None:
    made = (
        QuantumCircuit(4, 3)
        .x([0, 1])
        .barrier()
        .barrier(0, 2)
        .delay(100, 0)
        .delay(1.5e-7, [1, 2], "s")
        .delay(2, unit="us")
    )
    made.rx(-1e-9, 3).gphase(0.25).reset(1).x(1).measure([0, 1], [0, 2])
    with made.if_test(("c", 0b101)) as otherwise:
        made.x(2)
        with made.if_test(((0, 1), 0b01)):
            made.x(3)
    with otherwise:
        made.x(0)
    with made.if_test((1, 1)) as otherwise:
        made.x(0)
    with otherwise:
        made.unitary([[0, 1], [1, 0]], 0).mcx([1, 2, 3], 0).mcp(1, [0, 1], 2)
    run = client.run_circuit(made.measure_all(), shots=10, seed=1, timeout_s=120)
    assert dict(run.counts) == {"1111 101": 10}
    wide = QuantumCircuit(60, 60).h(0).cx(range(59), range(1, 60)).measure(range(60), range(60))
    with wide.if_test(("c", 2**60 - 1)):
        wide.x(0)
    wide.measure(0, 0)
    assert set(client.run_circuit(wide, shots=50, seed=1, timeout_s=120).counts) == {"0" * 60, "1" * 59 + "0"}


def test_the_example_of_circuits_runs(home: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples/circuits.py")],
        env=home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].endswith("replayed: IDENTICAL")
    assert lines[1].startswith("phase: {'001': 100} / 8, depth ")
    assert lines[2:4] == ["sent: {'0'}", "gradient: -0.3894, by hand -0.3894"]
    assert lines[4:] == ["theta 0.00: {'00': 100}", "theta 3.14: {'11': 100}"]


def test_a_circuit_is_estimated_and_its_artifact_traced_and_cited(client: arqon.Client) -> None:
    swap = [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    made = arqon.QuantumCircuit(2).x(0).unitary(swap, [0, 1]).measure_all()
    cost = client.estimate(made, shots=50)
    assert (cost.qubits, cost.shots, cost.engine) == (2, 50, "statevector")
    assert 0 < cost.memory_bytes < cost.limits["memoryBytes"]
    states: list[str] = []
    run = client.run_circuit(
        made, shots=50, seed=3, timeout_s=120, on_state=lambda state: states.append(state.status)
    )
    assert run.counts == {"10": 50}
    assert states[-1] == "SUCCEEDED"
    replay = client.replay(run, timeout_s=120)
    (edge,) = client.lineage(run).descendants
    assert (edge.child, edge.parent, edge.role) == (replay.artifact_id, run.artifact_id, "replayOf")
    assert run.artifact_id in client.cite(run, format="markdown", metadata={"title": "Two swapped"})
    with pytest.raises(arqon.ArqonError) as large:
        client.estimate(arqon.QuantumCircuit(40).h(range(40)).t(range(40)).h(range(40)), engine="statevector")
    assert large.value.code == "QUANTUM_TOO_LARGE"


def test_a_sweep_over_seeds_gives_one_artifact_each(client: arqon.Client) -> None:
    table = client.sweep(BELL, seeds=range(4), shots=100, timeout_s=120)
    assert len({run.artifact_id for run in table.column("run")}) == 4


def test_a_faulty_circuit_is_refused_with_its_place(client: arqon.Client) -> None:
    with pytest.raises(arqon.ArqonError) as refused:
        client.run_circuit("OPENQASM 2.0;\nqreg q[1];\nnonsense q[0];\n", timeout_s=120)
    assert refused.value.code.startswith("QASM_")
    assert "3" in refused.value.message


def test_local_settings_are_found_in_home(home: dict[str, str]) -> None:
    script = "import arqon\nwith arqon.Client() as client: print(client.principal)"
    environment = {key: value for key, value in home.items() if key not in ("ARQON_URL", "ARQON_API_KEY")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_a_script_elsewhere_serves_jobs_and_the_run_is_sealed_as_reported(
    client: arqon.Client, home: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "upper.py").write_text(OPERATOR)
    process = subprocess.Popen(
        [sys.executable, "upper.py"],
        cwd=tmp_path,
        env=home,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert first_line(process, 120) == "ready\n"
        job = client.submit("upper.jobs", "abc", schema="arqonbus.upper.job.v1")
        assert job.result(timeout_s=120) == "ABC"
        state = job.sealed(timeout_s=120)
        assert state.reported
        report = arqon.bundle.verify(client.fetch_bundle(state.artifact_id))
        assert report.ok, report
    finally:
        stop(process)
    assert process.returncode == 0
