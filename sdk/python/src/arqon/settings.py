"""Where the server is and who we are: explicit options, then the environment, then ARQON_HOME."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arqon.errors import ArqonError
from arqon.tls import TlsFiles

DEFAULT_REALITY = "main"


@dataclass(frozen=True)
class Settings:
    """A resolved address. The key does not show in `repr`."""

    url: str
    api_key: str = field(repr=False)
    tls: TlsFiles = field(default_factory=TlsFiles)


def home_path(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of this machine's server and keys."""
    return Path(environment.get("ARQON_HOME") or Path.home() / ".arqon")


def resolve_settings(
    url: str | None = None,
    api_key: str | None = None,
    environment: Mapping[str, str] = os.environ,
    tls: TlsFiles | None = None,
) -> Settings:
    """Fills in what was not given from ARQON_URL and ARQON_API_KEY, then from server.json and client.json of ARQON_HOME.

    Raises ArqonError `SERVER_UNREACHABLE` when no address is known, `AUTH_REQUIRED` when no key is.
    """
    home = home_path(environment)
    client = _read(home / "client.json")
    server = _read(home / "server.json")
    # Of a running server its own word counts, and a plain TCP connection costs least.
    running = [server[name] for name in ("tcpUrl", "url") if server.get(name)]
    home_urls = running or [client.get("url")]
    url = url or environment.get("ARQON_URL") or home_urls[0]
    # A key from a file never goes to a server it was not made for.
    api_key = (
        api_key or environment.get("ARQON_API_KEY") or (client.get("apiKey") if url in home_urls else None)
    )
    if not isinstance(url, str) or not url:
        raise ArqonError(
            "SERVER_UNREACHABLE", f"no address given, and none in ARQON_URL or {home / 'server.json'}"
        )
    tls = (tls or TlsFiles()).completed(environment)
    # A client certificate may speak for a client instead of a key.
    if tls.cert_file and not api_key:
        api_key = ""
    elif not isinstance(api_key, str) or not api_key:
        raise ArqonError(
            "AUTH_REQUIRED", f"no API key given, and none in ARQON_API_KEY or {home / 'client.json'}"
        )
    return Settings(url, api_key, tls)


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
