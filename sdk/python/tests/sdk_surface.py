"""What the Python SDK offers, by name: members of classes, options of calls, fields of results."""

from __future__ import annotations

import dataclasses
import inspect
import re

import arqon
from arqon.blocking import _spelled_out
from arqon.gates import GATES

_OWN_FIELD = re.compile(r"^ {8}self\.([a-z]\w*)\b.*=", re.MULTILINE)


def members(name: str) -> list[str]:
    """Of a class, or the options of a method, "AsyncClient.run_circuit": what it takes by name."""
    kind, _, method = name.partition(".")
    owner = getattr(arqon, kind)
    if method:
        parameters = _spelled_out(inspect.signature(getattr(owner, method))).parameters
        return sorted(key for key in parameters if key != "self")
    if dataclasses.is_dataclass(owner):
        return sorted(field.name for field in dataclasses.fields(owner))
    found = {key for key, _ in inspect.getmembers(owner) if not key.startswith("_")}
    found |= set(_OWN_FIELD.findall(inspect.getsource(owner)))
    return sorted(found - set(GATES) if owner is arqon.QuantumCircuit else found)
