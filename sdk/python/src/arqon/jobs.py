"""Jobs: what is submitted, what the bus says of it, and a handle to wait with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from arqon.arguments import seconds_of
from arqon.channel import Channel
from arqon.errors import ArqonError, error_from_info
from arqon.gen.arqon.v1.job_pb2 import JobState as JobStateProto
from arqon.gen.arqon.v1.job_pb2 import JobStatus
from arqon.gen.arqon.v1.op_pb2 import JobCancel, JobGet, Op
from arqon.messages import enum_name

JOB_TIMEOUT_S = 3600.0
"""How long a wait for a job lasts unless told otherwise; None waits for ever."""
TERMINAL = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "DEAD"})


@dataclass(frozen=True, slots=True, repr=False)
class JobState:
    """What the bus knows of a job at one moment."""

    raw: JobStateProto

    def __repr__(self) -> str:
        share = f" {100 * self.progress:.0f} %" if self.progress and not self.terminal else ""
        note = f" ({self.note})" if self.note else ""
        return f"<JobState {self.job_id} {self.status}{share}{note}>"

    @property
    def job_id(self) -> str:
        return self.raw.job_id

    @property
    def topic(self) -> str:
        return self.raw.topic

    @property
    def status(self) -> str:
        """SUBMITTED, LEASED, RUNNING, or terminal: SUCCEEDED, FAILED, CANCELLED, EXPIRED, DEAD."""
        return enum_name(JobStatus, self.raw.status, "JOB_STATUS_")

    @property
    def terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def attempt(self) -> int:
        return self.raw.attempt

    @property
    def progress(self) -> float:
        """0 to 1 as the operator said it."""
        return self.raw.progress

    @property
    def note(self) -> str:
        return self.raw.note

    @property
    def output(self) -> Any:
        """JSON as Python values, text as str, all else as bytes; None when there is none (yet), or it was omitted."""
        result = self.raw.result
        kind = result.output_media_type.split(";")[0].strip().lower()
        if not self.raw.HasField("result") or result.output_omitted or not (kind or result.output):
            return None
        try:
            if kind == "application/json":
                return json.loads(result.output)
            return result.output.decode("utf-8") if kind.startswith("text/") else result.output
        except (ValueError, RecursionError) as cause:
            raise ArqonError(
                "WIRE_MALFORMED", f"the output of job {self.job_id} is not {kind}: {cause}"
            ) from cause

    @property
    def output_omitted(self) -> bool:
        """The output was too large for a frame; read it from the artifact."""
        return self.raw.result.output_omitted

    @property
    def error(self) -> ArqonError | None:
        return error_from_info(self.raw.result.error) if self.raw.result.HasField("error") else None

    @property
    def recipe_id(self) -> str:
        return self._identity("recipe_id")

    @property
    def artifact_id(self) -> str:
        return self._identity("artifact_id")

    @property
    def record_id(self) -> str:
        return self._identity("record_id")

    @property
    def seal_pending(self) -> bool:
        return self.raw.seal_pending

    @property
    def reported(self) -> bool:
        """The run was sealed from what the bus recorded of a foreign operator, not by the door."""
        return self.raw.sealed.reported

    @property
    def hops(self) -> list[tuple[str, float, float]]:
        """Where time went: name, start and duration in milliseconds."""
        return [(hop.name, hop.start_ms, hop.duration_ms) for hop in self.raw.result.hops]

    def _identity(self, name: str) -> str:
        source = self.raw.sealed if self.raw.HasField("sealed") else self.raw.result
        return str(getattr(source, name))

    def raise_unless_succeeded(self) -> JobState:
        """Raises the job's ArqonError when it ended otherwise than SUCCEEDED."""
        if self.status != "SUCCEEDED":
            codes = {"CANCELLED": "CANCELLED", "EXPIRED": "JOB_EXPIRED", "DEAD": "JOB_DEAD"}
            code = codes.get(self.status, "EXECUTION_FAILED")
            raise self.error or ArqonError(code, f"job {self.job_id} ended as {self.status}")
        return self


class JobHandle:
    """A submitted job. It can be waited for, watched and cancelled, also by another client through `client.job(id)`."""

    def __init__(self, channel: Channel, job_id: str, duplicate: bool = False, sequence: int = 0) -> None:
        self._channel = channel
        self.id = job_id
        self.duplicate = duplicate
        """The same job had been submitted before; it was not repeated."""
        self.sequence = sequence
        """Where the submission stands in the log; 0 on a handle made from an id."""

    def __repr__(self) -> str:
        return f"JobHandle({self.id!r})"

    async def state(self) -> JobState:
        """The job as it is now. Raises ArqonError `JOB_UNKNOWN`."""
        return JobState((await self._channel.request(Op(job_get=JobGet(job_id=self.id)))).job_state)

    async def states(self) -> AsyncIterator[JobState]:
        """Every state from now on, up to the terminal one; goes on over lost connections."""
        async for state in self._watch():
            yield state
            if state.terminal:
                return

    async def finished(self, timeout_s: float | None = JOB_TIMEOUT_S) -> JobState:
        """The terminal state, whatever it is. Raises ArqonError `DEADLINE_EXCEEDED` when it does not come in time."""
        return await self._until(lambda state: state.terminal, timeout_s)

    outcome = finished
    """The same."""

    async def result(self, timeout_s: float | None = JOB_TIMEOUT_S) -> Any:
        """The output of the job. Raises the job's ArqonError when it did not succeed."""
        return (await self.finished(timeout_s)).raise_unless_succeeded().output

    async def sealed(
        self, timeout_s: float | None = JOB_TIMEOUT_S, on_state: Callable[[JobState], object] | None = None
    ) -> JobState:
        """The terminal state once its artifact is sealed too, where one is due; `on_state` is told every state till then."""

        def enough(state: JobState) -> bool:
            if on_state:
                on_state(state)
            return state.terminal and not state.seal_pending

        return await self._until(enough, timeout_s)

    async def cancel(self, reason: str = "") -> None:
        """Asks the bus to cancel the job; what becomes of it is in its states."""
        await self._channel.request(Op(job_cancel=JobCancel(job_id=self.id, reason=reason)))

    async def _until(self, enough: Callable[[JobState], bool], timeout_s: float | None) -> JobState:
        states = self._watch()
        note = ""
        try:
            async with asyncio.timeout(seconds_of("timeout_s", timeout_s)):
                async for state in states:
                    note = state.note and f": {state.note}"
                    if enough(state):
                        return state
        except TimeoutError as cause:
            raise ArqonError(
                "DEADLINE_EXCEEDED", f"job {self.id} took longer than {timeout_s} s{note}"
            ) from cause
        finally:
            await states.aclose()
        raise ArqonError("WIRE_PROTOCOL", f"the watch of job {self.id} ended early")

    async def _watch(self) -> AsyncGenerator[JobState, None]:
        """States until the job is terminal and sealed; watches anew after a lost connection, without repeats."""
        last: JobStateProto | None = None
        while True:
            link = await self._channel.ready()
            answers = link.stream(Op(job_get=JobGet(job_id=self.id, watch=True)))
            try:
                async for op in answers:
                    if op.job_state == last:
                        continue
                    last = op.job_state
                    state = JobState(last)
                    yield state
                    if state.terminal and not state.seal_pending:
                        return
            except ArqonError:
                if not link.error:
                    raise
            finally:
                await answers.aclose()
