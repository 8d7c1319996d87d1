"""Circuits: run, sweep and replay them, and fetch the bundles that came of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import Any, Literal, TypeVar, Unpack

from arqon.arguments import made, seconds_of
from arqon.artifacts import ArtifactLike, artifact_id_of
from arqon.bundle.archive import MAX_ARCHIVE_BYTES, read_zip
from arqon.channel import TIMEOUT_S
from arqon.circuit_options import (
    DEFAULT_SHOTS,
    CircuitOptions,
    Engine,
    EstimateOptions,
    OnState,
    Precision,
    SweepOptions,
    mapping_of,
    parameters_of,
)
from arqon.circuit_source import Circuit, CircuitLike, format_seed, qasm_media_type, read_circuit
from arqon.circuits import QuantumCircuit
from arqon.cost import CircuitCost
from arqon.errors import ArqonError
from arqon.gen.arqon.v1.job_pb2 import BundleChunk, BundleGet
from arqon.ids import derive_uuid
from arqon.jobs import JOB_TIMEOUT_S, JobHandle, JobState
from arqon.results import ReplayResult, RunResult, Table
from arqon.sweeps import OnProgress, Points, outcome_of, points_of, run_points

QUANTUM_JOBS = "quantum.jobs"
QUANTUM_SCHEMA = "arqonbus.quantum.job.v1"
REPLAY_JOBS = "replay.jobs"
REPLAY_SCHEMA = "arqonbus.replay.job.v1"
BUNDLE_TOPIC = "artifact.bundle.get"
ESTIMATE_TOPIC = "quantum.circuit.estimate"
_R = TypeVar("_R")
_CANCEL_S = 1.0
"""What asking the bus to cancel may take, while a caller wants to leave."""


class QuantumMixin:
    """What `AsyncClient` can do with circuits."""

    async def submit_circuit(
        self,
        circuit: CircuitLike,
        *,
        shots: int = DEFAULT_SHOTS,
        seed: int | str | None = None,
        backend: str | None = None,
        name: str | None = None,
        constraints: Mapping[str, Any] | None = None,
        engine: Engine | None = None,
        precision: Precision | None = None,
        inputs: Mapping[str, float | bool] | None = None,
        noise: Mapping[str, Any] | None = None,
        transpile: bool | None = None,
        observables: Iterable[str | Mapping[str, float]] | None = None,
        mps: Mapping[str, float] | None = None,
        source: Mapping[str, Any] | None = None,
        id: str | None = None,
        effect: Literal["pure", "idempotent", "physical"] = "pure",
        max_attempts: int = 0,
        deadline_s: float | None = None,
        trace: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
        note: str = "",
    ) -> JobHandle:
        """Submits an OpenQASM 2 or 3 file, source text, or a `QuantumCircuit`. Without a seed, one follows from the job's id.

        `shots` is 1 to 10,000,000; `seed` 64 bits, a number or text. `engine` is "auto", "statevector", "density", "trajectories", "stabilizer" or "mps"; `precision` "f64" or "f32".
        `inputs` are values of OpenQASM 3 `input` declarations, angles in radians. `noise` is `{"calibration": ..., "device": ...,
        "idle": ...}` with JSON of schema calibration.v1 or as IBM publishes it; it compiles the circuit for the device unless `transpile`
        is False; its `"policy"` is "warn", "repair" or "refuse". `mps` is `{"maxBond": 64, "maxLoss": 1e-6}`: the
        largest bond, and the loss above which a run is refused. `observables` are Pauli strings, one letter a qubit (the
        right letter is for qubit 0), or weighted sums of them as dicts.
        All else is as in `submit`. Raises ArqonError `FILE_UNREADABLE`, `USAGE`.
        """
        source_text = read_circuit(circuit)
        parameters = parameters_of(
            shots=shots,
            engine=engine,
            precision=precision,
            inputs=inputs,
            noise=noise,
            transpile=transpile,
            observables=observables,
            mps=mps,
        )
        if seed is not None:
            parameters["seed"] = format_seed(seed)
        limits = mapping_of("constraints", constraints or {})
        handle: JobHandle = await self.submit(  # type: ignore[attr-defined]
            QUANTUM_JOBS,
            source_text.text,
            schema=QUANTUM_SCHEMA,
            media_type=qasm_media_type(source_text.text),
            parameters=parameters,
            constraints={**limits, **({"backend": backend} if backend else {})},
            name=name or source_text.name,
            source=source,
            id=id,
            effect=effect,
            max_attempts=max_attempts,
            deadline_s=deadline_s,
            trace=trace,
            tags=tags,
            note=note,
        )
        return handle

    async def run_circuit(
        self,
        circuit: CircuitLike,
        *,
        timeout_s: float | None = JOB_TIMEOUT_S,
        on_state: OnState | None = None,
        **options: Unpack[CircuitOptions],
    ) -> RunResult:
        """Runs an OpenQASM 2 or 3 file, source text, or a `QuantumCircuit`; returns its counts once the run is sealed.

        `options` are those of `submit_circuit`; `on_state` is told every state of the job. Waits an hour unless told otherwise.
        Cancelling the call, or Ctrl-C in a notebook, cancels the job. Raises the job's ArqonError, e.g. `QASM_SYNTAX`, `QUANTUM_TOO_LARGE`.
        """
        source = read_circuit(circuit)
        handle = await kept_within(timeout_s, self.submit_circuit(source, **options))
        state = (await await_sealed(handle, timeout_s, on_state)).raise_unless_succeeded()
        return await self._run_of(state, options.get("name") or source.name)

    async def estimate(
        self, circuit: CircuitLike, *, timeout_s: float = TIMEOUT_S, **options: Unpack[EstimateOptions]
    ) -> CircuitCost:
        """What running a circuit would cost, on which engine and why; nothing is run.

        `options` are those of `submit_circuit` that make a difference: `shots`, `engine`, `precision`, `inputs`, `noise`,
        `transpile`, `observables`, `mps`, `name`. Raises ArqonError `QUANTUM_TOO_LARGE` with the figures for what is over the
        server's limits, `NO_RESPONDER`.
        """
        source = read_circuit(circuit)
        parameters = {key: value for key, value in options.items() if key != "name"}
        name = options.get("name") or source.name
        asked = {"program": source.text, "name": name, "parameters": parameters_of(**parameters)}  # type: ignore[arg-type]
        answer = (await self.request(ESTIMATE_TOPIC, asked, timeout_s=timeout_s)).payload  # type: ignore[attr-defined]
        try:
            return CircuitCost.from_answer(answer)
        except (LookupError, TypeError, ValueError) as cause:
            raise ArqonError("WIRE_MALFORMED", f"the estimate is not as expected: {cause!r}") from cause

    async def sweep(
        self,
        circuit: CircuitLike,
        *,
        seeds: Iterable[int | str] | None = None,
        parameters: Points | None = None,
        concurrency: int = 8,
        id: str | None = None,
        on_error: Literal["cancel", "continue"] = "cancel",
        on_progress: OnProgress | None = None,
        timeout_s: float | None = JOB_TIMEOUT_S,
        **options: Unpack[SweepOptions],
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
            job_id = derive_uuid(id, f"sweep/{index}") if id else None
            more = CircuitOptions(**options, id=job_id)
            if seeds is not None:
                more["seed"] = point["seed"]
            inputs = {key: point[key] for key in by_name if key in point}
            if inputs:
                more["inputs"] = {**(options.get("inputs") or {}), **inputs}
            state = await outcome_of(
                (lambda: self.job(job_id)) if job_id else None,  # type: ignore[attr-defined]
                lambda: self.submit_circuit(Circuit(text, source.name), **more),
                True,
                timeout_s,
            )
            run = await self._run_of(state.raise_unless_succeeded(), options.get("name") or source.name)
            return {"run": run}

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
        on_error: Literal["cancel", "continue"] = "cancel",
        on_progress: OnProgress | None = None,
        sealed: bool = False,
        timeout_s: float | None = JOB_TIMEOUT_S,
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
        artifact_id: ArtifactLike,
        *,
        seed: int | str | None = None,
        shots: int | None = None,
        id: str | None = None,
        tags: Iterable[str] = (),
        note: str = "",
        timeout_s: float | None = JOB_TIMEOUT_S,
        on_state: OnState | None = None,
    ) -> ReplayResult:
        """Runs an artifact's recipe again and compares; another seed or number of shots may be asked for.

        Raises ArqonError `ARTIFACT_UNKNOWN`, `REPLAY_NOT_COMPARABLE`, and what a run can raise.
        """
        parameters: dict[str, Any] = {"artifact": artifact_id_of(artifact_id)}
        if seed is not None:
            parameters["seed"] = format_seed(seed)
        if shots is not None:
            parameters.update(parameters_of(shots=shots))
        asked = self.submit(  # type: ignore[attr-defined]
            REPLAY_JOBS, b"", schema=REPLAY_SCHEMA, parameters=parameters, tags=tags, note=note, id=id
        )
        handle = await kept_within(timeout_s, asked)
        state = (await await_sealed(handle, timeout_s, on_state)).raise_unless_succeeded()
        return as_told(ReplayResult.from_output, await self._output(state), state)

    async def fetch_bundle(self, artifact_id: ArtifactLike, *, timeout_s: float = TIMEOUT_S) -> bytes:
        """The canonical ZIP of an artifact, unverified: see `arqon.bundle.verify`. `timeout_s` is for each chunk.

        Raises ArqonError `ARTIFACT_UNKNOWN`, `LIMIT_EXCEEDED` from 1 GiB on.
        """
        data = bytearray()
        while True:
            get = made("fetch_bundle", BundleGet, artifact_id=artifact_id_of(artifact_id), offset=len(data))
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

    async def _run_of(self, state: JobState, name: str) -> RunResult:
        return as_told(RunResult.from_output, await self._output(state), state, name)

    async def _output(self, state: JobState) -> dict[str, Any]:
        """The output of a job, from its artifact when it was too large for a frame."""
        output = state.output
        if state.output_omitted:
            files = read_zip(await self.fetch_bundle(state.record_id or state.artifact_id))
            output = _output_of(files)
        if not isinstance(output, dict):
            raise ArqonError("WIRE_MALFORMED", f"the output of job {state.job_id} is not a JSON object")
        return output


async def kept_within(timeout_s: float | None, submission: Coroutine[Any, Any, JobHandle]) -> JobHandle:
    """The job once the server keeps it. Raises ArqonError `DEADLINE_EXCEEDED` when that takes longer than the whole call may."""
    try:
        async with asyncio.timeout(seconds_of("timeout_s", timeout_s)):
            return await submission
    except TimeoutError as cause:
        raise ArqonError(
            "DEADLINE_EXCEEDED",
            f"no server took the job within {timeout_s} s",
            remedy="Ask again with the same `id`: a job that was taken all the same is not repeated.",
        ) from cause
    finally:
        submission.close()  # Never begun where `timeout_s` is no length of time.


async def await_sealed(
    handle: JobHandle, timeout_s: float | None, on_state: OnState | None = None
) -> JobState:
    """The sealed state. A job whose caller is cancelled is cancelled too: nobody waits for it."""
    try:
        return await handle.sealed(timeout_s, on_state)
    except asyncio.CancelledError:
        with suppress(ArqonError, TimeoutError):
            async with asyncio.timeout(_CANCEL_S):
                await handle.cancel("the caller was interrupted")
        raise


def as_told(reader: Callable[..., _R], answer: Mapping[str, Any], state: JobState, *more: Any) -> _R:
    """What the answer of a job says. Raises ArqonError `WIRE_MALFORMED` where it is not as its schema has it."""
    try:
        return reader(answer, state, *more)
    except (LookupError, TypeError, ValueError, AttributeError) as cause:
        raise ArqonError(
            "WIRE_MALFORMED", f"the output of job {state.job_id} is not as expected: {cause!r}"
        ) from cause


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
