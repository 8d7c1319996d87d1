"""What happens where an if_test does not hold."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from arqon.circuit_steps import Instruction, branch, refuse

if TYPE_CHECKING:
    from arqon.circuits import QuantumCircuit


class Else:
    """What `if_test` gives: used as a context, what is added inside happens where the test does not hold."""

    def __init__(self, circuit: QuantumCircuit) -> None:
        self._circuit = circuit
        self._steps: list[Instruction] | None = None

    def place(self, steps: list[Instruction]) -> None:
        self._steps, self._at = steps, len(steps)

    def __enter__(self) -> None:
        if self._steps is None or len(self._steps) != self._at or len(self._steps[-1].bodies) > 1:
            refuse("if_test", "what happens otherwise follows its test at once, and once")
        self._context = self._circuit._body("if_test")
        self._body = self._context.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.__exit__(kind, error, trace)
        if self._steps and error is None:
            test = self._steps[-1]
            self._steps[-1] = branch(test.clbits, test.value, *test.bodies, self._body)
