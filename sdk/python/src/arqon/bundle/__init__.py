"""Bundles offline: read, write, prepare and verify artifacts without a server."""

from arqon.bundle.archive import ZipLimits, read_zip, write_zip

__all__ = ["ZipLimits", "read_zip", "write_zip"]
