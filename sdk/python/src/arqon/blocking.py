"""The client for notebooks and scripts: the same calls, without async. It works where an event loop already runs."""

from __future__ import annotations

import asyncio
import inspect
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from typing import Any, Self, TypeVar

from arqon.answers import Answer, CalibrationResult, ClassifyResult, GradientResult, ValidationResult
from arqon.client import AsyncClient
from arqon.errors import ArqonError
from arqon.jobs import JobHandle, JobState
from arqon.messages import Message, Published
from arqon.quantum import CircuitLike
from arqon.results import ReplayResult, RunResult, Table
from arqon.sweeps import Points

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def _like(original: Callable[..., Any]) -> Callable[[F], F]:
    """Shows in `help()` what the asyncio client's method says: its options and its text."""

    def show(method: F) -> F:
        method.__doc__ = (original.__doc__ or "").replace("async with await ", "with ").replace("await ", "")
        method.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]
        return method

    return show


class _Loop:
    """An event loop in a thread of its own, so that it does not matter what the caller's thread runs.

    `stop()` ends it; so does the interpreter's exit, or that nobody holds it any more.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_forever, name="arqon", daemon=True)
        thread.start()
        self.stop = weakref.finalize(self, _end, self._loop, thread)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of `work`. Interrupting the wait (Ctrl-C, a stopped cell) cancels it."""
        if not self.stop.alive:
            work.close()
            raise ArqonError("CONNECTION_LOST", "the client was closed")
        ended = threading.Event()

        async def to_its_end() -> T:
            try:
                return await work
            finally:
                ended.set()

        future = asyncio.run_coroutine_threadsafe(to_its_end(), self._loop)
        try:
            return future.result()
        except CancelledError as cause:
            raise ArqonError("CONNECTION_LOST", "the client was closed") from cause
        except BaseException:
            if future.cancel():
                ended.wait(_GRACE_S)
            raise


_GRACE_S = 2.0
"""What cancelled work gets to tidy up, e.g. to cancel its job."""


def _end(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    async def cancel_all() -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_GRACE_S)

    if threading.current_thread() is thread:
        return loop.stop()
    try:
        asyncio.run_coroutine_threadsafe(cancel_all(), loop).result(2 * _GRACE_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_GRACE_S)
    if not thread.is_alive():
        loop.close()


class Job:
    """A submitted job, without async."""

    def __init__(self, loop: _Loop, handle: JobHandle) -> None:
        self._loop, self._handle = loop, handle
        self.id = handle.id
        self.duplicate = handle.duplicate

    def __repr__(self) -> str:
        return f"Job({self.id!r})"

    def state(self) -> JobState:
        """The job as it is now."""
        return self._loop.run(self._handle.state())

    def states(self) -> Iterator[JobState]:
        """Every state from now on, up to the terminal one."""
        return _iterate(self._loop, self._handle.states())

    def outcome(self, timeout_s: float | None = None) -> JobState:
        """The terminal state, whatever it is."""
        return self._loop.run(self._handle.outcome(timeout_s))

    def result(self, timeout_s: float | None = None) -> Any:
        """The output of the job. Raises the job's ArqonError when it did not succeed."""
        return self._loop.run(self._handle.result(timeout_s))

    def sealed(self, timeout_s: float | None = None) -> JobState:
        """The terminal state once its artifact is sealed too."""
        return self._loop.run(self._handle.sealed(timeout_s))

    def cancel(self, reason: str = "") -> None:
        """Asks the bus to cancel the job."""
        self._loop.run(self._handle.cancel(reason))


