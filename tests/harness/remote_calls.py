"""Remote calls from the command line, and what may answer them."""

from __future__ import annotations

import json
import re

from click.testing import CliRunner, Result

from local.cli.main import group
from tests.harness.servers import listening, saying

KEY, SECRET, TOKEN = "LTAI5tMARKEDKEY", "MARKEDSECRET0123", "CAIS/MARKED+TOKEN/0123=="
ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
    "ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN,
}
ROW = {
    "id": "i-1",
    "name": "web",
    "region": "cn-hangzhou",
    "result": "unchanged",
    "reason": "",
    "code": "",
    "status": "Stopped",
    "auto_release_at": "",
}
REPORT = {
    "action": "stop",
    "dry_run": False,
    "outcome": "complete",
    "counts": {"unchanged": 1},
    "api_calls": 1,
    "seconds": 1,
    "instances": [ROW],
}
SAID = re.compile(r"Error: [^\n]+\n")


def run(name: str, endpoint: str, *arguments: str, environ: dict[str, str] = ENVIRON) -> Result:
    return CliRunner().invoke(
        group,
        ["invoke", "stop", "-", "--remote", "--name", name, "--endpoint", endpoint, *arguments],
        input=b"{}",
        env=environ,
    )


def answered(name: str, answer: bytes, *arguments: str) -> Result:
    """What the command makes of this answer."""
    with listening(saying(answer)) as server:
        return run(name, f"http://127.0.0.1:{server.port}", *arguments)


def report(**fields: object) -> bytes:
    return json.dumps({**REPORT, "instances": [{**ROW, **fields}]}).encode()
