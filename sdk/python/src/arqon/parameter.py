"""Angles that are given when a circuit is run."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import SupportsFloat

from arqon.errors import ArqonError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Parameter:
    """An angle by name: an `input float` of the text; `inputs={"theta": 0.4}` gives its value.

    It can be negated and multiplied by a number. Raises ArqonError `QASM_SEMANTIC` for what is no name.
    """

    name: str
    factor: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise ArqonError(
                "QASM_SEMANTIC",
                f"Parameter(name={str(self.name)[:40]!r}): a letter, then letters, digits and _",
                remedy="Give it another name.",
            )

    def __neg__(self) -> Parameter:
        return self * -1.0

    def __mul__(self, by: SupportsFloat) -> Parameter:
        factor = self.factor * float(by)
        if not math.isfinite(factor):
            raise ArqonError(
                "QASM_SEMANTIC",
                f"{self.name} * {float(by)} is not finite",
                remedy="Multiply by a finite number.",
            )
        return replace(self, factor=factor)

    __rmul__ = __mul__
