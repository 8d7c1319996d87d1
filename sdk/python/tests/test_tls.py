"""Whom the SDK trusts, and what leaves this machine."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

import arqon
from arqon.settings import resolve_settings
from arqon.tls import TlsFiles, handshake_error, require_loopback, secure_context


@pytest.mark.parametrize("url", ["ws://lab.example:1", "tcp://192.0.2.7:1", "ws://[2001:db8::7]:1"])
async def test_without_tls_only_this_machine_is_connected_to(url: str) -> None:
    with pytest.raises(arqon.ArqonError) as refused:
        await arqon.connect(url, "k" * 32)
    assert refused.value.code == "TLS_REQUIRED"


def test_loopback_is_an_address_of_this_machine_or_localhost() -> None:
    for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost"):
        require_loopback(host, "this")
    for host in ("0.0.0.0", "192.0.2.7", "127.0.0.1.example", "lab"):
        with pytest.raises(arqon.ArqonError):
            require_loopback(host, "this")


def test_a_context_takes_tls_1_3_alone_and_names_the_file_it_cannot_use(tmp_path: Path) -> None:
    context = secure_context(TlsFiles())
    assert context.minimum_version == ssl.TLSVersion.TLSv1_3
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    for file in (bad, tmp_path / "none.pem"):
        for files in (TlsFiles(ca_file=str(file)), TlsFiles(cert_file=str(file))):
            with pytest.raises(arqon.ArqonError, match=file.name) as refused:
                secure_context(files)
            assert refused.value.code == "TLS_CERTIFICATE"


def test_files_come_from_options_then_from_the_environment() -> None:
    environment = {"ARQON_URL": "wss://lab", "ARQON_CA": "/env.pem", "ARQON_CLIENT_CERT": "/me.pem"}
    settings = resolve_settings(environment=environment)
    assert (settings.tls.ca_file, settings.api_key) == ("/env.pem", "")
    assert resolve_settings(environment=environment, tls=TlsFiles(ca_file="/a.pem")).tls.ca_file == "/a.pem"
    assert "secret" not in repr(TlsFiles(passphrase="secret"))


def test_only_failures_of_tls_are_told_as_such() -> None:
    untrusted = ssl.SSLCertVerificationError("x")
    untrusted.verify_message = "self-signed certificate in certificate chain"
    assert (error := handshake_error(untrusted, "wss://lab")) and error.code == "TLS_UNTRUSTED"
    assert (error := handshake_error(ssl.SSLError(1, "handshake failure"), "wss://lab"))
    assert error.code == "TLS_REFUSED"
    assert handshake_error(ConnectionRefusedError(), "wss://lab") is None
