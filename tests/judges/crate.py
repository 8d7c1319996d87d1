"""Runs rocrate-validator on a crate without a network. Usage: crate.py FOLDER PROFILE; prints JSON.

The validator fetches JSON-LD contexts. Here they come from the package `rocrate`, which ships that of RO-Crate 1.1, and
from the two lines below for the terms of Workflow Run Crate that Arqon uses; any other address fails.
"""

import email.message
import importlib.resources
import io
import json
import logging
import sys
import urllib.request
from urllib.response import addinfourl

import requests
import urllib3
from requests.adapters import HTTPAdapter

WFRUN = "https://w3id.org/ro/terms/workflow-run"
CONTEXTS = {
    "https://w3id.org/ro/crate/1.1/context": importlib.resources.files("rocrate")
    .joinpath("data/ro-crate.jsonld")
    .read_bytes(),
    f"{WFRUN}/context": json.dumps(
        {"@context": {name: f"{WFRUN}#{name}" for name in ("sha256", "environment", "containerImage")}}
    ).encode(),
}
TYPE = "application/ld+json"


class Local(urllib.request.BaseHandler):
    handler_order = 100

    def https_open(self, request):
        body = CONTEXTS.get(request.full_url)
        if body is None:
            raise OSError(f"offline: {request.full_url}")
        headers = email.message.Message()
        headers["Content-Type"] = TYPE
        response = addinfourl(io.BytesIO(body), headers, request.full_url, 200)
        response.msg = "OK"
        return response


def send(self, request, **_):
    body = CONTEXTS.get(request.url)
    if body is None:
        raise requests.ConnectionError(f"offline: {request.url}")
    response = requests.Response()
    response.status_code, response.url, response.request = 200, request.url, request
    response.headers["Content-Type"] = TYPE
    response.raw = urllib3.HTTPResponse(
        body=io.BytesIO(body), status=200, headers={"Content-Type": TYPE}, preload_content=False
    )
    return response


class Count(logging.Handler):
    """A check that raises is logged as a warning, and the crate would pass: so warnings are reported."""

    lines: list[str] = []

    def emit(self, record):
        if record.levelno >= logging.WARNING:
            self.lines.append(record.getMessage())


urllib.request.install_opener(urllib.request.build_opener(Local))
HTTPAdapter.send = send
logging.getLogger().addHandler(Count())

from rocrate_validator import models, services  # noqa: E402

result = services.validate(
    services.ValidationSettings(
        rocrate_uri=sys.argv[1],
        profile_identifier=sys.argv[2],
        requirement_severity=models.Severity.RECOMMENDED,
    )
)
issues = [
    {"severity": issue.severity.name, "check": issue.check.identifier, "message": issue.message or ""}
    for issue in result.get_issues()
]
print(json.dumps({"passed": result.passed(), "issues": issues, "warnings": Count.lines}))
