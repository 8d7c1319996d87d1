"""Circuits: run, sweep and replay them, and fetch the bundles that came of it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from arqon.bundle.archive import MAX_ARCHIVE_BYTES, read_zip
from arqon.channel import TIMEOUT_S
from arqon.circuits import QuantumCircuit
from arqon.errors import ArqonError
from arqon.gen.arqon.v1.job_pb2 import BundleChunk, BundleGet
from arqon.ids import derive_uuid
from arqon.jobs import JobHandle, JobState
from arqon.results import ReplayResult, RunResult, Table
from arqon.sweeps import OnProgress, Points, outcome_of, points_of, run_points

QUANTUM_JOBS = "quantum.jobs"
QUANTUM_SCHEMA = "arqonbus.quantum.job.v1"
REPLAY_JOBS = "replay.jobs"
REPLAY_SCHEMA = "arqonbus.replay.job.v1"
BUNDLE_TOPIC = "artifact.bundle.get"
_CANCEL_S = 1.0
"""What asking the bus to cancel may take, while a caller wants to leave."""


class Circuit(NamedTuple):
    """Source text and a name for people."""

    text: str
    name: str


CircuitLike = str | Path | Circuit | QuantumCircuit
"""A file, source text, or a circuit of calls."""


class QuantumMixin:
    """What `AsyncClient` can do with circuits."""

    async def submit_circuit(
        self,
        circuit: CircuitLike,
        *,
        shots: int = 1024,
        seed: int | str | None = None,
        backend: str | None = None,
        name: str | None = None,
        constraints: Mapping[str, Any] | None = None,
        engine: str | None = None,
        precision: str | None = None,
        inputs: Mapping[str, float | bool] | None = None,
        noise: Mapping[str, Any] | None = None,
        transpile: bool | None = None,
        observables: Iterable[str | Mapping[str, float]] | None = None,
        mps: Mapping[str, float] | None = None,
        **options: Any,
    ) -> JobHandle:
        """Submits an OpenQASM 2 or 3 file, source text, or a `QuantumCircuit`. Without a seed, one follows from the job's id.

        `engine` is "auto", "statevector", "density", "trajectories", "stabilizer" or "mps"; `precision` "f64" or "f32".
        `inputs` are values of OpenQASM 3 `input` declarations. `noise` is `{"calibration": ..., "device": ...,
        "idle": ...}` with JSON of schema calibration.v1 or as IBM publishes it; it compiles the circuit for the device unless `transpile`
        is False; its `"policy"` is "warn", "repair" or "refuse". `mps` is `{"maxBond": 64, "maxLoss": 1e-6}`: the
        largest bond, and the loss above which a run is refused. `observables` are Pauli strings (the right letter is
        for qubit 0) or weighted sums of them.
        `options` are those of `submit`. Raises ArqonError `FILE_UNREADABLE`, `USAGE`.
        """
        source = read_circuit(circuit)
        parameters: dict[str, Any] = {"shots": shots}
        if seed is not None:
            parameters["seed"] = format_seed(seed)
        asked = {"engine": engine, "precision": precision, "transpile": transpile}
        parameters.update({key: value for key, value in asked.items() if value is not None})
        if inputs is not None:
            parameters["inputs"] = dict(inputs)
        if noise is not None:
            parameters["noise"] = dict(noise)
        if mps is not None:
            parameters["mps"] = dict(mps)
        if observables is not None:
            parameters["observables"] = [
                each if isinstance(each, str) else dict(each) for each in observables
            ]
        limits = {**(constraints or {}), **({"backend": backend} if backend else {})}
        handle: JobHandle = await self.submit(  # type: ignore[attr-defined]
            QUANTUM_JOBS,
            source.text,
            schema=QUANTUM_SCHEMA,
            media_type=qasm_media_type(source.text),
            parameters=parameters,
            constraints=limits,
            name=name or source.name,
            **options,
        )
        return handle

    async def run_circuit(
        self, circuit: CircuitLike, *, timeout_s: float | None = None, **options: Any
    ) -> RunResult:
        """Runs an OpenQASM 2 or 3 file, source text, or a `QuantumCircuit`; returns its counts once the run is sealed.

        `options` are those of `submit_circuit`. Cancelling the call, or Ctrl-C in a notebook, cancels the job.
        Raises the job's ArqonError, e.g. `QASM_SYNTAX`, `QUANTUM_TOO_LARGE`.
        """
        source = read_circuit(circuit)
        handle = await self.submit_circuit(source, **options)
        state = (await await_sealed(handle, timeout_s)).raise_unless_succeeded()
        return RunResult.from_output(await self._output(state), state, options.get("name") or source.name)

    async def sweep(
        self,
        circuit: CircuitLike,
        *,
        seeds: Iterable[int | str] | None = None,
        parameters: Points | None = None,
        concurrency: int = 8,
        id: str | None = None,
        on_error: str = "cancel",
        on_progress: OnProgress | None = None,
        timeout_s: float | None = None,
        **options: Any,
    ) -> Table:
        """Runs a circuit for every combination of parameter values and seeds; rows come in that order.

        `parameters` maps names to values, or lists the points; `{name}` in the source text is replaced by each value, and
        a `Parameter` of a `QuantumCircuit` has it.
        At most `concurrency` runs are open at a time. The first error ends the sweep, or, with `on_error="continue"`,
        stands in its row. With an `id` (UUIDv7) the same sweep again repeats no point whose job has ended.
        `options` are those of `submit_circuit`.
        """
        source = read_circuit(circuit)
        points = points_of(parameters or {})
        names = tuple(dict.fromkeys(name for point in points for name in point))
        by_name = circuit.parameters if isinstance(circuit, QuantumCircuit) else ()
        if seeds is not None:
            known = [format_seed(seed) for seed in seeds]
            points = [{**point, "seed": seed} for point in points for seed in known]

        async def run(point: Mapping[str, Any], index: int) -> dict[str, Any]:
            text = source.text
            for key in names:
                if key in point:
                    text = text.replace(f"{{{key}}}", str(point[key]))
            more = {**options, **({"seed": point["seed"]} if seeds is not None else {})}
            inputs = {key: point[key] for key in by_name if key in point}
            if inputs:
                more["inputs"] = {**(options.get("inputs") or {}), **inputs}
            job_id = derive_uuid(id, f"sweep/{index}") if id else None
            state = await outcome_of(
                (lambda: self.job(job_id)) if job_id else None,  # type: ignore[attr-defined]
                lambda: self.submit_circuit(Circuit(text, source.name), id=job_id, **more),
                True,
                timeout_s,
            )
            output = await self._output(state.raise_unless_succeeded())
            return {"run": RunResult.from_output(output, state, options.get("name") or source.name)}

        rows = await run_points(points, run, concurrency, on_error, on_progress)
        return Table(names + (("seed",) if seeds is not None else ()), rows)

    async def sweep_jobs(
        self,
        topic: str,
        points: Points,
        job: Callable[[Mapping[str, Any], int], Mapping[str, Any]],
        *,
        concurrency: int = 8,
        id: str | None = None,
        on_error: str = "cancel",
        on_progress: OnProgress | None = None,
        sealed: bool = False,
        timeout_s: float | None = None,
    ) -> Table:
        """Runs a job on `topic` for every point of a grid or list; rows come in the order of the points.

        `job(point, index)` gives the arguments of `submit`, e.g. `{"program": ..., "schema": ..., "parameters": point}`.
        A row has the values of its point, "output", "job_id" and "artifact_id". All else as in `sweep`.
        """
        all_points = points_of(points)

        async def run(point: Mapping[str, Any], index: int) -> dict[str, Any]:
            job_id = derive_uuid(id, f"sweep/{index}") if id else None
            state = await outcome_of(
                (lambda: self.job(job_id)) if job_id else None,  # type: ignore[attr-defined]
                lambda: self.submit(topic, id=job_id, **job(point, index)),  # type: ignore[attr-defined]
                sealed,
                timeout_s,
            )
            state.raise_unless_succeeded()
            return {"output": state.output, "job_id": state.job_id, "artifact_id": state.artifact_id}

        rows = await run_points(all_points, run, concurrency, on_error, on_progress)
        return Table(tuple(dict.fromkeys(name for point in all_points for name in point)), rows)

    async def replay(
        self,
        artifact_id: str,
        *,
        seed: int | str | None = None,
        shots: int | None = None,
        tags: Iterable[str] = (),
        note: str = "",
        timeout_s: float | None = None,
    ) -> ReplayResult:
        """Runs an artifact's recipe again and compares; another seed or number of shots may be asked for."""
        parameters: dict[str, Any] = {"artifact": full_id(artifact_id)}
        if seed is not None:
            parameters["seed"] = format_seed(seed)
        if shots is not None:
            parameters["shots"] = shots
        handle: JobHandle = await self.submit(  # type: ignore[attr-defined]
            REPLAY_JOBS, b"", schema=REPLAY_SCHEMA, parameters=parameters, tags=tags, note=note
        )
        state = (await await_sealed(handle, timeout_s)).raise_unless_succeeded()
        return ReplayResult.from_output(await self._output(state), state)

    async def fetch_bundle(self, artifact_id: str, *, timeout_s: float = TIMEOUT_S) -> bytes:
        """The canonical ZIP of an artifact, unverified: see `arqon.bundle.verify`. `timeout_s` is for each chunk."""
        data = bytearray()
        while True:
            get = BundleGet(artifact_id=full_id(artifact_id), offset=len(data))
            reply = await self.request(BUNDLE_TOPIC, get, timeout_s=timeout_s)  # type: ignore[attr-defined]
            chunk = reply.payload_as(BundleChunk)
            if chunk.total_bytes > MAX_ARCHIVE_BYTES:
                raise ArqonError(
                    "LIMIT_EXCEEDED", f"a bundle of {chunk.total_bytes} bytes, limit {MAX_ARCHIVE_BYTES}"
                )
            if chunk.offset != len(data) or len(data) + len(chunk.data) > chunk.total_bytes:
                raise ArqonError(
                    "WIRE_MALFORMED", f"chunk at {chunk.offset} of a bundle, expected {len(data)}"
                )
            data += chunk.data
            if len(data) == chunk.total_bytes:
                return bytes(data)
            if not chunk.data:
                raise ArqonError(
                    "WIRE_MALFORMED", f"an empty chunk at {len(data)} of {chunk.total_bytes} bytes"
                )

    async def _output(self, state: JobState) -> dict[str, Any]:
        """The output of a job, from its artifact when it was too large for a frame."""
        output = state.output
        if state.output_omitted:
            files = read_zip(await self.fetch_bundle(state.record_id or state.artifact_id))
            output = _output_of(files)
        if not isinstance(output, dict):
            raise ArqonError("WIRE_MALFORMED", f"the output of job {state.job_id} is not a JSON object")
        return output


