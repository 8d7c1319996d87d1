"""An operator as a program of its own: `@arqon.operator("upper.jobs")` and `upper.run()`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from typing import Any

from arqon.client import AsyncClient
from arqon.gen.arqon.v1.sam_pb2 import ResourceLimits, Sam
from arqon.operators import QUEUE_GROUP, Handler
from arqon.version import __version__


async def serve_operator(
    topic: str,
    handle: Handler,
    *,
    url: str | None = None,
    api_key: str | None = None,
    sam: Sam | None = None,
    queue_group: str = QUEUE_GROUP,
    max_in_flight: int = 1,
    grace_s: float = 0.0,
    ready: Callable[[], Any] | None = None,
    **options: Any,
) -> None:
    """Connects and serves jobs until cancelled (or SIGINT, SIGTERM), then lets running jobs finish for `grace_s` and gives the rest back.

    `ready` is called once jobs can come. `options` are those of `connect`. Raises the ArqonError that ended it.
    """
    name = getattr(handle, "__name__", "operator")
    sam = sam or Sam(
        operator_id=name,
        operator_type=name,
        version=__version__,
        limits=ResourceLimits(max_in_flight=max_in_flight),
    )
    async with AsyncClient(url, api_key, sam=sam, **options) as client:
        worker = await client.operate(topic, handle, queue_group=queue_group, max_in_flight=max_in_flight)
        waiting = asyncio.ensure_future(worker.wait())
        loop = asyncio.get_running_loop()
        stops = (signal.SIGINT, signal.SIGTERM)
        with contextlib.suppress(
            NotImplementedError, RuntimeError, ValueError
        ):  # Not the main thread, or Windows.
            for stop in stops:
                loop.add_signal_handler(stop, waiting.cancel)
        if ready:
            ready()
        asked = asyncio.current_task()
        try:
            await waiting
        except asyncio.CancelledError:
            await worker.drain(grace_s)
            if asked and asked.cancelling():
                raise
        finally:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                for stop in stops:
                    loop.remove_signal_handler(stop)


class Operator:
    """A handler bound to its topic. Calling it calls the handler, which keeps it easy to test."""

    def __init__(self, topic: str, handle: Handler, options: dict[str, Any]) -> None:
        self.topic, self.handle, self.options = topic, handle, options
        self.__name__ = getattr(handle, "__name__", "operator")
        self.__doc__ = handle.__doc__

    def __call__(self, context: Any) -> Any:
        return self.handle(context)

    async def serve(self, **options: Any) -> None:
        """See `serve_operator`."""
        await serve_operator(self.topic, self.handle, **{**self.options, **options})

    def run(self, **options: Any) -> None:
        """Serves until interrupted; the whole main function of an operator."""
        asyncio.run(self.serve(**options))


def operator(topic: str, **options: Any) -> Callable[[Handler], Operator]:
    """Makes an operator of a function that takes a `JobContext` and returns the output of the job."""
    return lambda handle: Operator(topic, handle, options)
