"""How a server beyond this machine is trusted, and how this client proves itself: TLS 1.3 and nothing older."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from arqon.errors import ArqonError


@dataclass(frozen=True)
class TlsFiles:
    """Files for `wss://` and `tls://`, all PEM. The passphrase does not show in `repr`."""

    ca_file: str | None = None
    """Authorities a server may be certified by, instead of the system's."""
    cert_file: str | None = None
    """Certificate of this client, with its chain."""
    key_file: str | None = None
    passphrase: str | None = field(default=None, repr=False)

    def completed(self, environment: Mapping[str, str] = os.environ) -> TlsFiles:
        """What is not given is taken from ARQON_CA, ARQON_CLIENT_CERT, ARQON_CLIENT_KEY and ARQON_CLIENT_PASSPHRASE."""
        return TlsFiles(
            self.ca_file or environment.get("ARQON_CA") or None,
            self.cert_file or environment.get("ARQON_CLIENT_CERT") or None,
            self.key_file or environment.get("ARQON_CLIENT_KEY") or None,
            self.passphrase or environment.get("ARQON_CLIENT_PASSPHRASE") or None,
        )


def secure_context(files: TlsFiles) -> ssl.SSLContext:
    """A context for one connection, with the files as they are now. Raises ArqonError `TLS_CERTIFICATE`."""
    named = files.ca_file
    try:
        context = ssl.create_default_context(cafile=files.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        if files.cert_file:
            named = files.cert_file
            # Without a passphrase OpenSSL would ask for one at the terminal.
            context.load_cert_chain(files.cert_file, files.key_file, files.passphrase or "")
    except (OSError, ValueError) as cause:
        reason = getattr(cause, "reason", None) or getattr(cause, "strerror", None) or cause
        raise ArqonError("TLS_CERTIFICATE", f"{named}: {reason}") from cause
    return context


def handshake_error(cause: BaseException, address: str) -> ArqonError | None:
    """Why a TLS handshake failed; None when TLS is not the reason."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ArqonError(
            "TLS_UNTRUSTED",
            f"the certificate of {address} is not accepted: {getattr(cause, 'verify_message', cause)}",
        )
    if not isinstance(cause, ssl.SSLError):
        return None
    reason = getattr(cause, "reason", None)
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        remedy = "Use ws:// for a server on this machine."
        return ArqonError("TLS_REFUSED", f"{address} speaks no TLS", remedy=remedy)
    return ArqonError("TLS_REFUSED", f"{address} refused the handshake ({reason or cause})")


def require_loopback(host: str, what: str) -> None:
    """Raises ArqonError `TLS_REQUIRED` unless the host is this machine and cannot be another."""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host.lower() == "localhost"
    if not local:
        raise ArqonError("TLS_REQUIRED", f'{what} on "{host}" could be read by others: it has no TLS')
