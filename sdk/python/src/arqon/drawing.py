"""Circuits drawn: for a terminal as lines of text, for a page as SVG."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from arqon.circuit_steps import Instruction, refuse_larger, steps_in
from arqon.circuit_text import Registers, angle_text
from arqon.parameter import Parameter

MAX_DRAWN = 20_000
"""Instructions of one drawing; more nobody could look at."""
MAX_WIRES = 1_000
_CONTROLS = {
    name: (1, name[1:])
    for name in ["cx", "cy", "cz", "ch", "cs", "csdg", "csx", "cp", "cu1", "cu3", "cu", "crx", "cry", "crz"]
}
_CONTROLS |= {
    "ccx": (2, "x"),
    "ccz": (2, "z"),
    "c3x": (3, "x"),
    "c4x": (4, "x"),
    "c3sqrtx": (3, "sx"),
    "cswap": (1, "swap"),
}
_TITLES = {
    "sdg": "S†",
    "tdg": "T†",
    "sxdg": "√X†",
    "sx": "√X",
    "csdg": "S†",
    "id": "I",
    "reset": "|0⟩",
    "gphase": "Phase",
}
_SYMBOLS = {"control": "●", "flip": "⊕", "swap": "╳", "barrier": "░"}
_BOX, _ROW, _CHARACTER, _MARGIN = 28, 40, 8, 16
_STYLE = "".join(
    f".arqon {rule}"
    for rule in (
        "text{font:13px sans-serif;fill:#111;text-anchor:middle;dominant-baseline:central}",
        ".name{text-anchor:end}",
        "line{stroke:#111;stroke-width:1.2}",
        "circle{stroke:#111;stroke-width:1.2}",
        "rect{stroke:#111;stroke-width:1.2}",
        ".bits{stroke:#888}",
        ".box{fill:#e8f0fe}",
        ".measure{fill:#fdeccf}",
        ".dot{fill:#111}",
        ".plus{fill:#fff}",
        ".barrier{stroke:#888;stroke-dasharray:4 3}",
    )
)


class Mark(NamedTuple):
    """What stands on one wire in one column."""

    wire: int
    kind: str
    text: str = ""


class Drawing(str):
    """Text that a prompt shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return (
            self
            if self.startswith("<svg")
            else f"<pre style='font-family:monospace;line-height:1.2'>{html.escape(self)}</pre>"
        )


class Layout:
    """Where everything goes: wires from top to bottom, every step as far left as it can stand."""

    def __init__(self, qubits: int, registers: Registers, steps: Sequence[Instruction]) -> None:
        refuse_larger("draw", "instructions", sum(1 for _ in steps_in(steps)), MAX_DRAWN)
        refuse_larger("draw", "wires", qubits + len(registers), MAX_WIRES)
        self.qubits = qubits
        names = [f"q[{k}]" for k in range(qubits)] if qubits != 1 else ["q"]
        self.wires = names + [f"{name}/{size}" for name, _, size in registers]
        self.items: list[tuple[int, list[Mark]]] = []
        free = [0] * len(self.wires)
        places = {
            start + k: (qubits + r, k) for r, (_, start, size) in enumerate(registers) for k in range(size)
        }
        for step in steps:
            marks = list(_marks(step, places))
            if not marks:
                continue
            on = range(min(mark.wire for mark in marks), max(mark.wire for mark in marks) + 1)
            column = max(free[wire] for wire in on)
            for wire in on:
                free[wire] = column + 1
            self.items.append((column, marks))
        self.columns = max(free, default=0)


