"""The command line's frame, and the commands serve, fleet and event."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from textwrap import dedent
from threading import Thread
from urllib.request import ProxyHandler, build_opener

import pytest
from click.testing import CliRunner, Result

from local.cli.main import group
from local.ecs.account.quirks import Quirks
from local.ecs.clock import ManualClock
from local.ecs.emulator import Emulator, Options, default_engine
from local.ecs.fleet.fleet_file import read_fleet
from local.ecs.gateway.faults import FAULTS
from local.ecs.server import LocalEcs
from local.fc.deployment import EVENTS, action_names
from local.fc.trigger_events import ENVELOPES
from shared.base.times import parse_instant
from shared.request.triggers import Message, parse


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(group, arguments, input=stdin)


def test_every_command_has_a_line_of_help() -> None:
    output = run("--help").output

    for name in ("check", "demo", "event", "fleet", "invoke", "serve"):
        assert f"\n  {name} " in output


def test_no_line_of_help_is_cut() -> None:
    assert "..." not in run("--help").output.partition("Commands:")[2]


@pytest.mark.parametrize("word", [*FAULTS, *Quirks.__dataclass_fields__, "auto_release_at"])
def test_the_help_of_serve_names_every_fault_quirk_and_field(word: str) -> None:
    assert word in run("serve", "--help").output


def test_the_fleet_in_the_help_of_serve_is_one(tmp_path: Path) -> None:
    shown = run("serve", "--help").output.partition("every field is optional:\n")[2]
    path = tmp_path / "fleet.yaml"
    path.write_text(dedent(shown.partition("Fields of an instance")[0]))

    fleet = read_fleet(path, datetime.now(timezone.utc))

    assert [one.name for one in fleet.instances] == ["runner-1", "runner-2", "runner-3"]


def test_an_unknown_command_is_bad_usage() -> None:
    result = run("frobnicate")

    assert result.exit_code == 2
    assert "No such command 'frobnicate'" in result.output


@pytest.mark.slow
def test_a_pipe_that_knows_no_umlauts_gets_a_question_mark() -> None:
    done = subprocess.run(  # our own command
        [sys.executable, "-m", "local", "invoke", "describe", "-", "--json"],
        input=b'{"name": "\xe5\xbc\x80\xe5\x8f\x91*"}',
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
        capture_output=True,
        check=False,
        timeout=50,
    )

    assert done.returncode == 0, done.stderr


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A ``serve`` of its own, and where it listens."""
    process = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "local", "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip().removeprefix("listening on ")
    finally:
        process.kill()
        process.communicate()


