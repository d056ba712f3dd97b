"""A remote call tells nobody a key, whatever a server repeats of the request."""

from __future__ import annotations

import html
import json
import re
import socket
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest

from tests.harness.remote_calls import ENVIRON, KEY, SAID, SECRET, TOKEN, answered, report, run
from tests.harness.servers import http, listening, request_from, saying

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # the clients leave sockets open
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def in_json(text: str) -> str:
    return "".join(rf"\u{ord(one):04x}" for one in text)


NO_CHANGE: Callable[[str], str] = str
ESCAPED: dict[str, Callable[[str], str]] = {
    "plain": NO_CHANGE,
    "json": in_json,
    "json-slashes": lambda text: text.replace("/", r"\/"),
    "json-in-json": lambda text: in_json(text).replace("\\", "\\\\"),
    "url": lambda text: quote(text, safe=""),
    "html": lambda text: html.escape(text).replace("+", "&#43;").replace("/", "&#x2F;"),
}
"""How a server may write what it repeats."""


def _in_a_failure(text: str) -> bytes:
    body = b'{"errorMessage": "%s", "errorType": "%s"}' % (text.encode(), text.encode())
    return http(body, b"X-Fc-Error-Type: HandledInvocationError")


def _in_a_caller(text: str) -> bytes:
    """HTTP in HTTP: JSON's own backslashes are written twice."""
    body = json.dumps({"statusCode": 500, "body": '{"errorMessage": "TEXT"}'})
    return http(body.replace("TEXT", text.replace("\\", "\\\\")).encode())


PLACES: dict[str, Callable[[str], bytes]] = {
    "message": lambda text: http(
        b'{"Code": "A", "ErrorCode": "A", "Message": "%s", "ErrorMessage": "%s"}'
        % (text.encode(), text.encode()),
        status=b"403 Forbidden",
    ),
    "code": lambda text: http(
        b'{"Code": "%s", "ErrorCode": "%s"}' % (text.encode(), text.encode()),
        status=b"400 Bad Request",
    ),
    "page": lambda text: http(f"<html>{text}</html>".encode(), status=b"502 Bad Gateway"),
    "success-page": lambda text: http(f"<html>{text}</html>".encode()),
    "report": lambda text: http(report(name="NAME").replace(b"NAME", text.encode())),
    "failure": _in_a_failure,
    "caller": _in_a_caller,
    "log": lambda text: http(report(), b"X-Fc-Log-Result: " + b64encode(text.encode())),
    "request-id": lambda text: http(
        b"", b"X-Fc-Request-Id: " + text.encode(), status=b"202 Accepted"
    ),
    "error-type": lambda text: http(b'{"errorMessage": "x"}', b"X-Fc-Error-Type: " + text.encode()),
}


def sent_by(head: bytes) -> list[str]:
    """What of a request nobody may see: the keys that it has, and the signature."""
    authorization = re.search(rb"(?i)\r\nauthorization: ([^\r\n]+)", head)
    assert authorization
    return [KEY, SECRET, TOKEN, re.split(r"Signature=|:", authorization[1].decode())[-1]]


@pytest.mark.sampled(one_in=7)
@pytest.mark.parametrize("escaped", ESCAPED.values(), ids=ESCAPED)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("arguments", [["--verbose"], ["--json"], ["--async"]], ids=str)
def test_what_a_server_repeats_of_the_request_is_not_shown(
    name: str,
    place: Callable[[str], bytes],
    escaped: Callable[[str], str],
    arguments: list[str],
) -> None:
    secrets: list[str] = []

    def repeating(connection: socket.socket, _: Event) -> None:
        secrets.extend(sent_by(request_from(connection)))
        connection.sendall(place(" ".join(map(escaped, secrets))))

    with listening(repeating) as server:
        result = run(name, f"http://127.0.0.1:{server.port}", *arguments)

    assert len(secrets) == 4
    assert len(secrets[3]) > 40
    assert isinstance(result.exception, SystemExit | None), result.exception
    # A table breaks what is long.
    shown = re.sub(r"\s", "", result.output)
    texts = {one for text in secrets for one in (text, escaped(text))}
    assert [one for one in texts if one in shown] == []


def test_an_answer_stays_json_when_a_key_is_taken_out_of_it(name: str) -> None:
    body = report(reason="WHY").replace(b"WHY", rb"\u0022" + in_json(KEY).encode() + rb"\u005c\"")

    result = answered(name, http(body), "--json")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["instances"][0]["reason"] == '"***\\"'


def test_another_name_and_password_are_not_sent(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tmp_path / "netrc"
    others.write_text("machine 127.0.0.1 login somebody password else\n")
    others.chmod(0o600)
    monkeypatch.setenv("NETRC", str(others))

    with listening(saying(http(report()))) as server:
        run(name, f"http://127.0.0.1:{server.port}")

    assert sent_by(bytes(server.received[0]))
    assert b"Basic " not in server.received[0]


def test_a_secret_that_cannot_sign_is_told_without_it(name: str) -> None:
    environ = {**ENVIRON, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": f"{SECRET}\udc80"}

    result = run(name, "http://127.0.0.1:9", environ=environ)

    assert result.exit_code == 1, result.exception
    assert SAID.fullmatch(result.stderr)
    assert SECRET not in result.output
