"""What people call a run, as every SDK says it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
    assert labels_json() == ""
