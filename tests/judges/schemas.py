"""Says which files do not meet their JSON Schema. Reads lines of "schema TAB file", prints "file TAB why" for each that fails."""

import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SUFFIX = ".schema.json"
schemas = {path.name.removesuffix(SUFFIX): json.loads(path.read_text()) for path in Path(sys.argv[1]).glob("*" + SUFFIX)}
documents = list(schemas.values())
for document in documents:
    Draft202012Validator.check_schema(document)
registry = Registry().with_resources((document["$id"], Resource.from_contents(document)) for document in documents)
for line in sys.stdin:
    name, file = line.rstrip("\n").split("\t")
    schema, _, part = name.partition("#")
    reference = f"{schemas[schema]['$id']}#{part}"
    validator = Draft202012Validator({"$ref": reference}, registry=registry)
    for error in validator.iter_errors(json.loads(Path(file).read_text())):
        print(f"{file}\t{error.json_path}: {error.message[:200]}")
