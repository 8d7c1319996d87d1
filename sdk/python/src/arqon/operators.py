"""Operators: workers that take jobs from the bus, one task a job, with the lease kept alive meanwhile."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from arqon.canonical import canonical_json
from arqon.channel import Channel
from arqon.errors import ArqonError, info_from_error
from arqon.gen.arqon.v1.job_pb2 import Capsule, JobResult, JobStatus
from arqon.gen.arqon.v1.job_pb2 import Job as JobProto
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage, Durability, MessageType
from arqon.gen.arqon.v1.op_pb2 import JobCancel, JobExtend, JobRelease, Op
from arqon.link import Link
from arqon.messages import Message
from arqon.outgoing import encode_outgoing
from arqon.payloads import pack
from arqon.subscriptions import Entry
from arqon.topics import results_topic

QUEUE_GROUP = "operators"
MAX_OUTPUT_BYTES = 524_288
"""Largest output a result may carry; more belongs into an artifact."""


@dataclass(frozen=True, slots=True)
class JobOutput:
    """A result with more said than its value: a media type of its own, or the ids a trusted operator sealed under."""

    value: Any
    media_type: str = ""
    recipe_id: str = ""
    artifact_id: str = ""
    record_id: str = ""


class JobContext:
    """One leased job, as a handler sees it."""

    def __init__(self, worker: Worker, message: Message, link: Link) -> None:
        self.message = message
        self.job: JobProto = message.payload_as(JobProto)
        self.cancel_reason: str | None = None
        self._worker, self._link = worker, link
        self._loop = asyncio.get_running_loop()
        self._progress = (0.0, "")

    @property
    def id(self) -> str:
        return self.message.id

    @property
    def attempt(self) -> int:
        """1 for the first lease, then 2, 3 ..."""
        return self.message.raw.attempt

    @property
    def producer(self) -> str:
        """The authenticated principal that submitted it."""
        return self.message.producer

    @property
    def trace(self) -> dict[str, str]:
        """W3C Trace Context of the submitter; the result carries it on."""
        return self.message.trace

    @property
    def capsule(self) -> Capsule:
        return self.job.capsule

    @property
    def schema(self) -> str:
        return self.job.capsule.schema

    @property
    def program(self) -> bytes:
        return self.job.capsule.program

    @property
    def text(self) -> str:
        """The program as UTF-8 text."""
        return self.job.capsule.program.decode("utf-8")

    @property
    def parameters(self) -> dict[str, Any]:
        return _json_object(self.job.capsule.parameters_json, "parameters")

    @property
    def constraints(self) -> dict[str, Any]:
        return _json_object(self.job.capsule.constraints_json, "constraints")

    def progress(self, fraction: float, note: str = "") -> Awaitable[None]:
        """Tells the bus how far the job is, 0 to 1. Await it, or not; from a plain function it returns when it is told."""
        self._progress = (min(max(float(fraction), 0.0), 1.0), note)
        if _running_loop() is self._loop:
            return self._loop.create_task(self.extend())
        asyncio.run_coroutine_threadsafe(self.extend(), self._loop).result()
        told: asyncio.Future[None] = asyncio.Future(loop=self._loop)
        self._loop.call_soon_threadsafe(told.set_result, None)
        return told

    async def extend(self) -> None:
        """Asks for more time; the SDK does so by itself. Raises ArqonError `JOB_LEASE_LOST`."""
        fraction, note = self._progress
        extend = JobExtend(job_id=self.id, attempt=self.attempt, progress=fraction, note=note)
        await self._link.request(Op(job_extend=extend))


Handler = Callable[[JobContext], Any | Awaitable[Any]]


class Worker:
    """A running operator. `drain()` stops it and gives unfinished jobs back; `wait()` returns when it ended."""

    def __init__(
        self,
        channel: Channel,
        topic: str,
        handle: Handler,
        on_error: Callable[[ArqonError], None],
        lease_s: float,
        heartbeat: tuple[str, float] | None = None,
    ) -> None:
        self.topic = topic
        self._channel, self._handle, self._on_error, self._lease_s = channel, handle, on_error, lease_s
        self._running: dict[str, tuple[JobContext, asyncio.Task[None]]] = {}
        self._entry: Entry | None = None
        self._draining = False
        self._handled = 0
        self._heartbeat = heartbeat
        self._beating: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def attach(self, entry: Entry) -> None:
        """The subscription it lives on."""
        self._entry = entry
        self._channel.on_lost.append(self.lost)
        self._channel.on_job_cancel.append(self.cancelled)
        if self._heartbeat:
            self._beating = asyncio.create_task(self._beat(self._heartbeat[1]))

    async def _beat(self, every_s: float) -> None:
        while True:
            self._tell()
            await asyncio.sleep(every_s)

    def _tell(self) -> None:
        """That the operator lives, and how busy it is: ephemeral JSON."""
        if not self._heartbeat or not self._entry:
            return
        said = {
            "topic": self.topic,
            "queueGroup": self._entry.queue_group,
            "inFlight": len(self._running),
            "maxInFlight": self._entry.max_in_flight,
            "handled": self._handled,
            "state": "draining" if self._draining else "serving",
        }
        # While there is no connection nobody hears it, which is what it is for.
        with suppress(ArqonError):
            self._channel.post(encode_outgoing(self._channel.new_id(), self._heartbeat[0], said))

    @property
    def running(self) -> int:
        """Jobs being worked on."""
        return len(self._running)

    async def wait(self) -> None:
        """Returns after `drain`. Raises the ArqonError that ended the operator."""
        await asyncio.shield(self._ended)

    async def drain(self, grace_s: float = 10.0) -> None:
        """Stops taking jobs, lets running ones finish for `grace_s`, gives back the rest, and returns when none is left."""
        self._draining = True
        self._tell()
        if self._entry:
            await self._channel.unsubscribe(self._entry)
            self._entry = None
        if grace_s > 0 and self._running:
            await asyncio.wait([task for _, task in self._running.values()], timeout=grace_s)
        with suppress(ValueError):
            self._channel.on_lost.remove(self.lost)
            self._channel.on_job_cancel.remove(self.cancelled)
        if self._beating:
            self._beating.cancel()
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if not self._ended.done():
            self._ended.set_result(None)

    def end(self, error: ArqonError) -> None:
        """The connection or the server ended it."""
        for _, task in self._running.values():
            task.cancel()
        if not self._ended.done():
            self._ended.set_exception(error)
            self._ended.exception()  # It is no fault when nobody waits.

    def deliver(self, raw: ArqonMessage) -> None:
        link = self._channel.current
        if link is None:
            return
        message = Message(raw)
        try:
            context = JobContext(self, message, link)
        except ArqonError as error:
            self._on_error(error)
            return
        # One that came while the subscription was being ended goes back at once.
        work = self._give_back(context, link) if self._draining else self._work(context, link)
        task = asyncio.create_task(work, name=f"arqon-job-{message.id}")
        key = f"{message.id}/{raw.attempt}"
        self._running[key] = (context, task)
        self._handled += 1
        task.add_done_callback(lambda _: self._running.pop(key, None))

    def lost(self, _: ArqonError) -> None:
        """Leases end with the connection: what is being worked on will be leased again."""
        for _context, task in self._running.values():
            task.cancel()

    def cancelled(self, cancel: JobCancel) -> None:
        for context, task in self._running.values():
            if context.id == cancel.job_id and context.cancel_reason is None:
                context.cancel_reason = cancel.reason or "cancelled"
                task.cancel()

    async def _work(self, context: JobContext, link: Link) -> None:
        keeper = asyncio.create_task(self._keep_lease(context, asyncio.current_task()))
        try:
            result = await self._result_of(context)
        except asyncio.CancelledError:
            if context.cancel_reason is None:
                if self._draining and not link.error:
                    await self._give_back(context, link)
                return
            error = ArqonError("CANCELLED", context.cancel_reason)
            result = JobResult(status=JobStatus.JOB_STATUS_CANCELLED, error=info_from_error(error))
        finally:
            keeper.cancel()
        result.job_id, result.attempt = context.id, context.attempt
        try:
            await self._channel.publish(self._result_message(context, result), acknowledged=True)
        except ArqonError as error:
            # A lost lease is the bus's affair: the job goes on elsewhere.
            if error.code != "JOB_LEASE_LOST":
                self._on_error(error)
                await self._fail_instead(context, error)

    async def _result_of(self, context: JobContext) -> JobResult:
        try:
            if inspect.iscoroutinefunction(self._handle):
                value = await self._handle(context)
            else:
                value = await asyncio.to_thread(self._handle, context)
                value = await value if inspect.isawaitable(value) else value
            return _succeeded(value)
        except Exception as error:  # Whatever a handler raises is the job's failure, never the operator's.
            return JobResult(
                status=JobStatus.JOB_STATUS_FAILED,
                error=info_from_error(error, fallback_code="EXECUTION_FAILED"),
            )

    async def _fail_instead(self, context: JobContext, error: ArqonError) -> None:
        """The result was refused, e.g. as too large: the job must still end."""
        if error.retryable:
            return
        failed = JobResult(
            job_id=context.id,
            attempt=context.attempt,
            status=JobStatus.JOB_STATUS_FAILED,
            error=info_from_error(error),
        )
        try:
            await self._channel.publish(self._result_message(context, failed), acknowledged=True)
        except ArqonError as again:
            self._on_error(again)

    def _result_message(self, context: JobContext, result: JobResult) -> ArqonMessage:
        return ArqonMessage(
            id=self._channel.new_id(),
            topic=results_topic(context.message.topic),
            type=MessageType.MESSAGE_TYPE_JOB_RESULT,
            durability=Durability.DURABILITY_SYNCED,
            trace_context=context.message.trace,
            payload=pack(result),
        )

    async def _keep_lease(self, context: JobContext, work: asyncio.Task[None] | None) -> None:
        """Extends the lease at every third of it; a job whose lease is lost is stopped."""
        while True:
            await asyncio.sleep(self._lease_s / 3)
            try:
                await context.extend()
            except ArqonError as error:
                if error.code == "CANCELLED":
                    context.cancel_reason = context.cancel_reason or error.message
                elif error.retryable and error.code != "CONNECTION_LOST":
                    continue
                if work:
                    work.cancel()
                return

    async def _give_back(self, context: JobContext, link: Link) -> None:
        release = JobRelease(job_id=context.id, attempt=context.attempt, reason="the operator is going away")
        try:
            await link.request(Op(job_release=release))
        except ArqonError as error:
            if error.code != "JOB_LEASE_LOST":
                self._on_error(error)


def _succeeded(value: Any) -> JobResult:
    given = value if isinstance(value, JobOutput) else JobOutput(value)
    if isinstance(given.value, (bytes, bytearray, memoryview)):
        output, media_type = bytes(given.value), "application/octet-stream"
    elif isinstance(given.value, str):
        output, media_type = given.value.encode(), "text/plain;charset=utf-8"
    else:
        output, media_type = canonical_json(given.value).encode(), "application/json"
    if len(output) > MAX_OUTPUT_BYTES:
        raise ArqonError("LIMIT_EXCEEDED", f"output of {len(output)} bytes, limit {MAX_OUTPUT_BYTES}")
    return JobResult(
        status=JobStatus.JOB_STATUS_SUCCEEDED,
        output=output,
        output_media_type=given.media_type or media_type,
        recipe_id=given.recipe_id,
        artifact_id=given.artifact_id,
        record_id=given.record_id,
    )


def _json_object(text: str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError) as cause:
        raise ArqonError("JSON_INVALID", f"{what}: {cause}") from cause
    if not isinstance(value, dict):
        raise ArqonError("JSON_INVALID", f"{what} must be a JSON object")
    return value


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
