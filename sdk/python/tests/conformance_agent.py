"""The agent of this SDK for tests/conformance: JSON lines in, JSON lines out, commands run concurrently."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from conformance_experiments import Experiments

import arqon
from arqon.gen.arqon.v1.job_pb2 import FinishedJob, Job
from arqon.gen.arqon.v1.message_pb2 import ArqonMessage

MAX_LINE = 4 * 1024 * 1024


class Agent(Experiments):
    def __init__(self) -> None:
        self.clients: dict[str, arqon.AsyncClient] = {}
        self.subscriptions: dict[str, arqon.Subscription] = {}
        self.workers: dict[str, arqon.Worker] = {}
        self.operated: dict[str, list[dict[str, Any]]] = {}
        self.gates: dict[str, asyncio.Event] = {}

    async def connect(self, a: Mapping[str, Any]) -> dict[str, Any]:
        options: dict[str, Any] = {"reality": a["reality"]} if "reality" in a else {}
        if "reconnectMs" in a:
            options["reconnect_s"] = tuple(delay / 1000 for delay in a["reconnectMs"])
        if "window" in a:
            options["receive_window"] = (a["window"]["messages"], a["window"]["bytes"])
        client = await arqon.connect(a["url"], a["apiKey"], **options)
        self.clients[a["client"]] = client
        return {
            "principal": client.principal,
            "connectionId": client.connection_id,
            "epoch": client.epoch,
            "reality": client.reality,
        }

    async def close(self, a: Mapping[str, Any]) -> dict[str, Any]:
        await self.clients[a["client"]].close()
        return {}

    async def flush(self, a: Mapping[str, Any]) -> dict[str, Any]:
        await self.clients[a["client"]].flush()
        return {}

    async def publish(self, a: Mapping[str, Any]) -> dict[str, Any]:
        published = await self.clients[a["client"]].publish(
            a["topic"],
            read_payload(a["payload"]),
            durability=a.get("durability", "ephemeral"),
            schema=a.get("schema", ""),
            id=a.get("id"),
            reply_to=a.get("replyTo", ""),
            trace=a.get("trace"),
        )
        return {"id": published.id, "sequence": published.sequence, "duplicate": published.duplicate}

    async def subscribe(self, a: Mapping[str, Any]) -> dict[str, Any]:
        self.subscriptions[a["sub"]] = await self.clients[a["client"]].subscribe(
            a["filter"], queue_group=a.get("queueGroup", ""), from_sequence=a.get("fromSequence")
        )
        return {}

    async def unsubscribe(self, a: Mapping[str, Any]) -> dict[str, Any]:
        await self.subscriptions[a["sub"]].close()
        return {}

    async def receive(self, a: Mapping[str, Any]) -> dict[str, Any]:
        messages: list[arqon.Message] = []
        try:
            async with asyncio.timeout(a["timeoutMs"] / 1000):
                while len(messages) < a["count"]:
                    messages.append(await anext(self.subscriptions[a["sub"]]))
        except (TimeoutError, StopAsyncIteration):
            pass
        return {"messages": [show_message(message) for message in messages]}

    async def request(self, a: Mapping[str, Any]) -> dict[str, Any]:
        reply = await self.clients[a["client"]].request(
            a["topic"], read_payload(a["payload"]), timeout_s=a["timeoutMs"] / 1000
        )
        return {"payload": show_payload(reply)}

    async def respond(self, a: Mapping[str, Any]) -> dict[str, Any]:
        def answer(message: arqon.Message) -> Any:
            if a["mode"] == "fail":
                raise arqon.ArqonError("CAPABILITY_REFUSED", "refused as told")
            return read_payload(show_payload(message))

        self.subscriptions[a["responder"]] = await self.clients[a["client"]].respond(
            a["topic"], answer, queue_group=a.get("queueGroup", "")
        )
        return {}

    async def submit(self, a: Mapping[str, Any]) -> dict[str, Any]:
        handle = await self.clients[a["client"]].submit(
            a["topic"],
            a["program"],
            schema=a["schema"],
            media_type=a.get("programMediaType", ""),
            parameters=a.get("parameters"),
            constraints=a.get("constraints"),
            name=a.get("name", ""),
            id=a.get("id"),
            effect=a.get("effect", "pure"),
            max_attempts=a.get("maxAttempts", 0),
            deadline_s=a["deadlineMs"] / 1000 if "deadlineMs" in a else None,
        )
        return {"jobId": handle.id, "duplicate": handle.duplicate}

    def handle(self, a: Mapping[str, Any]) -> arqon.JobHandle:
        return self.clients[a["client"]].job(a["jobId"])

    async def job(self, a: Mapping[str, Any]) -> dict[str, Any]:
        return show_state(await self.handle(a).state())

    async def result(self, a: Mapping[str, Any]) -> dict[str, Any]:
        handle = self.handle(a)
        wait = handle.sealed if a.get("sealed") else handle.outcome
        return show_state(await wait(a["timeoutMs"] / 1000))

    async def states(self, a: Mapping[str, Any]) -> dict[str, Any]:
        async with asyncio.timeout(a["timeoutMs"] / 1000):
            return {"states": [show_state(state) async for state in self.handle(a).states()]}

    async def cancel(self, a: Mapping[str, Any]) -> dict[str, Any]:
        await self.handle(a).cancel(a.get("reason", ""))
        return {}

    async def history(self, a: Mapping[str, Any]) -> dict[str, Any]:
        messages = self.clients[a["client"]].history(
            a["filter"],
            from_sequence=a.get("fromSequence", 0),
            to_sequence=a.get("toSequence", 0),
            from_us=a.get("fromUs", 0),
            to_us=a.get("toUs", 0),
            page_size=a.get("pageSize", 0),
            max_messages=a.get("max"),
        )
        return {"messages": [show_message(message) async for message in messages]}

    async def operate(self, a: Mapping[str, Any]) -> dict[str, Any]:
        name, behaviour = a["operator"], a["behaviour"]
        self.operated[name] = []
        self.gates[name] = asyncio.Event()

        async def handle(context: arqon.JobContext) -> Any:
            self.operated[name].append({"jobId": context.id, "attempt": context.attempt})
            return await behave(behaviour, context, self.gates[name])

        options = {"queue_group": a["queueGroup"]} if "queueGroup" in a else {}
        self.workers[name] = await self.clients[a["client"]].operate(
            a["topic"], handle, max_in_flight=a.get("maxInFlight", 1), **options
        )
        return {}

    async def operated_jobs(self, a: Mapping[str, Any]) -> dict[str, Any]:
        return {"jobs": self.operated[a["operator"]]}

    async def release(self, a: Mapping[str, Any]) -> dict[str, Any]:
        self.gates[a["operator"]].set()
        return {}

    async def write_stream(self, a: Mapping[str, Any]) -> dict[str, Any]:
        writer = await self.clients[a["client"]].open_stream(
            a["topic"], media_type=a["mediaType"], parameters=a.get("parameters"), id=a.get("streamId")
        )
        for chunk in a["chunks"]:
            await writer.write(base64.b64decode(chunk))
        if a.get("leave"):
            return {"streamId": writer.id}
        if "abort" in a:
            await writer.abort(arqon.ArqonError(a["abort"]["code"], a["abort"]["message"]))
            return {"streamId": writer.id}
        return show_summary(await writer.end())

    async def read_stream(self, a: Mapping[str, Any]) -> dict[str, Any]:
        async with asyncio.timeout(a["timeoutMs"] / 1000):
            reader = await self.clients[a["client"]].read_stream(
                a["filter"], stream_id=a.get("streamId"), from_sequence=a.get("fromSequence")
            )
            chunks = [base64.b64encode(data).decode() async for data in reader]
        assert reader.summary
        more = {"chunks": chunks, "mediaType": reader.media_type, "parameters": reader.parameters}
        return {"summary": show_summary(reader.summary), **more}

    async def sweep(self, a: Mapping[str, Any]) -> dict[str, Any]:
        def job(point: Mapping[str, Any], index: int) -> dict[str, Any]:
            return {"schema": a["schema"], "program": a["program"], "parameters": dict(point)}

        progress: list[int] = []
        table = await self.clients[a["client"]].sweep_jobs(
            a["topic"],
            a["points"],
            job,
            id=a.get("sweepId"),
            concurrency=a.get("concurrency", 8),
            on_error=a.get("onError", "cancel"),
            on_progress=lambda each: progress.append(each.done),
            timeout_s=a["timeoutMs"] / 1000,
        )
        rows = [
            {
                "point": {name: row[name] for name in table.columns},
                "output": row.get("output"),
                "error": row["error"].code if "error" in row else None,
            }
            for row in table
        ]
        return {"rows": rows, "progress": progress}

    async def drain(self, a: Mapping[str, Any]) -> dict[str, Any]:
        await self.workers[a["operator"]].drain(a.get("graceMs", 0) / 1000)
        return {}


async def behave(behaviour: Mapping[str, Any], context: arqon.JobContext, gate: asyncio.Event) -> Any:
    """What an operator is told to do with a job."""
    kind = behaviour["kind"]
    if kind == "gate":
        await gate.wait()
    if kind in ("echo", "gate"):
        for fraction, note in behaviour.get("progress", []):
            await context.progress(fraction, note)
        return {"parameters": context.parameters, "program": context.text, "schema": context.schema}
    if kind == "upper":
        return "".join(char.upper() if char.isascii() else char for char in context.text)
    if kind == "bytes":
        return bytes(i % 251 for i in range(behaviour["count"]))
    if kind == "fail":
        raise arqon.ArqonError(behaviour["code"], behaviour["message"])
    if kind == "crash":
        raise RuntimeError(behaviour["message"])
    if kind == "hang":
        await asyncio.Event().wait()
    if kind == "seal":
        finished = FinishedJob.FromString(context.program)
        job = ArqonMessage.FromString(finished.job_message)
        assert job.payload.Is(Job.DESCRIPTOR)
        ids = [f"sha256:{digit * 64}" for digit in "123"]
        return arqon.JobOutput({"sealed": job.id}, "", *ids)
    raise ValueError(f"unknown behaviour {kind}")


def read_payload(payload: Mapping[str, Any]) -> Any:
    if "json" in payload:
        return arqon.Json(payload["json"])
    return payload["text"] if "text" in payload else base64.b64decode(payload["base64"])


def show_payload(message: arqon.Message) -> dict[str, Any] | None:
    url = message.raw.payload.type_url
    if not url:
        return None
    name = url.rsplit("/", 1)[-1]
    if name == "google.protobuf.Value":
        return {"json": message.payload}
    if name == "google.protobuf.StringValue":
        return {"text": message.payload}
    if name == "google.protobuf.BytesValue":
        return {"base64": base64.b64encode(message.payload).decode()}
    return {"typeUrl": url}


def show_message(message: arqon.Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "topic": message.topic,
        "sequence": message.sequence,
        "producer": message.producer,
        "reality": message.reality,
        "timestampUs": message.timestamp_us,
        "type": message.type,
        "schema": message.schema,
        "durability": message.durability,
        "replyTo": message.reply_to,
        "trace": message.trace,
        "payload": show_payload(message),
    }


def show_summary(summary: arqon.StreamSummary) -> dict[str, Any]:
    return {
        "streamId": summary.stream_id,
        "chunks": summary.chunks,
        "bytes": summary.bytes,
        "sha256": summary.sha256,
    }


def show_output(state: arqon.JobState) -> dict[str, Any] | None:
    result = state.raw.result
    if not result.output_media_type and not result.output:
        return None
    if result.output_media_type.startswith("application/json"):
        return {"json": state.output}
    if isinstance(state.output, str):
        return {"text": state.output}
    return {"base64": base64.b64encode(result.output).decode()}


def show_state(state: arqon.JobState) -> dict[str, Any]:
    return {
        "jobId": state.job_id,
        "topic": state.topic,
        "status": state.status,
        "attempt": state.attempt,
        "progress": state.progress,
        "note": state.note,
        "output": show_output(state),
        "error": {"code": state.error.code, "message": state.error.message} if state.error else None,
        "recipeId": state.recipe_id,
        "artifactId": state.artifact_id,
        "recordId": state.record_id,
        "sealPending": state.seal_pending,
        "reported": state.reported,
    }


async def main() -> None:
    agent = Agent()
    reader = asyncio.StreamReader(limit=MAX_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    running: set[asyncio.Task[None]] = set()

    def say(line: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    async def run(command: Mapping[str, Any]) -> None:
        renamed = {"operated": "operated_jobs", "writeStream": "write_stream", "readStream": "read_stream"}
        name = renamed.get(command["cmd"], command["cmd"])
        try:
            say({"id": command["id"], "ok": True, "value": await getattr(agent, name)(command["args"])})
        except Exception as error:
            code = error.code if isinstance(error, arqon.ArqonError) else "INTERNAL"
            code = "DEADLINE_EXCEEDED" if isinstance(error, TimeoutError) else code
            message = (
                error.message if isinstance(error, arqon.ArqonError) else f"{type(error).__name__}: {error}"
            )
            say({"id": command["id"], "ok": False, "error": {"code": code, "message": message}})

    say({"ready": True, "sdk": "python"})
    while line := await reader.readline():
        task = asyncio.create_task(run(json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)
    os._exit(0)  # At once, whatever still runs.


if __name__ == "__main__":
    asyncio.run(main())
