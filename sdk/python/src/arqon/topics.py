"""The grammar of topics and filters, and what a filter matches."""

from __future__ import annotations

import re

from arqon.errors import ArqonError

MAX_TOPIC_BYTES = 255
MAX_TOKENS = 16
MAX_TOKEN_CHARS = 64
SHORT_TOPIC_ENDINGS = ("jobs", "results", "streams", "features", "metrics", "audio", "dlq")
"""Last tokens with which a topic may have only two tokens, such as "nvm.jobs"."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]+")


def require_topic(topic: str) -> str:
    """Checks a concrete topic: 3 to 16 tokens; two where the last is one of SHORT_TOPIC_ENDINGS.

    Raises ArqonError `TOPIC_INVALID`.
    """
    tokens = _split(topic)
    for token in tokens:
        if token in ("*", ">"):
            raise _invalid(topic, "wildcards belong in filters, not in topics")
        _require_token(topic, token)
    if len(tokens) < 2:
        raise _invalid(topic, "a topic has at least two tokens, e.g. lab.sensor.read")
    if len(tokens) == 2 and tokens[1] not in SHORT_TOPIC_ENDINGS:
        endings = ", ".join(SHORT_TOPIC_ENDINGS)
        raise _invalid(topic, f"a topic of two tokens ends in {endings}; name it domain.subdomain.verb")
    return topic


def require_filter(pattern: str) -> str:
    """Checks a filter: tokens as in a topic, or "*" for exactly one token, or a final ">" for one or more.

    Raises ArqonError `TOPIC_INVALID`.
    """
    tokens = _split(pattern)
    for i, token in enumerate(tokens):
        if token == ">":
            if i != len(tokens) - 1:
                raise _invalid(pattern, '">" is allowed only at the end')
        elif token != "*":
            _require_token(pattern, token)
    return pattern


def filter_matches(pattern: str, topic: str) -> bool:
    """Whether a valid filter matches a valid topic."""
    wanted, tokens = pattern.split("."), topic.split(".")
    for i, token in enumerate(wanted):
        if token == ">":
            return len(tokens) > i
        if i >= len(tokens) or token not in ("*", tokens[i]):
            return False
    return len(wanted) == len(tokens)


def results_topic(jobs_topic: str) -> str:
    """Where the results of a topic that ends in ".jobs" come."""
    return jobs_topic.removesuffix(".jobs") + ".results"


def require_jobs_topic(topic: str, *, wildcards: bool = False) -> str:
    """Raises ArqonError `TOPIC_INVALID` unless the topic (or filter) ends in ".jobs"."""
    if wildcards:
        require_filter(topic)
    else:
        require_topic(topic)
    if not topic.endswith(".jobs"):
        raise _invalid(topic, 'jobs travel on topics that end in ".jobs"')
    return topic


def _split(text: str) -> list[str]:
    if not isinstance(text, str):
        raise ArqonError("TOPIC_INVALID", f"a topic is text, not {type(text).__name__}")
    if not text:
        raise _invalid(text, "it is empty")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TOPIC_BYTES:
        raise _invalid(text, f"it is longer than {MAX_TOPIC_BYTES} bytes")
    tokens = text.split(".")
    if len(tokens) > MAX_TOKENS:
        raise _invalid(text, f"it has more than {MAX_TOKENS} tokens")
    return tokens


def _require_token(where: str, token: str) -> None:
    if not token:
        raise _invalid(where, "a token is empty")
    if len(token) > MAX_TOKEN_CHARS:
        raise _invalid(where, f"a token is longer than {MAX_TOKEN_CHARS} characters")
    if not _TOKEN.fullmatch(token):
        raise _invalid(where, f'"{token}" has characters other than letters, digits, "-" and "_"')


def _invalid(text: str, why: str) -> ArqonError:
    return ArqonError("TOPIC_INVALID", f'"{text[:80]}": {why}')
