"""The one error class of the SDK. The catalogue of codes and remedies is docs/errors.md."""

from __future__ import annotations

import traceback
from asyncio import __file__ as _asyncio_file
from pathlib import Path
from typing import Any

from arqon.gen.arqon.v1.error_pb2 import ErrorInfo

_BENEATH = (str(Path(__file__).parent), str(Path(_asyncio_file).parent.parent))
"""Where frames lie that say nothing of a mistake: this package, and the standard library."""
# What the SDK itself raises: remedy, and whether trying again later may succeed. Everything else comes from the server
# with its own remedy.
_LOCAL: dict[str, tuple[str, bool]] = {
    "INTERNAL": ("Report it with the message and the steps that led to it.", False),
    "USAGE": ("See the documentation of the call.", False),
    "FILE_UNREADABLE": ("Check the path and its permissions.", False),
    "LIMIT_EXCEEDED": ("Make the request smaller, or raise the limit named in the message.", False),
    "CANCELLED": ("Submit it again if it is still wanted.", False),
    "JSON_INVALID": ("Write canonical JSON (RFC 8785); put integers above 2^53 into strings.", False),
    "JSON_AMBIGUOUS": ("Give every key once, and null or a string where there is no number.", False),
    "UUID_INVALID": ("Let the SDK choose message ids, or generate a UUIDv7.", False),
    "WIRE_MALFORMED": ("Use an SDK and a server of the same protocol version.", False),
    "WIRE_TOO_LARGE": ("Send smaller messages, or send the data as a stream of chunks.", False),
    "WIRE_PROTOCOL": ("Use an SDK and a server of the same protocol version.", False),
    "TOPIC_INVALID": (
        "Use dot-separated tokens of letters, digits, '-' and '_', e.g. lab.sensor.read; wildcards only in filters.",
        False,
    ),
    "PERMISSION_DENIED": ("Ask the administrator for the capability named in the message.", False),
    "RATE_LIMITED": ("Slow down and try again after the stated delay.", True),
    "QASM_SEMANTIC": (
        "Correct what the message names; in a text, at its file, line and column.",
        False,
    ),
    "QASM_UNSUPPORTED": ("Replace what the message names with something that can be simulated.", False),
    "JOB_EXPIRED": ("Submit again with a later deadline.", False),
    "JOB_DEAD": (
        "See the dead-letter topic for the last reason, mend the operator, and submit again.",
        False,
    ),
    "AUTH_REQUIRED": ("Set ARQON_API_KEY, or use the key printed by `arqon serve`.", False),
    "TLS_REQUIRED": (
        "Use wss:// with a server that listens with TLS (`arqon serve --tls`); ws:// and tcp:// are for this machine alone.",
        False,
    ),
    "TLS_CERTIFICATE": ("Correct the file named in the message.", False),
    "TLS_UNTRUSTED": (
        "Get the CA file of the server (tls/ca.pem in its ARQON_HOME) and name it in ARQON_CA.",
        False,
    ),
    "TLS_REFUSED": (
        "pqc-required needs a Python with OpenSSL 3.5 or later; --tls-mode hybrid lets others in, too.",
        False,
    ),
    "SERVER_UNREACHABLE": ("Start one with `arqon serve`, or check ARQON_URL.", True),
    "CONNECTION_LOST": (
        "Reconnect and ask again; publications with the same id are not repeated.",
        True,
    ),
    "HEARTBEAT_LOST": ("Reconnect.", True),
    "SLOW_CONSUMER": ("Read faster, subscribe to less, or resume from history.", True),
    "DEADLINE_EXCEEDED": ("Allow more time, or ask for less.", True),
    "STREAM_BROKEN": (
        "Read it again from the log, or ask its producer for it again.",
        False,
    ),
    "HISTORY_TRIMMED": ("Ask from the first sequence named in the message.", False),
    "JOB_LEASE_LOST": ("Drop the result; the job is finished elsewhere.", False),
    "EXECUTION_FAILED": ("See the message; if it repeats, check the operator.", False),
    "BUNDLE_MALFORMED": ("Get a fresh copy from its source; nothing was written.", False),
    "BUNDLE_TAMPERED": ("Do not rely on it; get a fresh copy from its source.", False),
    "VIEW_TAMPERED": (
        "Do not rely on what the page says; get a fresh copy from its source.",
        False,
    ),
    "SIGNATURE_MISSING": ("Get a copy with all its signatures.", False),
    "PROOF_INVALID": ("Get the proof of this very run from who keeps the log.", False),
    "KEY_UNKNOWN": ("Whom you trust you add to the trust file.", False),
    "KEY_EXPIRED": ("Set the clock right, or get a copy signed by a key that was valid then.", False),
    "SIGNATURE_INVALID": ("Check the trust file; if the key is right, do not rely on the bundle.", False),
    "LEDGER_INVALID": ("Ask the ledger's operator for a fresh proof.", False),
}


class ArqonError(Exception):
    """A failure people can act on. Programs compare `code`; the message says what was wrong and where.

    `retryable` means that the same request may succeed later. Codes this version does not know are kept as they came.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        remedy: str | None = None,
        retryable: bool | None = None,
        retry_after_ms: int = 0,
        details: dict[str, Any] | None = None,
    ) -> None:
        known_remedy, known_retry = _LOCAL.get(code, ("", False))
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = known_remedy if remedy is None else remedy
        self.retryable = known_retry if retryable is None else retryable
        self.retry_after_ms = retry_after_ms
        self.details = details or {}

    def __str__(self) -> str:
        hint = f" ({self.remedy})" if self.remedy else ""
        return f"[{self.code}] {self.message}{hint}"

    def __repr__(self) -> str:
        return f"ArqonError({self.code!r}, {self.message!r})"

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the lines that are not ours, what was wrong, what to do. Of `INTERNAL`, everything."""
        if self.code == "INTERNAL":
            return traceback.format_exception(self)
        theirs = [
            frame
            for frame in traceback.extract_tb(self.__traceback__)
            if not frame.filename.startswith(_BENEATH) and "/IPython/" not in frame.filename
        ]
        lines = [f"{_place(frame.filename)}, line {frame.lineno}: {frame.line}" for frame in theirs[-3:]]
        return [
            *lines,
            f"ArqonError [{self.code}]: {self.message}",
            *([f"  {self.remedy}"] if self.remedy else []),
        ]


def _place(filename: str) -> str:
    """Code of a cell lies in a file of no meaning."""
    return "this notebook" if "ipykernel" in filename or filename.startswith("<") else filename


def error_from_info(info: ErrorInfo) -> ArqonError:
    """The error a peer reported."""
    return ArqonError(
        info.code or "INTERNAL",
        info.message,
        remedy=info.remedy,
        retryable=info.retryable,
        retry_after_ms=info.retry_after_ms,
    )


def info_from_error(error: BaseException, fallback_code: str = "INTERNAL") -> ErrorInfo:
    """The wire form of anything raised; `fallback_code` is for errors that are not the SDK's."""
    if not isinstance(error, ArqonError):
        error = ArqonError(fallback_code, str(error) or type(error).__name__)
    return ErrorInfo(
        code=error.code,
        message=error.message,
        remedy=error.remedy,
        retryable=error.retryable,
        retry_after_ms=error.retry_after_ms,
    )
