"""What running a circuit takes besides the circuit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypedDict, Unpack

from arqon.errors import ArqonError
from arqon.jobs import JobState

Engine = Literal["auto", "statevector", "density", "trajectories", "stabilizer", "mps"]
Precision = Literal["f64", "f32"]
OnState = Callable[[JobState], object]
"""Told every state of a job, as `progress` and `note` of each say."""
DEFAULT_SHOTS = 1024


class CircuitParameters(TypedDict, total=False):
    """What a recipe says of a run, but for its seed."""

    shots: int
    engine: Engine | None
    precision: Precision | None
    inputs: Mapping[str, float | bool] | None
    noise: Mapping[str, Any] | None
    transpile: bool | None
    observables: Iterable[str | Mapping[str, float]] | None
    mps: Mapping[str, float] | None


class EstimateOptions(CircuitParameters, total=False):
    """Options of `estimate`."""

    name: str | None


class SweepOptions(EstimateOptions, total=False):
    """Options of every run of a `sweep`."""

    seed: int | str | None
    backend: str | None
    constraints: Mapping[str, Any] | None
    source: Mapping[str, Any] | None
    effect: Literal["pure", "idempotent", "physical"]
    max_attempts: int
    deadline_s: float | None
    trace: Mapping[str, str] | None
    tags: Iterable[str]
    note: str


class CircuitOptions(SweepOptions, total=False):
    """Options of `submit_circuit`."""

    id: str | None


def parameters_of(**given: Unpack[CircuitParameters]) -> dict[str, Any]:
    """The job's parameters. Raises ArqonError `USAGE`, and as Python does for an option that is none."""
    if unknown := given.keys() - CircuitParameters.__annotations__.keys():
        raise TypeError(f"got an unexpected keyword argument {min(unknown)!r}")
    shots = given.get("shots", DEFAULT_SHOTS)
    if (
        isinstance(shots, bool)
        or not hasattr(shots, "__index__")
        or not 1 <= (count := shots.__index__()) < 2**53
    ):
        raise ArqonError("USAGE", f"shots is {shots!r}, a whole number from 1 is needed")
    parameters: dict[str, Any] = {"shots": count}
    for name in ("engine", "precision", "transpile"):
        if (value := given.get(name)) is not None:
            parameters[name] = value
    for name in ("inputs", "noise", "mps"):
        if (value := given.get(name)) is not None:
            parameters[name] = mapping_of(name, value)
    observables = given.get("observables")
    if observables is not None:
        if isinstance(observables, str | Mapping) or not isinstance(observables, Iterable):
            raise ArqonError("USAGE", f'observables is {observables!r}: a list is needed, e.g. ["ZZ"]')
        parameters["observables"] = [
            each if isinstance(each, str) else mapping_of("an observable", each) for each in observables
        ]
    return parameters


def mapping_of(what: str, value: object) -> dict[str, Any]:
    """Its own copy. Raises ArqonError `USAGE` for what maps nothing."""
    if not isinstance(value, Mapping):
        raise ArqonError("USAGE", f"{what} is {str(value)[:60]!r}: a dict is needed")
    return dict(value)
