"""Parameter sweeps: one job a point, a few at a time, the results in the order of the points."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from arqon.circuit_options import mapping_of
from arqon.errors import ArqonError
from arqon.jobs import JobHandle, JobState

Points = Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]]
"""Values by parameter: every combination is a point, the last parameter changing fastest; or the points themselves."""
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """How far a sweep is."""

    done: int
    failed: int
    total: int
    row: dict[str, Any]
    """What the point that just ended gave."""


OnProgress = Callable[[SweepProgress], Any]


def points_of(points: Points) -> list[dict[str, Any]]:
    """The points of a grid, or the list as it is. Raises ArqonError `USAGE` for a parameter without values."""
    if not isinstance(points, Mapping):
        if isinstance(points, str) or not isinstance(points, Iterable):
            raise ArqonError("USAGE", f"points of a sweep are a dict or a list of dicts, not {points!r:.60}")
        return [mapping_of("a point", point) for point in points]
    for name, values in points.items():
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise ArqonError(
                "USAGE", f'parameter "{name}" of the sweep needs a list of values, not {values!r:.60}'
            )
    axes = {str(name): list(values) for name, values in points.items()}
    for name, values in axes.items():
        if not values:
            raise ArqonError("USAGE", f'parameter "{name}" of the sweep has no values')
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


async def run_points(
    points: Sequence[Mapping[str, Any]],
    run: Callable[[Mapping[str, Any], int], Awaitable[dict[str, Any]]],
    concurrency: int,
    on_error: str,
    on_progress: OnProgress | None,
) -> list[dict[str, Any]]:
    """Rows of `run` in the order of the points. A failure is the row's "error", or, with "cancel", ends the sweep."""
    if not isinstance(concurrency, int) or concurrency < 1:
        raise ArqonError("USAGE", f"concurrency is {concurrency!r:.60}, needs 1 or more")
    if not isinstance(on_error, str) or on_error not in ("continue", "cancel"):
        raise ArqonError("USAGE", f'on_error is "{on_error}", "continue" or "cancel" is meant')
    room = asyncio.Semaphore(concurrency)
    done = failed = 0

    async def one(index: int, point: Mapping[str, Any]) -> dict[str, Any]:
        nonlocal done, failed
        async with room:
            try:
                row = {**point, **await run(point, index)}
            except ArqonError as error:
                if on_error == "cancel":
                    raise
                failed += 1
                row = {**point, "error": error}
            done += 1
            if on_progress:
                on_progress(SweepProgress(done, failed, len(points), row))
            return row

    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(one(index, point)) for index, point in enumerate(points)]
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    return [task.result() for task in running]


async def outcome_of(
    find: Callable[[], JobHandle] | None,
    submit: Callable[[], Awaitable[JobHandle]],
    sealed: bool,
    timeout_s: float | None,
) -> JobState:
    """The end of one job: of the one `find` names when it has ended already, else of the one submitted.

    Cancelled, it cancels the job: nobody waits for it.
    """
    if find:
        with suppress(LookupError):
            return await _ended(find())
    handle = await submit()
    try:
        return await (handle.sealed(timeout_s) if sealed else handle.outcome(timeout_s))
    except asyncio.CancelledError:
        with suppress(ArqonError, TimeoutError):
            async with asyncio.timeout(1.0):
                await handle.cancel("the sweep was ended")
        raise


async def _ended(handle: JobHandle) -> JobState:
    try:
        state = await handle.state()
    except ArqonError as error:
        if error.code == "JOB_UNKNOWN":
            raise LookupError(handle.id) from None
        raise
    if not state.terminal:
        raise LookupError(handle.id)
    return state
