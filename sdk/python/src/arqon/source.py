"""What a program's working copy was: commit, tree, and what is not committed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .errors import ArqonError

_MOST_BYTES = 262_144


def capture_source(folder: str | Path = ".") -> dict[str, str]:
    """The git working copy that a folder is in, for `source=` of `submit` and `run_circuit`: `commit`, `tree`, `diff`.

    A server refuses to seal what looks like a secret in it. Raises ArqonError `USAGE` where there is no repository with a
    commit, `LIMIT_EXCEEDED` for uncommitted changes over 256 KiB.
    """

    def git(*args: str) -> str:
        try:
            done = subprocess.run(["git", *args], cwd=folder, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError) as cause:
            raise ArqonError(
                "USAGE",
                f"{folder} is in no git repository with a commit",
                remedy="Commit the program to git first, or run without its source.",
            ) from cause
        return done.stdout.decode("utf-8", "replace")

    commit, tree = git("rev-parse", "HEAD").strip(), git("rev-parse", "HEAD^{tree}").strip()
    diff = git("diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv")
    size = len(diff.encode())
    if size > _MOST_BYTES:
        raise ArqonError(
            "LIMIT_EXCEEDED",
            f"the uncommitted changes have {size} bytes; the limit is {_MOST_BYTES}",
            remedy="Commit what is large, then run again.",
        )
    return {"commit": commit, "diff": diff, "tree": f"swh:1:dir:{tree}"}
