"""The two SDKs offer the same by the same names: sdk/surface.json says both. tests/sdk-surface.test.ts is TypeScript's half."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from sdk_surface import members

import arqon

SURFACES = json.loads((Path(__file__).resolve().parents[2] / "surface.json").read_text())


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface["python"])
def test_it_is_what_the_list_of_both_says(surface: dict[str, Any]) -> None:
    assert sorted([*surface["both"].values(), *surface["pythonOnly"]]) == members(surface["python"])


@pytest.mark.parametrize(
    "name", ["run_circuit", "estimate", "gradient", "replay", "validate", "lineage", "cite"]
)
def test_the_client_without_async_takes_the_same_options(name: str) -> None:
    blocking = inspect.signature(getattr(arqon.Client, name)).parameters
    assert sorted(key for key in blocking if key != "self") == members(f"AsyncClient.{name}")
