"""Whatever a notebook hands to the SDK, or a peer answers it, comes out as an ArqonError that says what and what to do."""

from __future__ import annotations

import asyncio
import inspect
import math
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_server import fake_pair

import arqon
from arqon.gen.arqon.v1 import job_pb2 as job
from arqon.jobs import JobState
from arqon.quantum import as_told

JUNK: list[Any] = [
    None, True, -1, 0, 1.5, math.nan, 2**64, 10**400, "", "x", "lab.a.b", "0x2a", b"\xff", [], [1], ["ZZ"], [[1, 2], ["a"]],
    {}, {"a": 1}, {1: 2}, {"a": math.nan}, object(), {"a": object()}, Path("/nonexistent"), 1j, range(3), "\ud800", "\0",
]  # fmt: skip
CALLS = (
    "publish subscribe request submit submit_circuit run_circuit estimate gradient classify validate calibration replay "
    "fetch_bundle lineage cite sweep sweep_jobs open_stream read_stream history operate respond job send"
)


CALLBACKS = ("timeout_s", "on_state", "on_progress", "heartbeat", "lease_s")
"""What they do is for the type checker to see."""


@pytest.mark.parametrize("name", CALLS.split())
async def test_a_call_refuses_by_code_what_it_cannot_take(name: str) -> None:
    chance = random.Random(name)
    async with fake_pair() as (_, client):
        method = getattr(client, name)
        signature = inspect.signature(method).parameters.values()
        required = [
            each
            for each in signature
            if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
        ]
        options = [
            each.name for each in signature if each.kind is each.KEYWORD_ONLY and each.name not in CALLBACKS
        ]
        for _ in range(60):
            given = [
                (lambda *_: {}) if each.name in ("job", "handle", "responder") else chance.choice(JUNK)
                for each in required
            ]
            chosen = chance.sample(options, min(len(options), chance.randrange(3)))
            more = {"schema": "lab.x.v1"} if name == "submit" else {}
            more |= {key: chance.choice(JUNK) for key in chosen}
            try:
                async with asyncio.timeout(0.01):
                    made = method(*given, **more)
                    if inspect.isasyncgen(made):
                        async for _ in made:
                            break
                    elif inspect.isawaitable(made):
                        await made
            except (arqon.ArqonError, TimeoutError):
                continue
            except Exception as error:  # noqa: BLE001
                pytest.fail(f"{name}({given}, {more}) raised {error!r}")


@pytest.mark.parametrize("name", CALLS.split())
async def test_an_option_alone_refuses_by_code_what_it_cannot_take(name: str) -> None:
    good = {
        "topic": "lab.x.jobs",
        "circuit": "qreg q[1];",
        "pattern": "lab.x.*",
        "features": [[1.0]],
        "labels": ["a"],
    }
    good |= {"observable": "Z", "payload": {}, "constraints": [], "values": {}, "points": {"a": [1]}}
    async with fake_pair() as (_, client):
        method = getattr(client, name)
        if name in ("operate", "respond", "send", "job"):
            return  # Their options are told to tasks of their own.
        signature = inspect.signature(method).parameters.values()
        given = {
            each.name: (lambda *_: {"schema": "lab.x.v1", "program": "x"})
            if each.name == "job"
            else good.get(each.name, "a" * 64)
            for each in signature
            if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
        }
        given |= {"schema": "lab.x.v1"} if name == "submit" else {}
        for option in ("timeout_s", "deadline_s", "observables", "shots", "inputs", "limit", "depth"):
            known = {each.name for each in signature}
            if option not in known:
                continue
            for junk in [*JUNK, "soon", math.inf, -math.inf]:
                try:
                    async with asyncio.timeout(0.01):
                        await method(**given, **{option: junk})
                except (arqon.ArqonError, TimeoutError):
                    continue
                except Exception as error:  # noqa: BLE001
                    pytest.fail(f"{name}({option}={junk!r}) raised {error!r}")


async def test_an_option_that_an_estimate_has_not_is_told_as_python_tells_it() -> None:
    async with fake_pair() as (_, client):
        with pytest.raises(TypeError, match="'shot'"):
            await client.estimate("qreg q[1];", shot=5)  # type: ignore[call-arg]


ANSWERS: list[Any] = [
    {},
    {"counts": 5},
    {"counts": {"0": "x"}},
    {"counts": {"0": None}, "shots": "x"},
    {"verdict": []},
    {"gradient": [1]},
]
READERS: list[Callable[..., Any]] = [
    arqon.RunResult.from_output,
    arqon.ClassifyResult.from_output,
]


@pytest.mark.parametrize("reader", READERS)
def test_an_answer_that_is_none_is_malformed_and_nothing_else(reader: Callable[..., Any]) -> None:
    state = JobState(job.JobState(job_id="j", status=job.JOB_STATUS_SUCCEEDED))
    for answer in ANSWERS:
        with pytest.raises(arqon.ArqonError) as refused:
            as_told(reader, answer, state)
        assert refused.value.code == "WIRE_MALFORMED"


def test_files_that_are_none_are_refused_by_code(tmp_path: Path) -> None:
    junk = tmp_path / "junk.zip"
    junk.write_bytes(b"PK\x03\x04 not really")
    for call in (
        lambda: arqon.bundle.verify(tmp_path / "absent.zip"),
        lambda: arqon.bundle.verify(5),  # type: ignore[arg-type]
        lambda: arqon.bundle.read_zip(b""),
        lambda: arqon.bundle.read_zip(junk.read_bytes()),
        lambda: arqon.bundle.read_files(tmp_path / "absent"),
        lambda: arqon.bundle.read_trust(b"{"),  # type: ignore[arg-type]
        lambda: arqon.bundle.parse_canonical_json(b"{", "a text"),
        lambda: arqon.capture_source(tmp_path / "absent"),
        lambda: arqon.Circuit("x", "y") and arqon.Client("ftp://x", "k" * 64),
        lambda: arqon.Client("ws://127.0.0.1:1", "k" * 64),
        lambda: arqon.Client("", ""),
    ):
        with pytest.raises(arqon.ArqonError) as refused:
            call()
        assert refused.value.remedy


def test_every_code_the_sdk_raises_has_a_remedy_of_its_own() -> None:
    sources = Path(arqon.__file__).parent
    raised = {
        code
        for path in sources.rglob("*.py")
        if "gen" not in path.relative_to(sources).parts
        for code in re.findall(r'ArqonError\(\s*"([A-Z][A-Z_0-9]+)"', path.read_text())
    }
    assert len(raised) > 20
    for code in sorted(raised | {"JOB_EXPIRED", "JOB_DEAD", "CANCELLED"}):
        assert arqon.ArqonError(code, "x").remedy, code