async def await_sealed(handle: JobHandle, timeout_s: float | None) -> JobState:
    """The sealed state. A job whose caller is cancelled is cancelled too: nobody waits for it."""
    try:
        return await handle.sealed(timeout_s)
    except asyncio.CancelledError:
        with suppress(ArqonError, TimeoutError):
            async with asyncio.timeout(_CANCEL_S):
                await handle.cancel("the caller was interrupted")
        raise


def _output_of(files: Mapping[str, bytes]) -> dict[str, Any]:
    """The output of a quantum run as its bundle has it."""
    try:
        execution = json.loads(files["record/execution.json"])["executions"][0]
        return {
            **json.loads(files["results/summary.json"]),
            "backend": execution["backend"],
            "counts": json.loads(files["results/counts.json"]),
            "engine": execution["notes"]["engine"],
            "reason": execution["notes"].get("reason", ""),
            "expectations": json.loads(files.get("results/expectations.json", b"[]")),
            "seed": json.loads(files["recipe/seeds.json"])["sampler"],
            "warnings": execution["warnings"],
        }
    except (LookupError, TypeError, ValueError) as cause:
        raise ArqonError("BUNDLE_MALFORMED", f"the bundle is not that of a quantum run: {cause}") from cause


def read_circuit(circuit: CircuitLike) -> Circuit:
    """A str is a path unless it has a line feed or semicolon. Raises ArqonError `FILE_UNREADABLE`."""
    if isinstance(circuit, Circuit):
        return circuit
    if isinstance(circuit, QuantumCircuit):
        return Circuit(circuit.to_qasm(), circuit.name)
    if isinstance(circuit, str) and ("\n" in circuit or ";" in circuit):
        return Circuit(circuit, "circuit.qasm")
    path = Path(circuit)
    try:
        return Circuit(path.read_text("utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as cause:
        raise ArqonError("FILE_UNREADABLE", f"{path}: {cause}") from cause


_BEFORE_CODE = re.compile(r"\ufeff?(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_STATED = re.compile(r"OPENQASM\s+(\d+)")
_INCLUDES_3 = re.compile(r"""^[^\S\n]*include\s*["']stdgates\.inc["']""", re.MULTILINE)


def qasm_media_type(text: str) -> str:
    """The media type of a text in OpenQASM 2 or 3, by its version line, or else by the library it includes."""
    start = _BEFORE_CODE.match(text)
    stated = _STATED.match(text, start.end() if start else 0)
    third = stated.group(1) == "3" if stated else bool(_INCLUDES_3.search(text))
    return f"text/x-openqasm;version={3 if third else 2}.0"


def format_seed(seed: int | str) -> str:
    """64 bits as "0x" and lower-case hexadecimal digits. Raises ArqonError `USAGE`."""
    try:
        value = int(seed, 0) if isinstance(seed, str) else int(seed)
    except ValueError as cause:
        raise ArqonError("USAGE", f'seed "{seed}" is not a number') from cause
    if not 0 <= value < 2**64:
        raise ArqonError("USAGE", f"seed {seed} is not within 64 bits")
    return f"0x{value:x}"


def full_id(identity: str) -> str:
    """With "sha256:" in front."""
    return identity if identity.startswith("sha256:") else f"sha256:{identity}"
