"""How far a call is, shown where the call was made: a bar in a notebook, a line in a terminal."""

from __future__ import annotations

import html
import sys
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from arqon.jobs import JobState
from arqon.sweeps import SweepProgress

_AFTER_S = 0.5
"""Calls that take less show nothing."""


class Progress:
    """The latest word of one call: told in any thread, shown in the caller's, cleared at the end."""

    def __init__(self, monotonic_s: Callable[[], float] = monotonic) -> None:
        self._now = monotonic_s
        self._from_s = monotonic_s() + _AFTER_S
        self._lock = threading.Lock()
        self._told: tuple[float | None, str] | None = None
        self._surface: _Notebook | _Terminal | None = None

    def state(self, state: JobState) -> None:
        """For `on_state`."""
        note = state.note or {"SUBMITTED": "waiting", "SUCCEEDED": "sealing"}.get(state.status, "running")
        with self._lock:
            self._told = (state.progress or None, note)

    def sweep(self, progress: SweepProgress) -> None:
        """For `on_progress`."""
        failed = f", {progress.failed} failed" if progress.failed else ""
        with self._lock:
            self._told = (progress.done / progress.total, f"{progress.done} of {progress.total}{failed}")

    def show(self) -> None:
        """Shows what was told since the last time, once the call has taken a while."""
        if self._now() < self._from_s:
            return
        with self._lock:
            told, self._told = self._told, None
        if told:
            self._surface = self._surface or (_Notebook() if in_notebook() else _Terminal())
            self._surface.show(*told)

    def end(self) -> None:
        if self._surface:
            self._surface.clear()


class _Notebook:
    """An output of the cell that is replaced as it goes."""

    def __init__(self) -> None:
        shown: Any = sys.modules["IPython"].display
        self._html = shown.HTML
        self._handle = shown.display(self._html(""), display_id=True)

    def show(self, fraction: float | None, note: str) -> None:
        bar = "<progress></progress>" if fraction is None else f"<progress value='{fraction:.3f}'></progress>"
        share = "" if fraction is None else f" {100 * fraction:.0f} %"
        self._handle.update(self._html(f"<div>{bar}{share} {html.escape(note)}</div>"))

    def clear(self) -> None:
        self._handle.update(self._html(""))


class _Terminal:
    """A line that is replaced as it goes; on stderr, so that the answer stays clean."""

    def show(self, fraction: float | None, note: str) -> None:
        share = "" if fraction is None else f"{100 * fraction:3.0f} % "
        plain = "".join(char if char.isprintable() else " " for char in note)
        sys.stderr.write(f"\r\x1b[K{share}{plain[:100]}")
        sys.stderr.flush()

    def clear(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell: Any = sys.modules.get("IPython")
    return bool(shell and (running := shell.get_ipython()) and getattr(running, "kernel", None))
