"""How a connection is made."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypedDict, Unpack

from arqon.client import AsyncClient
from arqon.errors import ArqonError
from arqon.gen.arqon.v1.sam_pb2 import Sam
from arqon.ids import Entropy, NowUs
from arqon.tls import TlsFiles


class ConnectOptions(TypedDict, total=False):
    """Options of `connect`."""

    reality: str
    sam: Sam | None
    reconnect_s: tuple[float, float]
    receive_window: tuple[int, int] | None
    on_error: Callable[[ArqonError], None] | None
    tls: TlsFiles | None
    now_us: NowUs
    entropy: Entropy


class Connecting:
    """What `connect` returns: `async with connect() as client`, or `client = await connect()`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    def __await__(self) -> Generator[Any, None, AsyncClient]:
        return self._client.open().__await__()

    async def __aenter__(self) -> AsyncClient:
        return await self._client.open()

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


def connect(
    url: str | None = None, api_key: str | None = None, **options: Unpack[ConnectOptions]
) -> Connecting:
    """Connects to the bus; see `AsyncClient` for the options.

    Address and key default to ARQON_URL and ARQON_API_KEY, then to the local server of ARQON_HOME.
    Raises ArqonError `SERVER_UNREACHABLE`, `AUTH_REQUIRED`.
    """
    return Connecting(AsyncClient(url, api_key, **options))
