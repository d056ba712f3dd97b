"""Calling deployed functions, by both official clients, against Function Compute played here."""

from __future__ import annotations

import gc
import json
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner, Result

from local.cli.main import group
from local.ecs.server import LocalEcs
from local.fc.endpoint import FcEndpoint
from local.fc.remote import Call, Deployed, call
from local.fc.remote_answer import RemoteError, Reply
from local.fc.runtime import Outcome
from shared.settings.settings import Credentials
from tests.local.fc.asynchronous import join_all

KEY = "local"
V2, V3 = "curfew/describe", "curfew-describe"
TOKEN = "a-token-that-nobody-may-see"
SECRET = "a-secret-that-nobody-may-see"
EVENT = b'{"name": "prod-*"}'
pytestmark = [
    # The clients leave sockets to the garbage collector, and use names that go out of use.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def url() -> Iterator[str]:
    """Where Function Compute and ECS are played."""
    with LocalEcs(neighbour=FcEndpoint().neighbour()) as server:
        yield server.url
        join_all()
    gc.collect()


def deployed(name: str, endpoint: str, *, secret: str = KEY, timeout_s: float = 20) -> Deployed:
    return Deployed(name, "cn-hangzhou", endpoint, Credentials(KEY, secret, TOKEN), timeout_s)


def test_the_report_comes_back_with_the_end_of_the_log(name: str, url: str) -> None:
    reply = call(deployed(name, url), Call(EVENT))

    assert reply.outcome is not None
    report = json.loads(reply.outcome.body)
    assert (report["action"], report["request_id"]) == ("describe", reply.request_id)
    assert f"FC Invoke End RequestId: {reply.request_id}" in reply.log


def test_a_function_that_fails_is_an_outcome_with_its_error(name: str, url: str) -> None:
    reply = call(deployed(name, url), Call(b'{"nam": "prod-*"}'))

    assert isinstance(reply.outcome, Outcome)
    assert (reply.outcome.ok, reply.outcome.error_type) == (False, "InvalidEvent")
    assert json.loads(reply.outcome.body).keys() == {"errorMessage", "errorType", "stackTrace"}


def test_an_asynchronous_call_is_accepted_once_under_its_id(name: str, url: str) -> None:
    reply = call(deployed(name, url), Call(EVENT, "pipeline-4711"))

    assert (reply.outcome, reply.request_id[:2]) == (None, "1-")
    with pytest.raises(RemoteError, match=r"returned 409 .*was sent before"):
        call(deployed(name, url), Call(EVENT, "pipeline-4711"))


def test_a_function_that_is_not_there_is_told_with_what_to_do(name: str, url: str) -> None:
    with pytest.raises(RemoteError, match=r"returned 404 FunctionNotFound: .*--name"):
        call(deployed(f"{name}-old", url), Call(EVENT))


def test_no_secret_is_logged_or_told(
    name: str, url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)

    with pytest.raises(RemoteError, match="ignature") as caught:
        call(deployed(name, url, secret=SECRET), Call(EVENT))

    told = f"{caught.value!r} {caught.value.__context__!r} {caplog.text} {capfd.readouterr()}"
    assert not [one for one in (TOKEN, SECRET, "Signature=", "FC local:") if one in told]


def test_a_refused_connection_is_tried_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    connect = socket.socket.connect

    def counting(self: socket.socket, address: object) -> None:
        tried.append(address)
        connect(self, address)  # type: ignore[arg-type]  # an address of whatever family

    monkeypatch.setattr(socket.socket, "connect", counting)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        place = taken.getsockname()
        with pytest.raises(RemoteError, match="cannot be reached"):
            call(deployed(name, f"http://127.0.0.1:{place[1]}"), Call(EVENT))

    assert tried == [place]


class _Page(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(502)
        self.end_headers()
        self.wfile.write(b"<html>Bad gateway</html>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_an_answer_that_is_no_json_is_told(name: str) -> None:
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(RemoteError, match="not Function Compute"):
            call(deployed(name, f"http://127.0.0.1:{server.server_port}"), Call(EVENT))
        server.shutdown()


def test_an_answer_that_does_not_come_leaves_open_what_happened(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(RemoteError, match="the function may still be running"):
            call(deployed(name, endpoint, timeout_s=0.3), Call(EVENT))


def test_2_0_needs_its_endpoint() -> None:
    with pytest.raises(RemoteError, match=r"https://ACCOUNT\.REGION\.fc\.aliyuncs\.com"):
        call(deployed(V2, ""), Call(EVENT))


def test_plain_http_goes_to_this_machine_only() -> None:
    with pytest.raises(RemoteError, match="is not https"):
        call(deployed(V3, "http://fcv3.cn-hangzhou.aliyuncs.com"), Call(EVENT))


@pytest.mark.parametrize(
    ("function", "module"),
    [
        pytest.param(V2, "fc2.client", id="2.0"),
        pytest.param(V3, "alibabacloud_fc20230330.client", id="3.0"),
    ],
)
def test_a_client_that_is_not_installed_is_told_with_how_to_have_it(
    function: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(RemoteError, match="is not installed; run: make"):
        call(deployed(function, "https://example.invalid"), Call(EVENT))


def run(*arguments: str, event: bytes = EVENT) -> Result:
    environ = dict.fromkeys(("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"))
    return CliRunner().invoke(
        group, ["invoke", "describe", "-", *arguments], input=event, env=environ
    )


def test_the_command_shows_the_report_as_it_does_of_a_local_call(name: str, url: str) -> None:
    result = run("--remote", "--endpoint", url, "--name", name, "--verbose")

    assert result.exit_code == 0, result.output
    assert "describe: " in result.stdout
    assert "FC Invoke Start" in result.stderr


def test_the_command_fails_when_the_function_does(name: str, url: str) -> None:
    result = run("--remote", "--endpoint", url, "--name", name, event=b"{}")

    assert (result.exit_code, "Refused" in result.stdout) == (1, True)


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "words"])
def test_the_command_shows_the_id_of_a_task(name: str, url: str, *, as_json: bool) -> None:
    arguments = ["--remote", "--endpoint", url, "--name", name, "--async", "--id", "nightly-1"]

    result = run(*arguments, *["--json"] * as_json)

    assert result.exit_code == 0, result.output
    assert "nightly-1" in result.stdout
    assert not as_json or json.loads(result.stdout)["task_id"] == "nightly-1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--async"], "--remote", id="async-alone"),
        pytest.param(["--remote"], "fc:InvokeFunction): export ALIBABA", id="no-credentials"),
    ],
)
def test_what_does_not_make_sense_is_bad_usage(arguments: list[str], words: str) -> None:
    result = run(*arguments)

    assert (result.exit_code, words in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "client", "command"),
    [
        ("curfew-describe", "alibabacloud_fc20230330", "make remote"),
        ("curfew/describe", "fc2", "make setup"),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_without_a_key_a_missing_client_is_told_in_the_same_breath(
    name: str, client: str, command: str, monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    found = {client: object()} if is_there else {}
    monkeypatch.setattr("local.fc.remote.find_spec", found.get)

    result = run("--remote", "--name", name)

    assert result.exit_code == 2
    assert (f"missing too; first run: {command}" in result.stderr) is not is_there


def test_what_is_no_answer_of_curfew_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = Reply("1-x", Outcome(ok=True, body=b"hello\x1b[31m"))
    monkeypatch.setattr("local.cli.invocation.call", lambda *_: reply)

    result = run("--remote", "--endpoint", "http://127.0.0.1:9")

    assert result.exit_code == 1
    assert result.stderr == "Error: this is not a response of Curfew: hello\\u001b[31m\n"


def test_the_end_of_a_deployed_functions_log_cannot_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = b'{"reports": []}'
    reply = Reply("1-x", Outcome(ok=True, body=body), "FC Invoke Start\n\x1b]0;owned\x07\n")
    monkeypatch.setattr("local.cli.invocation.call", lambda *_: reply)

    result = run("--remote", "--endpoint", "http://127.0.0.1:9", "--verbose")

    assert result.stderr == "FC Invoke Start\n\\x1b]0;owned\\x07\n"


def test_a_remote_call_that_fails_says_why_without_a_trace() -> None:
    result = run("--remote", "--endpoint", "http://127.0.0.1:9", "--name", "curfew/describe")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