class TestServe:
    @pytest.mark.parametrize(
        "number",
        [
            pytest.param(signal.SIGTERM, id="TERM"),
            pytest.param(signal.SIGINT, id="INT", marks=pytest.mark.slow),
        ],
    )
    def test_it_says_where_it_listens_and_ends_cleanly(self, number: signal.Signals) -> None:
        with serving() as (process, url):
            with build_opener(ProxyHandler({})).open(f"{url}/_local/health", timeout=50) as answer:
                health = json.load(answer)
            process.send_signal(number)
            out, err = process.communicate(timeout=50)

        assert url.startswith("http://127.0.0.1:")
        assert health["status"] == "ok"
        assert (process.returncode, out, err) == (0, "", "")

    def test_fleet_speed_and_policy_are_as_asked_for(self, tmp_path: Path) -> None:
        fleet = tmp_path / "fleet.yaml"
        fleet.write_text("instances: [{name: one-and-only, auto_release_at: +2h}]")
        policy = tmp_path / "policy.json"
        policy.write_text(
            '{"Version": "1", "Statement": '
            '[{"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"}]}'
        )
        with serving("--fleet", str(fleet), "--speed", "60", "--policy", str(policy)) as (_, url):
            shown = run("fleet", "--endpoint", url)
            denied = run("invoke", "stop", "-", "--endpoint", url, stdin='{"name": "one-*"}')
            with build_opener(ProxyHandler({})).open(f"{url}/_local/clock", timeout=50) as answer:
                speed = json.load(answer)["speed"]

        assert "one-and-only" in shown.output
        assert "1 instance at" in shown.output
        assert denied.exit_code == 1
        assert "AccessDenied" in denied.output
        assert speed == 60

    @pytest.mark.slow
    def test_a_generated_fleet_is_as_large_as_asked_for(self) -> None:
        with serving("--generated", "7", "--seed", "3") as (_, url):
            shown = run("fleet", "--endpoint", url)

        assert "7 instances at" in shown.output

    def test_a_port_that_is_taken_is_told(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]

            result = run("serve", "--port", str(port))

        assert result.exit_code == 1
        assert f"cannot listen on port {port}" in result.output

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            pytest.param(("--port", "65536"), "65536 is not in the range", id="port"),
            pytest.param(("--speed", "0"), "range", id="speed"),
            pytest.param(("--fleet", "no/such/file"), "does not exist", id="no fleet file"),
            pytest.param(("--fleet", "{bad}"), "instances[0].nmae", id="bad fleet file"),
            pytest.param(("--policy", "{bad}"), "--policy", id="bad policy"),
            pytest.param(("--limit", "StopInstances=x"), "is not a limit; write", id="no limit"),
            pytest.param(("--limit", "=5"), "is not a limit; write", id="a limit of nothing"),
            pytest.param(("--limit", "Foo=1"), "there is no API 'Foo'; there are", id="no API"),
            pytest.param(
                ("--limit", "stopinstanecs=1"), "did you mean StopInstances?", id="an API misspelt"
            ),
            pytest.param(("--quirk", "x=1"), "there is no quirk 'x'; there are", id="no quirk"),
            pytest.param(("--quirk", "code_is_text=x"), "expected true or false", id="bad quirk"),
            pytest.param(("--quirk", "listing_delay=x"), "such as PT30S", id="no duration"),
            pytest.param(("--fleet", "{good}", "--generated", "1"), "not both", id="two fleets"),
        ],
    )
    def test_bad_usage_is_told(self, arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
        files = {"{bad}": tmp_path / "bad.yaml", "{good}": tmp_path / "good.yaml"}
        files["{bad}"].write_text("instances: [{nmae: web}]")
        files["{good}"].write_text("instances: [{name: web}]")

        result = run("serve", *(str(files.get(each, each)) for each in arguments))

        assert result.exit_code == 2
        assert said in result.output
        assert "Traceback" not in result.output


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that has one answer to everything, and where it listens."""

    class OneAnswer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), OneAnswer) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        thread.join()


class TestFleet:
    def test_it_lists_what_a_running_emulator_has(self) -> None:
        emulator = Emulator(Options(build=lambda: default_engine(ManualClock())))
        with LocalEcs(emulator) as server:
            result = run("fleet", "--endpoint", server.url)

        output = " ".join(result.output.split())
        assert result.exit_code == 0
        assert "ci-runner-2 Running 23 Nov 20:00 +08:00 c7.2xlarge" in output
        assert "in 2 h 0 min" in output
        assert "StopCharging" in output
        assert "DeletionProtection" in output
        assert "tag curfew:protect" in output
        assert "financial lock" in output
        assert "PrePaid" in output
        assert "in a group" in output
        assert "where it is Mon 23 Nov 2026 18:00:00 +08:00" in output

    def test_times_are_in_the_operators_zone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CURFEW_TZ", "Asia/Kolkata")
        emulator = Emulator(Options(build=lambda: default_engine(ManualClock())))
        with LocalEcs(emulator) as server:
            output = " ".join(run("fleet", "--endpoint", server.url).output.split())

        assert "23 Nov 17:30 +05:30" in output
        assert "Mon 23 Nov 2026 15:30:00 +05:30" in output

    def test_a_zone_that_is_none_is_bad_usage(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CURFEW_TZ", "Asia/Beijing")

        result = run("fleet")

        assert result.exit_code == 2
        assert "CURFEW_TZ is 'Asia/Beijing'" in " ".join(result.output.split())

    def test_the_scheme_may_be_left_out(self) -> None:
        with LocalEcs() as server:
            result = run("fleet", "--endpoint", server.url.removeprefix("http://"))

        assert f"25 instances at {server.url}" in result.output

    def test_no_line_is_wider_than_a_terminal(self) -> None:
        with LocalEcs() as server:
            output = run("fleet", "--endpoint", server.url).output

        assert max(map(len, output.splitlines())) <= 80

    def test_where_nothing_listens_it_says_how_to_start_one(self) -> None:
        result = run("fleet", "--endpoint", "http://127.0.0.1:1")

        assert result.exit_code == 1
        assert "no emulator is listening at http://127.0.0.1:1; start one with" in result.output

    @pytest.mark.parametrize(
        ("status", "body", "said"),
        [
            pytest.param(200, b"<html>", "is not this emulator", id="a page"),
            pytest.param(404, b"", "returns HTTP 404", id="not found"),
        ],
    )
    def test_something_else_that_answers_is_not_taken_for_an_emulator(
        self, status: int, body: bytes, said: str
    ) -> None:
        with answering(status, body) as url:
            result = run("fleet", "--endpoint", url)

        assert result.exit_code == 1
        assert said in result.output

    @pytest.mark.parametrize("endpoint", ["https://127.0.0.1:8421", "https://192.0.2.1:8421"])
    def test_only_this_machines_emulators_are_asked(self, endpoint: str) -> None:
        result = run("fleet", "--endpoint", endpoint)

        assert result.exit_code == 2
        assert "write http://127.0.0.1:PORT" in result.output


class TestEvent:
    @pytest.mark.parametrize("function", action_names())
    @pytest.mark.parametrize("trigger", ENVELOPES)
    def test_every_trigger_brings_every_functions_sample(self, trigger: str, function: str) -> None:
        sample = json.loads(EVENTS.joinpath(f"{function}.direct.json").read_bytes())

        result = run("event", trigger, function)

        (message,) = parse(result.stdout).messages
        assert isinstance(message, Message)
        assert message.request == sample
        assert (result.exit_code, result.stderr) == (0, "")

    def test_the_time_and_the_request_are_those_given(self) -> None:
        time = "2026-11-24T20:00:00+08:00"

        result = run("event", "mns-topic-json", "stop", '{"name": "开发-*"}', "--time", time)

        (message,) = parse(result.stdout).messages
        assert isinstance(message, Message)
        assert message.request == {"name": "开发-*"}
        assert message.sent_at == parse_instant(time).astimezone(timezone.utc)

    def test_the_time_may_be_a_running_emulators(self) -> None:
        options = Options(build=lambda: default_engine(ManualClock()))
        with LocalEcs(Emulator(options)) as server:
            result = run("event", "timer", "stop", '{"name": "a"}', "--endpoint", server.url)

        assert json.loads(result.stdout)["triggerTime"] == "2026-11-23T10:00:00Z"

    def test_where_no_emulator_runs_it_is_said(self) -> None:
        result = run("event", "timer", "stop", "--endpoint", "127.0.0.1:1")

        assert result.exit_code == 1
        assert "no emulator is listening at http://127.0.0.1:1" in result.output

    def test_what_a_terminal_would_obey_is_shown_as_json_shows_it(self) -> None:
        result = run("event", "direct", "stop", '{"name": "a\\u001b\\u202eb\\u2028开发"}')

        assert '"name": "a\\u001b\\u202eb\\u2028开发"' in result.stdout
        assert json.loads(result.stdout) == {"name": "a\x1b\u202eb\u2028开发"}

    def test_the_request_may_come_from_standard_input(self) -> None:
        result = run("event", "direct", "stop", "-", stdin='{"name": "a"}')

        assert json.loads(result.stdout) == {"name": "a"}

    def test_a_request_that_will_be_refused_is_printed_with_a_note(self) -> None:
        result = run("event", "direct", "stop", '{"name": "a", "forc": true}')

        assert result.exit_code == 0
        assert json.loads(result.stdout) == {"name": "a", "forc": True}
        assert result.stderr == (
            "Note: stop will refuse this. 'forc' is not a field of this request. "
            "Did you mean force?\n"
        )

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            pytest.param(("tmer", "stop"), "Did you mean timer?", id="misspelt trigger"),
            pytest.param(("timer", "halt"), "Choose one of: apply_schedule", id="no function"),
            pytest.param(("timer", "stop", "[]"), "a request is a JSON object", id="a list"),
            pytest.param(("timer", "stop", "{"), "REQUEST", id="no JSON"),
            pytest.param(
                ("timer", "stop", "--time", "2026-11-24T20:00:00Z", "--endpoint", "localhost:1"),
                "not both",
                id="two times",
            ),
            pytest.param(("timer", "stop", "--time", "noon"), "not a time with a zone", id="time"),
        ],
    )
    def test_bad_usage_is_told(self, arguments: tuple[str, ...], said: str) -> None:
        result = run("event", *arguments)

        assert result.exit_code == 2
        assert said in " ".join(result.output.split())
