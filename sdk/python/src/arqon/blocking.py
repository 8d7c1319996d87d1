"""The client for notebooks and scripts: the same calls, without async. It works where an event loop already runs."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent import futures
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

from arqon.circuit_options import CircuitOptions, EstimateOptions, SweepOptions
from arqon.circuit_source import CircuitLike
from arqon.client import AsyncClient
from arqon.connecting import ConnectOptions
from arqon.errors import ArqonError
from arqon.jobs import JOB_TIMEOUT_S, JobHandle, JobState
from arqon.messages import Message
from arqon.progress import Progress, in_notebook

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def _blocking(
    original: Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Client, P], T]:
    """The same call without async: its options, its text."""
    told = {"on_state": "state", "on_progress": "sweep"}
    teller = next((name for name in told if name in inspect.signature(original).parameters), None)

    def call(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if not (teller and self._shows_progress) or kwargs.get(teller):
            return self._loop.run(original(self._client, *args, **kwargs))
        progress = Progress()
        kwargs[teller] = getattr(progress, told[teller])
        return self._loop.run(original(self._client, *args, **kwargs), progress)

    functools.update_wrapper(call, original)
    return _documented(original)(call)


def _documented(original: Callable[..., Any]) -> Callable[[F], F]:
    """Shows in `help()` what the asyncio client's method says: its options and its text."""

    def show(method: F) -> F:
        method.__doc__ = (original.__doc__ or "").replace("async for", "for").replace("await ", "")
        method.__signature__ = _spelled_out(inspect.signature(original))  # type: ignore[attr-defined]
        return method

    return show


def _spelled_out(signature: inspect.Signature) -> inspect.Signature:
    """With every option by its name, where the rest are those of `submit_circuit`."""
    *named, rest = signature.parameters.values()
    keys: dict[str, type] = {"Unpack[CircuitOptions]": CircuitOptions, "Unpack[SweepOptions]": SweepOptions}
    keys |= {"Unpack[EstimateOptions]": EstimateOptions}
    if rest.kind is not rest.VAR_KEYWORD or rest.annotation not in keys:
        return signature
    known = keys[rest.annotation].__annotations__
    options = inspect.signature(AsyncClient.submit_circuit).parameters
    return signature.replace(parameters=[*named, *(options[key] for key in options if key in known)])


class _Loop:
    """An event loop in a thread of its own, so that it does not matter what the caller's thread runs.

    `stop()` ends it; so does the interpreter's exit, or that nobody holds it any more.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_forever, name="arqon", daemon=True)
        thread.start()
        self.stop = weakref.finalize(self, _end, self._loop, thread)

    def run(self, work: Coroutine[Any, Any, T], progress: Progress | None = None) -> T:
        """The outcome of `work`. Interrupting the wait (Ctrl-C, a stopped cell) cancels it.

        `progress` is shown meanwhile, in the caller's thread.
        """
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
            while progress and not futures.wait((future,), _SHOW_S).done:
                progress.show()
            return future.result()
        except futures.CancelledError as cause:
            raise ArqonError("CONNECTION_LOST", "the client was closed") from cause
        except BaseException:
            if future.cancel():
                ended.wait(_GRACE_S)
            raise
        finally:
            if progress:
                progress.end()


_SHOW_S = 0.2
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

    def finished(self, timeout_s: float | None = JOB_TIMEOUT_S) -> JobState:
        """The terminal state, whatever it is."""
        return self._loop.run(self._handle.finished(timeout_s))

    outcome = finished
    """The same."""

    def result(self, timeout_s: float | None = JOB_TIMEOUT_S) -> Any:
        """The output of the job. Raises the job's ArqonError when it did not succeed."""
        return self._loop.run(self._handle.result(timeout_s))

    def sealed(self, timeout_s: float | None = JOB_TIMEOUT_S) -> JobState:
        """The terminal state once its artifact is sealed too."""
        return self._loop.run(self._handle.sealed(timeout_s))

    def cancel(self, reason: str = "") -> None:
        """Asks the bus to cancel the job."""
        self._loop.run(self._handle.cancel(reason))


class Client:
    """A connection to the bus for notebooks: `client = arqon.Client()`, then `client.run_circuit("bell.qasm")`.

    Options are those of `arqon.connect`. Long calls show how far they are in a notebook, and in a terminal with `progress=True`.
    Close it with `close()` or use it in a `with` statement; a notebook may leave it open.
    Raises ArqonError `SERVER_UNREACHABLE`, `AUTH_REQUIRED`.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        progress: bool | None = None,
        **options: Unpack[ConnectOptions],
    ) -> None:
        self._shows_progress = in_notebook() if progress is None else progress
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

    @property
    def reality(self) -> str:
        return self._client.reality

    @property
    def url(self) -> str:
        """Where it is connected."""
        return self._client.url

    run_circuit = _blocking(AsyncClient.run_circuit)
    estimate = _blocking(AsyncClient.estimate)
    sweep = _blocking(AsyncClient.sweep)
    sweep_jobs = _blocking(AsyncClient.sweep_jobs)
    replay = _blocking(AsyncClient.replay)
    gradient = _blocking(AsyncClient.gradient)
    classify = _blocking(AsyncClient.classify)
    validate = _blocking(AsyncClient.validate)
    calibration = _blocking(AsyncClient.calibration)
    fetch_bundle = _blocking(AsyncClient.fetch_bundle)
    runs = _blocking(AsyncClient.runs)
    lineage = _blocking(AsyncClient.lineage)
    cite = _blocking(AsyncClient.cite)
    publish = _blocking(AsyncClient.publish)
    request = _blocking(AsyncClient.request)
    flush = _blocking(AsyncClient.flush)

    @_documented(AsyncClient.submit)
    def submit(self, topic: str, program: str | bytes, **options: Any) -> Job:
        return Job(self._loop, self._loop.run(self._client.submit(topic, program, **options)))

    @_documented(AsyncClient.submit_circuit)
    def submit_circuit(self, circuit: CircuitLike, **options: Unpack[CircuitOptions]) -> Job:
        return Job(self._loop, self._loop.run(self._client.submit_circuit(circuit, **options)))

    def job(self, job_id: str) -> Job:
        """A handle on a job that was submitted before."""
        return Job(self._loop, self._client.job(job_id))

    @_documented(AsyncClient.subscribe)
    def subscribe(self, pattern: str, **options: Any) -> Iterator[Message]:
        subscription = self._loop.run(self._client.subscribe(pattern, **options))
        return _iterate(self._loop, subscription, subscription.close)

    @_documented(AsyncClient.history)
    def history(self, pattern: str = ">", **options: Any) -> list[Message]:
        async def read() -> list[Message]:
            return [message async for message in self._client.history(pattern, **options)]

        return self._loop.run(read())


async def _open(url: str | None, api_key: str | None, options: ConnectOptions) -> AsyncClient:
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