def _marks(step: Instruction, places: dict[int, tuple[int, int]]) -> Iterator[Mark]:
    name, qubits = step.name, step.qubits
    if name == "barrier":
        yield from (Mark(qubit, "barrier") for qubit in qubits)
    elif name == "measure":
        wire, k = places[step.clbits[0]]
        yield Mark(qubits[0], "box", "M")
        yield Mark(wire, "bit", str(k))
    elif name == "delay":
        yield from (Mark(qubit, "box", f"Delay({_angle(step.angles[0])}{step.unit})") for qubit in qubits)
    elif name == "if_else" and qubits:
        title = "If/Else" if len(step.bodies) > 1 else "If"
        yield from (Mark(qubit, "box", title) for qubit in qubits)
        tests: dict[int, list[str]] = {}
        for k, bit in enumerate(step.clbits):
            wire, at = places[bit]
            tests.setdefault(wire, []).append(f"{at}={step.value >> k & 1}")
        yield from (Mark(wire, "test", " ".join(text)) for wire, text in tests.items())
    elif qubits:
        own, inner = _CONTROLS.get(name, (0, name)) if not step.is_inverse else (0, name)
        own += step.controls
        yield from (Mark(qubit, "control") for qubit in qubits[:own])
        rest = qubits[own:]
        if inner in ("x", "swap") and (own or inner == "swap") and not step.is_inverse:
            yield from (Mark(qubit, "flip" if inner == "x" else "swap") for qubit in rest)
            return
        angles = f"({','.join(map(_angle, step.angles))})" if step.angles else ""
        title = f"{_TITLES.get(inner, inner[:1].upper() + inner[1:])}{'†' if step.is_inverse else ''}{angles}"
        for k, qubit in enumerate(rest):
            yield Mark(qubit, "box", f"{title}:{k}" if len(rest) > 1 else title)


def _angle(angle: float | Parameter) -> str:
    """A fraction of π where it is one, or four significant digits."""
    if isinstance(angle, Parameter):
        return angle_text(angle)
    for part in (1, 2, 3, 4, 6, 8, 16, 32):
        times = round(angle * part / math.pi) if abs(angle) < 65 * math.pi else 0
        if times and abs(times) <= 64 and abs(times * math.pi / part - angle) <= 1e-12:
            return f"{ {1: '', -1: '-'}.get(times, str(times)) }π{'' if part == 1 else f'/{part}'}"
    return f"{angle:.4g}"


def text_of(layout: Layout, columns: int) -> Drawing:
    """Lines of text, in blocks one under the other where it is wider than `columns` characters."""
    label = max(map(len, layout.wires), default=0) + 1
    widths = [3] * layout.columns
    for column, marks in layout.items:
        for mark in marks:
            own = len(_symbol(mark))
            # What hangs below a column starts at its middle.
            widths[column] = max(widths[column], (2 * own - 1 if mark.kind in ("bit", "test") else own) + 2)
    blocks: list[str] = []
    start = 0
    while start < layout.columns or not blocks:
        end, width = start, label + 2
        while end < layout.columns and (end == start or width + widths[end] <= columns):
            width, end = width + widths[end], end + 1
        blocks.append(_block(layout, label, widths, start, end))
        start = end
    return Drawing("\n\n".join(blocks))


def _symbol(mark: Mark) -> str:
    if mark.kind == "box":
        return f"[{mark.text}]"
    return _SYMBOLS.get(mark.kind) or f"{'╩' if mark.kind == 'bit' else '■'}{mark.text}"


