"""What results look like on a page: headings, tables, ids. Text is only ever text."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def short_id(identity: str) -> str:
    """12 characters of an id, as it is shown to people."""
    return identity.removeprefix("sha256:")[:12] or "(not sealed)"


def bar(fraction: float) -> str:
    """A histogram bar; `fraction` is 0 to 1."""
    width = round(100 * min(max(fraction, 0.0), 1.0), 1)
    return f"<div style='background:#4878a8;height:0.8em;width:{width}%'></div>"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Cells of text; numbers to the right."""
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    names = "".join(f"<th style='text-align:left'>{html.escape(name)}</th>" for name in head)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"<td style='text-align:right'>{value:.6g}</td>"
    side = "right" if isinstance(value, int) else "left"
    return f"<td style='text-align:{side}'>{html.escape(str(value))}</td>"


def page(title: str, said: str, body: str, warnings: Iterable[str], artifact_id: str) -> str:
    """A result: its title, a line about it, what it is, and under what it is kept."""
    notes = "".join(f"<div>⚠ {html.escape(warning)}</div>" for warning in warnings)
    about = f" · {html.escape(said)}" if said else ""
    return (
        f"<div><b>{html.escape(title)}</b>{about}</div>{body}{notes}"
        f"<div title='{html.escape(artifact_id, quote=True)}'>artifact <code>{html.escape(short_id(artifact_id))}</code></div>"
    )
