"""What people call a run, as every SDK says it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fake_server import fake_pair

import arqon
from arqon import ArqonError
from arqon.labels import labels_json

VECTORS = json.loads((Path(__file__).parents[3] / "core/base/labels.golden.json").read_text("utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=range(len(VECTORS)))
def test_labels_are_what_the_published_vectors_say(vector: dict[str, object]) -> None:
    tags, note = vector["tags"], vector["note"]
    if "refused" in vector:
        with pytest.raises(ArqonError) as refused:
            labels_json(tags, note)  # type: ignore[arg-type]
        assert refused.value.code == vector["refused"]
    else:
        assert labels_json(tags, note) == vector["labels_json"]  # type: ignore[arg-type]


def test_a_text_is_no_list_of_tags() -> None:
    with pytest.raises(ArqonError, match="a list of texts is meant"):
        labels_json("bell")
    with pytest.raises(ArqonError, match="a list of texts is meant"):
        labels_json(5)  # type: ignore[arg-type]
    for wrong in ({"tags": [1]}, {"tags": [None]}, {"note": 5}):
        with pytest.raises(ArqonError, match="a text is meant"):
            labels_json(**wrong)  # type: ignore[arg-type]
    assert labels_json() == ""


async def test_runs_are_asked_for_by_their_tags() -> None:
    row: dict[str, Any] = {f"{key}Id": f"sha256:{key}" for key in ("artifact", "recipe", "record")}
    row |= {"jobId": "j", "backendId": "b", "artifactType": "run", "createdAt": "t", "title": "bell.qasm"}
    row |= {"tags": ["bell", "demo"], "reproduced": 2, "reported": False, "imported": True}
    said: list[Any] = [{"runs": [row]}, {"runs": []}, {"runs": [{}]}, {}, "text"]
    asked: list[Any] = []

    def responder(message: arqon.Message) -> arqon.Json:
        asked.append(message.payload)
        return arqon.Json(said.pop(0))

    async with fake_pair() as (_, client):
        await client.respond("artifact.runs.get", responder)
        runs = await client.runs(tags=("bell", "demo"), limit=3)
        assert repr(runs) == "artifact  run  bell.qasm  b  t  bell, demo"
        shown = runs._repr_html_()  # type: ignore[attr-defined]
        assert shown.startswith("<table>") and "<td style='text-align:left'>bell, demo</td>" in shown
        [found] = runs
        assert (found.artifact_id, found.tags, found.reproduced) == ("sha256:artifact", ("bell", "demo"), 2)
        none = await client.runs()
        assert (none, repr(none)) == ([], "no runs")
        assert asked == [{"tags": ["bell", "demo"], "limit": 3}, {"tags": [], "limit": 20}]
        for _malformed in range(3):
            with pytest.raises(ArqonError) as refused:
                await client.runs()
            assert refused.value.code == "WIRE_MALFORMED"
        with pytest.raises(ArqonError, match="a list of texts is meant"):
            await client.runs(tags="bell")
