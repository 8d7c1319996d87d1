"""Experiments beyond counts: gradients, classifiers, validations, calibrations. Each is a job, and sealed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from arqon.answers import CalibrationResult, ClassifyResult, GradientResult, ValidationResult
from arqon.artifacts import ArtifactLike, artifact_id_of
from arqon.bundle.archive import read_zip
from arqon.canonical import canonical_json
from arqon.circuit_options import OnState, mapping_of
from arqon.circuit_source import CircuitLike, format_seed, qasm_media_type, read_circuit
from arqon.errors import ArqonError
from arqon.jobs import JOB_TIMEOUT_S, JobState
from arqon.quantum import QUANTUM_JOBS, as_told, await_sealed, kept_within


class ExperimentsMixin:
    """What `AsyncClient` can do beyond running circuits."""

    async def gradient(
        self,
        circuit: CircuitLike,
        observable: str,
        *,
        parameters: str | Mapping[str, float] | None = None,
        shots: int = 0,
        level: float | None = None,
        seed: int | str | None = None,
        backend: str | None = None,
        name: str | None = None,
        id: str | None = None,
        tags: Iterable[str] = (),
        note: str = "",
        timeout_s: float | None = JOB_TIMEOUT_S,
        on_state: OnState | None = None,
    ) -> GradientResult:
        """Derivatives of an expectation value by the parameter-shift rule, sealed as a Gradient.

        `observable` is a sum of Pauli strings, e.g. "0.5*ZZ - XI" (the right letter is for qubit 0). `parameters` are
        inputs of OpenQASM 3 and where they stand, e.g. `{"theta": 0.4}`, or "all" (default): every angle of every gate.
        `shots` is for each term and shifted circuit; 0 is exact. `level` is the confidence of the intervals (0.95).
        Raises ArqonError, e.g. `QASM_SYNTAX`, `USAGE` for an observable of another size.
        """
        source = read_circuit(circuit)
        asked: dict[str, Any] = {"observable": observable}
        if parameters is not None:
            asked["parameters"] = (
                parameters if isinstance(parameters, str) else mapping_of("parameters", parameters)
            )
        if shots:
            asked["shots"] = shots
        if level is not None:
            asked["level"] = level
        if seed is not None:
            asked["seed"] = format_seed(seed)
        state, answer = await self._ask(
            QUANTUM_JOBS,
            source.text,
            ("gradient.json",),
            (timeout_s, on_state),
            schema="arqonbus.gradient.job.v1",
            media_type=qasm_media_type(source.text),
            parameters=asked,
            constraints={"backend": backend} if backend else {},
            name=name or source.name,
            id=id,
            tags=tags,
            note=note,
        )
        return as_told(GradientResult.from_output, answer, state, shots)

    async def classify(
        self,
        features: Iterable[Sequence[float]],
        labels: Iterable[str],
        unseen: Iterable[Sequence[float]] = (),
        truth: Iterable[str] | None = None,
        *,
        method: str | None = None,
        qubits: int | None = None,
        shots: int | None = None,
        epochs: int | None = None,
        seed: int | str | None = None,
        name: str = "samples.json",
        id: str | None = None,
        tags: Iterable[str] = (),
        note: str = "",
        timeout_s: float | None = JOB_TIMEOUT_S,
        on_state: OnState | None = None,
    ) -> ClassifyResult:
        """Learns classes from samples with quantum circuits, and tells those of `unseen`, beside a classical control.

        `features` has one row of numbers a sample, `labels` the class of each; `truth`, the classes of `unseen` where they
        are known, is only judged by. `method` is "kernel" (default) or "variational" (two classes); `qubits` 1 to 12 (4);
        `shots` for each entry of a kernel, 0 for exact ones; `epochs` of a variational classifier (15).
        Rows may be those of a NumPy array. Raises ArqonError `USAGE` naming row and field, `LIMIT_EXCEEDED`.
        """
        program: dict[str, Any] = {
            "features": _rows("features", features),
            "labels": _labels("labels", labels),
            "unseen": _rows("unseen", unseen),
        }
        if truth is not None:
            program["truth"] = _labels("truth", truth)
        given = {"method": method, "qubits": qubits, "shots": shots, "epochs": epochs}
        asked: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        if seed is not None:
            asked["seed"] = format_seed(seed)
        state, answer = await self._ask(
            "qml.jobs",
            json.dumps(program, allow_nan=False),
            ("predictions.json", "summary.json"),
            (timeout_s, on_state),
            schema="arqonbus.qml.job.v1",
            media_type="application/json",
            parameters=asked,
            name=name,
            id=id,
            tags=tags,
            note=note,
        )
        return as_told(ClassifyResult.from_output, answer, state)

    async def validate(
        self,
        artifact_id: ArtifactLike,
        constraints: Mapping[str, Any] | Iterable[Mapping[str, Any]],
        *,
        name: str = "constraints.json",
        id: str | None = None,
        tags: Iterable[str] = (),
        note: str = "",
        timeout_s: float | None = JOB_TIMEOUT_S,
        on_state: OnState | None = None,
    ) -> ValidationResult:
        """Judges a sealed run by declared constraints, sealed as a Validation.

        `constraints` is a document of `schemas/constraints.v1`, or its list alone, e.g.
        `[{"kind": "expectation", "observable": "ZZ", "min": 0.9}]`. Raises ArqonError `ARTIFACT_UNKNOWN`, `USAGE` naming the constraint.
        """
        if isinstance(constraints, str | bytes) or not isinstance(constraints, Iterable):
            raise ArqonError("USAGE", f"constraints is {str(constraints)[:60]!r}: a dict or a list is needed")
        document: Mapping[str, Any] = (
            constraints
            if isinstance(constraints, Mapping)
            else {"constraints": [mapping_of("a constraint", each) for each in constraints]}
        )
        artifact = artifact_id_of(artifact_id)
        state, answer = await self._ask(
            "validation.jobs",
            canonical_json(dict(document)),
            ("validation.json",),
            (timeout_s, on_state),
            schema="arqonbus.validation.job.v1",
            media_type="application/json",
            parameters={"artifact": artifact},
            name=name,
            id=id,
            tags=tags,
            note=note,
        )
        return as_told(ValidationResult.from_output, answer, state, artifact)

    async def calibration(
        self,
        values: Mapping[str, Any],
        *,
        backend: str | None = None,
        name: str = "calibration.json",
        id: str | None = None,
        tags: Iterable[str] = (),
        note: str = "",
        timeout_s: float | None = JOB_TIMEOUT_S,
        on_state: OnState | None = None,
    ) -> CalibrationResult:
        """Seals what a simulated device is (`schemas/calibration.v1`); runs on it stand under it, and cite it.

        `backend` is "sim-device" unless told otherwise. Raises ArqonError `CALIBRATION_INVALID`, `BACKEND_UNKNOWN`.
        """
        state, answer = await self._ask(
            "calibration.jobs",
            canonical_json(mapping_of("values", values)),
            ("calibration.json",),
            (timeout_s, on_state),
            schema="arqonbus.calibration.job.v1",
            media_type="application/json",
            constraints={"backend": backend} if backend else {},
            name=name,
            id=id,
            tags=tags,
            note=note,
        )
        return as_told(CalibrationResult.from_output, answer, state)

    async def _ask(
        self,
        topic: str,
        program: str,
        results: tuple[str, ...],
        wait: tuple[float | None, OnState | None],
        **job: Any,
    ) -> tuple[JobState, dict[str, Any]]:
        """The sealed state of a job and the JSON object it answers, from its artifact's results where it was too large."""
        handle = await kept_within(wait[0], self.submit(topic, program, **job))  # type: ignore[attr-defined]
        state = (await await_sealed(handle, *wait)).raise_unless_succeeded()
        answer = state.output
        if state.output_omitted:
            files = read_zip(await self.fetch_bundle(state.record_id or state.artifact_id))  # type: ignore[attr-defined]
            answer = _answer_of(files, results)
        if not isinstance(answer, dict):
            raise ArqonError("WIRE_MALFORMED", f"the output of job {state.job_id} is not a JSON object")
        return state, answer


def _rows(what: str, rows: Iterable[Sequence[float]]) -> list[list[float]]:
    try:
        read = [[float(value) for value in row] for row in rows]
    except (TypeError, ValueError) as cause:
        raise ArqonError("USAGE", f"{what} is no list of rows of numbers: {cause}") from cause
    for k, row in enumerate(read):
        if not all(map(math.isfinite, row)):
            raise ArqonError("USAGE", f"{what}: row {k} has a value that is not finite")
    return read


def _answer_of(files: Mapping[str, bytes], results: tuple[str, ...]) -> dict[str, Any]:
    try:
        manifest = json.loads(files["record/run_manifest.json"])
        answer = {"backend": manifest["backend_id"], "seed": manifest["seed"]}
        for name in results:
            answer.update(json.loads(files[f"results/{name}"]))
        return answer
    except (LookupError, TypeError, ValueError) as cause:
        raise ArqonError("BUNDLE_MALFORMED", f"the bundle has not the results asked for: {cause}") from cause


def _labels(what: str, labels: Iterable[str]) -> list[str]:
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        raise ArqonError("USAGE", f"{what} is {str(labels)[:60]!r}: a list of texts is needed")
    return [str(label) for label in labels]
