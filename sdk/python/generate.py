"""Regenerates src/arqon/gen from ../../proto. Needs grpcio-tools; see README.md."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

HERE = Path(__file__).resolve().parent
PROTO = HERE.parent.parent / "proto"
OUT = HERE / "src" / "arqon" / "gen"
# The generated modules name each other by their .proto path; here they live one package further down.
IMPORT = re.compile(r"^(\s*)(from|import) arqon\.v1\b", re.MULTILINE)


def main() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    well_known = str(Path(grpc_tools.__file__).parent / "_proto")
    sources = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    status = protoc.main(
        ["protoc", f"-I{PROTO}", f"-I{well_known}", f"--python_out={OUT}", f"--pyi_out={OUT}", *sources]
    )
    if status:
        raise SystemExit(status)
    for path in [*OUT.rglob("*.py"), *OUT.rglob("*.pyi")]:
        path.write_text(IMPORT.sub(r"\1\2 arqon.gen.arqon.v1", path.read_text("utf-8")), "utf-8")
    for folder in [OUT, *(path for path in OUT.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").write_text('"""Generated from proto/; do not edit."""\n', "utf-8")


if __name__ == "__main__":
    main()
