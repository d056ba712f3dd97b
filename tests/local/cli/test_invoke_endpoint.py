"""``python -m local invoke --endpoint``: against an ECS that is there already."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Timer

import pytest

from local.cli import invocation
from local.ecs.clock import ManualClock, RealClock
from local.ecs.emulator import Emulator, Options, default_engine
from local.ecs.http.messages import HttpReply
from local.ecs.server import LocalEcs, Neighbour
from local.fc.deployment import EVENTS
from local.fc.endpoint import FcEndpoint
from local.fc.trigger_events import timer
from tests.local.cli.invoking import run

A_DAY = ("--timeout", "86400")
"""Where an emulator's clock runs fast: no machine is too slow for the function's deadline then."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for an instance to stop, and nobody's settings get in."""
    monkeypatch.setattr(invocation, "SPEED", 600.0)
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ECS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


class TestWithAnEndpoint:
    def test_it_meets_that_ecs_with_the_local_key(self, event_file: Path) -> None:
        event_file.write_text('{"name": "dev-web-1", "wait": false}')
        with LocalEcs() as server:
            result = run("stop", str(event_file), "--endpoint", server.url)

            assert result.exit_code == 0, result.output
            assert server.log.count("StopInstances") == 1

    def test_its_table_says_what_was_before_as_that_of_an_emulator_of_its_own_does(self) -> None:
        event = b'{"name": "dev-web-1", "stopped_mode": "StopCharging"}'
        lease = b'{"action": "set_auto_release", "name": "dev-web-1", "release_after": "2h"}'
        options = Options(build=lambda: default_engine(RealClock(speed=60)))
        with LocalEcs(Emulator(options)) as server:
            stopped = run("stop", "-", *A_DAY, "--endpoint", server.url, stdin=event).stdout
            again = run("stop", "-", *A_DAY, "--endpoint", server.url, stdin=event).stdout
            leased = run("set_auto_release", "-", *A_DAY, "--endpoint", server.url, stdin=lease)

        assert "Running → Stopped" in stopped
        assert "Running → Stopped" in run("stop", "-", stdin=event).stdout
        assert "→" not in again
        assert "auto-release never" in leased.stdout

    def test_the_credentials_of_the_environment_come_first(
        self, event_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event_file.write_text('{"name": "dev-web-1"}')
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "somebody")
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "else")
        with LocalEcs() as server:
            result = run("stop", str(event_file), "--endpoint", server.url)

        assert result.exit_code == 1
        assert "InvalidAccessKeyId.NotFound" in result.output

    def test_the_event_is_taken_as_it_is(self) -> None:
        event = json.dumps(
            {"triggerTime": "2020-01-01T00:00:00Z", "triggerName": "x", "payload": '{"name": "a"}'}
        )
        with LocalEcs() as server:
            result = run("stop", "-", "--endpoint", server.url, stdin=event.encode())

        assert result.exit_code == 1
        assert "Refused  the event was sent at 2020-01-01" in result.output

    def test_a_running_emulators_clock_is_the_functions(self) -> None:
        at = datetime(2027, 3, 5, 12, 0, tzinfo=timezone.utc)
        event = timer({"name": "dev-web-*", "snapshot": True, "dry_run": False}, at)
        options = Options(build=lambda: default_engine(RealClock(at, speed=20)))
        with LocalEcs(Emulator(options)) as server:
            result = run("release", "-", "--endpoint", server.url, *A_DAY, stdin=event)

        assert result.exit_code == 0, result.output
        assert "release: 2 changed" in result.output
        assert f"The emulator at {server.url}, by its own clock: Fri 05 Mar 2027 20:" in " ".join(
            result.stdout.split()
        )
        assert "20 times as fast" in " ".join(result.stdout.split())

    def test_what_it_does_meanwhile_is_told_on_standard_error(self) -> None:
        options = Options(build=lambda: default_engine(RealClock(speed=20)))
        with LocalEcs(Emulator(options)) as server:
            event = b'{"name": "dev-web-1"}'
            result = run("stop", "-", "--endpoint", server.url, *A_DAY, stdin=event)

        assert "StopInstances in cn-hangzhou: 1 instance\n" in result.stderr
        assert re.search(r"waiting.*; \d+ min \d+ s left\n", result.stderr)
        assert "StopInstances" not in result.stdout

    def test_json_alone_stays_alone(self) -> None:
        with LocalEcs() as server:
            result = run(
                "describe", "-", "--endpoint", server.url, "--json", stdin=b'{"name": "dev-web-1"}'
            )

        assert json.loads(result.stdout)["outcome"] == "complete"
        assert result.stderr == ""

    def test_an_ecs_without_a_clock_is_met_by_this_machines(self) -> None:
        neighbour = Neighbour(("/_local/",), lambda *_: HttpReply(404, {}, b""))
        with LocalEcs(neighbour=neighbour) as server:
            before = datetime.now(timezone.utc).replace(microsecond=0)
            result = run("describe", "-", "--endpoint", server.url, stdin=b'{"name": "dev-web-1"}')

        output = " ".join(result.stdout.split())
        assert result.exit_code == 0
        found = re.search(rf"The ECS at {re.escape(server.url)}, (.*) \+08:00\.", output)
        assert found
        told = datetime.strptime(f"{found[1]} +0800", "%a %d %b %Y %H:%M:%S %z")
        assert before <= told <= datetime.now(timezone.utc)

    def test_the_scheme_may_be_left_out(self) -> None:
        with LocalEcs() as server:
            endpoint = server.url.removeprefix("http://")
            result = run("describe", "-", "--endpoint", endpoint, stdin=b'{"name": "dev-web-1"}')

        assert result.exit_code == 0, result.output

    @pytest.mark.parametrize("option", [(), ("--json",)], ids=["shown", "json"])
    def test_where_nothing_listens_it_says_how_to_start_one(self, option: tuple[str, ...]) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            endpoint = f"localhost:{taken.getsockname()[1]}"
            result = run("stop", "-", "--endpoint", endpoint, *option, stdin=b'{"name": "a"}')

        assert result.exit_code == 1
        assert result.stderr == (
            f"Error: no emulator is listening at http://{endpoint}; start one with: "
            f"python -m local serve --port {endpoint.rpartition(':')[2]}\n"
        )

    def test_an_emulator_that_the_environment_names_is_met(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with LocalEcs() as server:
            monkeypatch.setenv("ECS_ENDPOINT", server.url)
            result = run("describe", "-", stdin=b'{"name": "dev-web-1"}')

            assert f"The emulator at {server.url}, by its own clock" in result.stdout
            assert server.log.count("DescribeInstances") == 1

    def test_the_option_comes_before_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ECS_ENDPOINT", "https://ecs.example.com")
        with LocalEcs() as server:
            result = run("describe", "-", "--endpoint", server.url, stdin=b'{"name": "dev-web-1"}')

        assert (result.exit_code, "Note" in result.output) == (0, False)

    @pytest.mark.parametrize("stated", ["https://ecs.example.com", "ecs.example.com", "nonsense:"])
    def test_another_machine_that_the_environment_names_is_not_met_and_that_is_said(
        self, monkeypatch: pytest.MonkeyPatch, stated: str
    ) -> None:
        monkeypatch.setenv("ECS_ENDPOINT", stated)

        result = run("describe", "-", stdin=b'{"name": "dev-web-1"}')

        assert result.exit_code == 0
        assert "An emulated ECS with the default fleet" in result.stdout
        assert result.stderr == (
            f"Note: ECS_ENDPOINT, {stated}, is not on this machine, so it is not used; to use it, "
            f"pass --endpoint."
            "\n"
        )

    @pytest.mark.slow
    def test_what_is_said_before_a_long_wait_is_seen_before_it_in_a_pipe_too(
        self, event_file: Path
    ) -> None:
        event_file.write_text('{"name": "dev-web-1"}')
        # The clock stands still, so the instance never stops.
        options = Options(build=lambda: default_engine(ManualClock()))
        with (
            LocalEcs(Emulator(options)) as server,
            subprocess.Popen(  # noqa: S603  # our own command
                [
                    *(sys.executable, "-m", "local", "invoke", "stop", str(event_file)),
                    *("--endpoint", server.url),
                ],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as process,
        ):
            assert process.stdout is not None
            assert process.stderr is not None
            # What is not seen by then comes only with the end.
            timer = Timer(50, process.kill)
            timer.start()
            said = process.stdout.readline()
            told = process.stderr.readline()
            timer.cancel()
            process.kill()

        assert said == f"stop ← {event_file}\n"
        assert told == "18:00:00  DescribeInstances in cn-hangzhou\n"

    def test_a_release_time_is_counted_by_a_clock_that_was_moved(self) -> None:
        event = b'{"name": "dev-web-1", "release_after": "2h", "if_set": "replace"}'
        clock = ManualClock()
        options = Options(build=lambda: default_engine(clock))
        server = LocalEcs(Emulator(options), neighbour=FcEndpoint().neighbour())
        with server:
            clock.advance(timedelta(days=1))
            call = ("set-auto-release", "-", "--endpoint", server.url)
            shown = run(*call, stdin=event).output
            remotely = run(
                *call, "--remote", "--name", "curfew/set_auto_release", stdin=event
            ).output

        # The clock begins at 18:00 of the 23rd in China.
        assert "24 Nov 20:00 +08:00" in shown
        assert "24 Nov 20:00 +08:00" in remotely
        assert "set_auto_release: 1 unchanged" in remotely

    def test_times_are_in_the_operators_zone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CURFEW_TZ", "Asia/Kolkata")

        result = run("set-auto-release", str(EVENTS / "set_auto_release.mns.json"))

        assert "→ 21 Nov 05:40 +05:30" in result.output

    def test_another_machine_is_not_given_the_local_key(self) -> None:
        result = run("stop", "-", "--endpoint", "https://ecs.example.com", stdin=b"{}")

        assert result.exit_code == 2
        assert "needs credentials" in result.output
