"""What people call a run: tags to find it by, and a note. They go into its record, and into no id but the record's."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from arqon.canonical import canonical_json
from arqon.errors import ArqonError

MAX_TAGS = 32
MAX_TAG_CHARACTERS = 64
MAX_NOTE_CHARACTERS = 4096
_NOT_PRINTABLE = frozenset(("Cc", "Cf", "Co", "Cs", "Zl", "Zp"))


def labels_json(tags: Iterable[str] = (), note: str = "") -> str:
    """The canonical JSON of labels, "" without any. Tags are composed (NFC), sorted, and each is there once.

    Raises ArqonError `USAGE` for a character that may not be, `LIMIT_EXCEEDED` for too many or too long.
    """
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise ArqonError("USAGE", f"tags is {tags!r:.80}; a list of texts is meant")
    if not isinstance(note, str):
        raise ArqonError("USAGE", f"note is {note!r:.80}; a text is meant")
    kept = sorted({_tag(tag, f"tags[{index}]") for index, tag in enumerate(tags)})
    if len(kept) > MAX_TAGS:
        raise ArqonError("LIMIT_EXCEEDED", f"tags: {len(kept)}, limit {MAX_TAGS}")
    if len(note) > MAX_NOTE_CHARACTERS:
        raise ArqonError("LIMIT_EXCEEDED", f"note: {len(note)} characters, limit {MAX_NOTE_CHARACTERS}")
    if any(c not in "\n\t" and unicodedata.category(c) in _NOT_PRINTABLE for c in note):
        raise ArqonError(
            "USAGE", "note has a character that does not print; line feeds and tabs are possible"
        )
    if note and not note.strip():
        raise ArqonError("USAGE", "note is blank")
    labels: dict[str, Any] = {**({"note": note} if note else {}), **({"tags": kept} if kept else {})}
    return canonical_json(labels) if labels else ""


def _tag(given: str, what: str) -> str:
    if not isinstance(given, str):
        raise ArqonError("USAGE", f"{what} is {given!r:.80}; a text is meant")
    # Some characters are composed of several: what is kept has the limit too.
    tag = given if len(given) > MAX_TAG_CHARACTERS else unicodedata.normalize("NFC", given)
    if len(tag) > MAX_TAG_CHARACTERS:
        raise ArqonError(
            "LIMIT_EXCEEDED", f'{what} "{given[:80]}" is longer than {MAX_TAG_CHARACTERS} characters'
        )
    if not tag:
        raise ArqonError("USAGE", f"{what} is empty")
    if tag.strip() != tag:
        raise ArqonError("USAGE", f"{what} {tag!r} begins or ends with a space")
    if "," in tag:
        raise ArqonError("USAGE", f'{what} "{tag}" has a comma; give two tags')
    for c in tag:
        category = unicodedata.category(c)
        if category in _NOT_PRINTABLE or (category == "Zs" and c != " "):
            raise ArqonError("USAGE", f"{what} {tag!r} has a character that does not print")
    return tag