def _block(layout: Layout, label: int, widths: Sequence[int], start: int, end: int) -> str:
    offsets = [label + 1 + sum(widths[start:column]) for column in range(start, end)]
    width = label + 2 + sum(widths[start:end])
    rows: list[list[str]] = []
    for wire, name in enumerate(layout.wires):
        line = ["─" if wire < layout.qubits else "═"] * width
        line[:label] = name.ljust(label)
        rows += [line, [" "] * width]
    for column, marks in layout.items:
        if start <= column < end:
            _place(rows, marks, offsets[column - start] + (widths[column] - 1) // 2, layout.qubits)
    lines = ("".join(row).rstrip() for row in rows)
    return "\n".join(line for line in lines if line)


def _place(rows: list[list[str]], marks: Sequence[Mark], middle: int, qubits: int) -> None:
    quantum = [mark.wire for mark in marks if mark.wire < qubits]
    top, bottom = min(quantum), max(quantum)
    barrier = any(mark.kind == "barrier" for mark in marks)
    for row in range(2 * top + 1, 2 * max(mark.wire for mark in marks)):
        hangs = row > 2 * bottom
        if row % 2:
            rows[row][middle] = "║" if hangs else "░" if barrier else "│"
        elif row // 2 < qubits:
            rows[row][middle] = "╫" if hangs else "─" if barrier else "┼"
        else:
            rows[row][middle] = "╬"
    for mark in marks:
        symbol = _symbol(mark)
        left = middle if mark.wire >= qubits else middle - (len(symbol) - 1) // 2
        rows[2 * mark.wire][left : left + len(symbol)] = symbol


def svg_of(layout: Layout) -> Drawing:
    """An SVG document: no script, nothing loaded from elsewhere."""
    left = _MARGIN + _CHARACTER * max(map(len, layout.wires), default=1) + 12
    widths = [_BOX] * layout.columns
    for column, marks in layout.items:
        widths[column] = max(widths[column], *map(_width, marks))
    centers = [left + 12 + sum(widths[:k]) + 12 * k + width / 2 for k, width in enumerate(widths)]
    width = (centers[-1] if centers else left) + _MARGIN + max(widths, default=_BOX)
    height = 2 * _MARGIN + _ROW * max(1, len(layout.wires))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="arqon" width="{width:g}" height="{height}" viewBox="0 0 {width:g} {height}">',
        f'<style>{_STYLE}</style><rect width="{width:g}" height="{height}" style="fill:#fff;stroke:none"/>',
    ]
    for wire, name in enumerate(layout.wires):
        y = _y(wire)
        parts.append(f'<text class="name" x="{left - 6}" y="{y}">{html.escape(name)}</text>')
        for shift in (0,) if wire < layout.qubits else (-1.5, 1.5):
            kind = "" if wire < layout.qubits else ' class="bits"'
            parts.append(_line(left, y + shift, width - _MARGIN, y + shift, kind))
    for column, marks in layout.items:
        parts += _drawn(marks, centers[column], layout.qubits)
    return Drawing("".join([*parts, "</svg>"]))


def _y(wire: int) -> int:
    return _MARGIN + _ROW // 2 + wire * _ROW


def _width(mark: Mark) -> int:
    more = {"box": _CHARACTER * len(mark.text) + 10, "bit": 16 * len(mark.text), "test": 16 * len(mark.text)}
    return max(_BOX, more.get(mark.kind, 0))


def _line(x1: float, y1: float, x2: float, y2: float, more: str = "") -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"{more}/>'


def _drawn(marks: Sequence[Mark], x: float, qubits: int) -> Iterable[str]:
    quantum = [mark.wire for mark in marks if mark.wire < qubits]
    top, bottom, end = _y(min(quantum)), _y(max(quantum)), _y(max(mark.wire for mark in marks))
    if bottom > top and not any(mark.kind == "barrier" for mark in marks):
        yield _line(x, top, x, bottom)
    if end > bottom:
        yield from (_line(x + shift, bottom, x + shift, end, ' class="bits"') for shift in (-1.5, 1.5))
    for mark in marks:
        y = _y(mark.wire)
        if mark.kind == "box":
            wide, style = _width(mark), "measure" if mark.text == "M" else "box"
            yield f'<rect class="{style}" x="{x - wide / 2:g}" y="{y - _BOX / 2:g}" width="{wide}" height="{_BOX}" rx="3"/>'
            yield f'<text x="{x:g}" y="{y}">{html.escape(mark.text)}</text>'
        elif mark.kind == "flip":
            yield f'<circle class="plus" cx="{x:g}" cy="{y}" r="10"/>'
            yield _line(x - 10, y, x + 10, y) + _line(x, y - 10, x, y + 10)
        elif mark.kind == "swap":
            yield _line(x - 6, y - 6, x + 6, y + 6) + _line(x - 6, y + 6, x + 6, y - 6)
        elif mark.kind == "barrier":
            yield _line(x, y - _ROW / 2, x, y + _ROW / 2, ' class="barrier"')
        else:
            yield f'<circle class="dot" cx="{x:g}" cy="{y}" r="4"/>'
            if mark.text:
                yield f'<text x="{x + 6 * len(mark.text) + 8:g}" y="{y + 12}">{html.escape(mark.text)}</text>'