class Client:
    """A connection to the bus for notebooks: `client = arqon.Client()`, then `client.run_circuit("bell.qasm")`.

    Options are those of `arqon.connect`. Close it with `close()` or use it in a `with` statement; a notebook may leave
    it open. Raises ArqonError `SERVER_UNREACHABLE`, `AUTH_REQUIRED`.
    """

    def __init__(self, url: str | None = None, api_key: str | None = None, **options: Any) -> None:
        self._loop = _Loop()
        try:
            self._client = self._loop.run(_open(url, api_key, options))
        except BaseException:
            self._loop.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<arqon.Client {self.principal} in {self._client.reality}>"

    def close(self) -> None:
        """Ends the connection and its thread."""
        if self._loop.stop.alive:
            self._loop.run(self._client.close())
            self._loop.stop()

    @property
    def principal(self) -> str:
        """Who the server says we are."""
        return self._client.principal

    @_like(AsyncClient.run_circuit)
    def run_circuit(self, circuit: CircuitLike, **options: Any) -> RunResult:
        return self._loop.run(self._client.run_circuit(circuit, **options))

    @_like(AsyncClient.sweep)
    def sweep(self, circuit: CircuitLike, **options: Any) -> Table:
        return self._loop.run(self._client.sweep(circuit, **options))

    @_like(AsyncClient.sweep_jobs)
    def sweep_jobs(self, topic: str, points: Points, job: Callable[..., Any], **options: Any) -> Table:
        return self._loop.run(self._client.sweep_jobs(topic, points, job, **options))

    @_like(AsyncClient.replay)
    def replay(self, artifact_id: str | RunResult | Answer, **options: Any) -> ReplayResult:
        return self._loop.run(self._client.replay(_id_of(artifact_id), **options))

    @_like(AsyncClient.gradient)
    def gradient(self, circuit: CircuitLike, observable: str, **options: Any) -> GradientResult:
        return self._loop.run(self._client.gradient(circuit, observable, **options))

    @_like(AsyncClient.classify)
    def classify(
        self,
        features: Iterable[Sequence[float]],
        labels: Iterable[str],
        unseen: Iterable[Sequence[float]] = (),
        truth: Iterable[str] | None = None,
        **options: Any,
    ) -> ClassifyResult:
        return self._loop.run(self._client.classify(features, labels, unseen, truth, **options))

    @_like(AsyncClient.validate)
    def validate(
        self,
        artifact_id: str | RunResult | Answer,
        constraints: Mapping[str, Any] | Iterable[Mapping[str, Any]],
        **options: Any,
    ) -> ValidationResult:
        return self._loop.run(self._client.validate(_id_of(artifact_id), constraints, **options))

    @_like(AsyncClient.calibration)
    def calibration(self, values: Mapping[str, Any], **options: Any) -> CalibrationResult:
        return self._loop.run(self._client.calibration(values, **options))

    @_like(AsyncClient.fetch_bundle)
    def fetch_bundle(self, artifact_id: str | RunResult | Answer, **options: Any) -> bytes:
        return self._loop.run(self._client.fetch_bundle(_id_of(artifact_id), **options))

    @_like(AsyncClient.publish)
    def publish(self, topic: str, payload: Any, **options: Any) -> Published:
        return self._loop.run(self._client.publish(topic, payload, **options))

    @_like(AsyncClient.request)
    def request(self, topic: str, payload: Any = None, **options: Any) -> Message:
        return self._loop.run(self._client.request(topic, payload, **options))

    def submit(self, topic: str, program: str | bytes, **options: Any) -> Job:
        """See `AsyncClient.submit`."""
        return Job(self._loop, self._loop.run(self._client.submit(topic, program, **options)))

    def job(self, job_id: str) -> Job:
        """A handle on a job that was submitted before."""
        return Job(self._loop, self._client.job(job_id))

    def subscribe(self, pattern: str, **options: Any) -> Iterator[Message]:
        """Messages as they come: `for message in client.subscribe("lab.sensor.*")`. Listens from the call on."""
        subscription = self._loop.run(self._client.subscribe(pattern, **options))
        return _iterate(self._loop, subscription, subscription.close)

    def history(self, pattern: str = ">", **options: Any) -> list[Message]:
        """See `AsyncClient.history`; bound it with `max_messages`."""

        async def read() -> list[Message]:
            return [message async for message in self._client.history(pattern, **options)]

        return self._loop.run(read())


async def _open(url: str | None, api_key: str | None, options: dict[str, Any]) -> AsyncClient:
    return await AsyncClient(url, api_key, **options).open()


def _iterate(
    loop: _Loop, items: AsyncIterator[T], close: Callable[[], Coroutine[Any, Any, None]] | None = None
) -> Iterator[T]:
    async def next_item() -> tuple[bool, Any]:
        try:
            return True, await anext(items)
        except StopAsyncIteration:
            return False, None

    try:
        while True:
            more, item = loop.run(next_item())
            if not more:
                return
            yield item
    finally:
        if close and loop.stop.alive:
            loop.run(close())


def _id_of(artifact: str | RunResult | Answer) -> str:
    identity = artifact if isinstance(artifact, str) else artifact.artifact_id
    if not identity:
        raise ArqonError("USAGE", "the run has no artifact id: it was not sealed")
    return identity
