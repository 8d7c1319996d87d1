"""Artifacts as calls take them: by id, or by what has one."""

from __future__ import annotations

from typing import Protocol

from arqon.errors import ArqonError


class Sealed(Protocol):
    """What a run, a replay, a gradient and the like have."""

    @property
    def artifact_id(self) -> str: ...


ArtifactLike = str | Sealed
"""An id, with or without "sha256:" in front, or what was sealed under one."""


def artifact_id_of(artifact: ArtifactLike) -> str:
    """With "sha256:" in front. Raises ArqonError `USAGE` for what has no id."""
    identity = artifact if isinstance(artifact, str) else getattr(artifact, "artifact_id", None)
    if not isinstance(identity, str):
        raise ArqonError("USAGE", f"{str(artifact)[:60]!r} is neither an artifact id nor what has one")
    if not identity:
        raise ArqonError("USAGE", "there is no artifact id: it was not sealed")
    return identity if identity.startswith("sha256:") else f"sha256:{identity}"
