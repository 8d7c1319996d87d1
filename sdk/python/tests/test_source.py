"""A working copy as it was when a run was submitted."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from arqon import ArqonError, capture_source


def git(folder: Path, *args: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", *identity, *args], cwd=folder, capture_output=True, check=True, text=True
    ).stdout


def test_commit_tree_and_what_is_not_committed(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.qasm").write_text("one\n")
    git(tmp_path, "add", "a.qasm")
    git(tmp_path, "commit", "-q", "-m", "x")
    clean = capture_source(tmp_path)
    assert clean["commit"] == git(tmp_path, "rev-parse", "HEAD").strip()
    assert clean["tree"].startswith("swh:1:dir:")
    assert clean["diff"] == ""
    (tmp_path / "a.qasm").write_text("two\n")
    dirty = capture_source(tmp_path)
    assert (dirty["commit"], dirty["tree"]) == (clean["commit"], clean["tree"])
    assert "-one\n+two" in dirty["diff"]
    assert str(tmp_path) not in dirty["diff"]


def test_without_a_repository_or_with_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ArqonError) as refused:
        capture_source(tmp_path)
    assert refused.value.code == "USAGE"
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("one\n")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-q", "-m", "x")
    (tmp_path / "a").write_text("x\n" * 200_000)
    with pytest.raises(ArqonError) as large:
        capture_source(tmp_path)
    assert large.value.code == "LIMIT_EXCEEDED"
