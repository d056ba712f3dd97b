"""``python -m local invoke``: every sample does its work, and what goes wrong is told."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest

from local.cli import invocation
from local.fc.deployment import EVENTS
from local.fc.trigger_events import timer
from tests.local.cli.invoking import run

SAMPLES = sorted(path.name for path in EVENTS.glob("*.json"))
TAKES_EFFECT = re.compile(r"[1-9]\d* (changed|would change)")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for an instance to stop, and nobody's settings get in."""
    monkeypatch.setattr(invocation, "SPEED", 600.0)
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ECS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_succeeds_and_does_something(sample: str) -> None:
    function = sample.partition(".")[0]

    result = run(function, str(EVENTS / sample))

    assert result.exit_code == 0, result.output
    assert "nothing matched" not in result.output
    if function not in {"describe", "apply_schedule"}:  # which does what the hour wants
        assert TAKES_EFFECT.search(result.output), result.output


@pytest.fixture(scope="module")
def evening() -> str:
    """What the evening's timer does, its lines joined."""
    return " ".join(run("stop", str(EVENTS / "stop.timer.json")).output.split())


@pytest.mark.parametrize(
    "said",
    [
        "dev-web-1 Running → Stopped changed",
        "dev-license-server Running skipped",
        "tag curfew:protect",
        "stop: 5 changed, 2 unchanged, 2 skipped · ",
    ],
)
def test_it_shows_what_instances_were_and_are(evening: str, said: str) -> None:
    assert said in evening


def test_a_sample_of_last_week_is_played_at_its_own_time(evening: str) -> None:
    assert "Fri 20 Nov 2026 20:00 +08:00: when the event was sent" in evening


def test_an_event_without_a_time_is_of_now() -> None:
    result = run("describe", str(EVENTS / "describe.direct.json"))

    assert "now, because the event has no time" in " ".join(result.output.split())


@pytest.mark.parametrize("payload", ["{", '"text"', "[]"])
def test_an_event_that_cannot_be_read_is_played_now(payload: str) -> None:
    event = {"triggerTime": "2026-11-20T12:00:00Z", "triggerName": "x", "payload": payload}
    result = run("stop", "-", stdin=json.dumps(event).encode())

    assert "now, because the event is invalid." in " ".join(result.output.split())
    assert "InvalidEvent" in result.output


def test_an_event_with_an_invalid_request_is_played_at_its_time() -> None:
    event = timer({"tagz": 1}, datetime(2026, 11, 20, 12, tzinfo=timezone.utc))
    result = run("stop", "-", stdin=event)

    assert "20 Nov 2026 20:00 +08:00: when the event was sent." in " ".join(result.output.split())
    assert "InvalidEvent  'tagz'" in result.output


def test_a_dry_run_says_how_its_plan_is_confirmed() -> None:
    planned = run("stop", "-", stdin=b'{"name": "dev-web-1", "dry_run": true}')
    (plan_id,) = re.findall(r'^  ("plan_id": ".*")$', planned.output, re.MULTILINE)

    confirmed = run("stop", "-", stdin=b'{"name": "dev-web-1", %s}' % plan_id.encode())

    assert "stop: 1 changed" in confirmed.output


def test_an_id_of_another_region_is_not_shown_with_a_state_that_nobody_told() -> None:
    forgotten = b'{"instance_ids": ["i-uf6nw1qxsa27pi9kujty"], "dry_run": true}'

    result = run("release", "-", stdin=forgotten)

    assert "i-uf6nw1qxsa27pi9kujty unknown unchanged" in " ".join(result.output.split())


def test_a_release_time_is_shown_with_what_it_was() -> None:
    result = run("set-auto-release", str(EVENTS / "set_auto_release.mns.json"))

    assert "auto-release never" in result.output
    assert "→ 21 Nov 08:10" in result.output


def test_json_is_the_raw_answer_and_nothing_else() -> None:
    result = run("stop", str(EVENTS / "stop.direct.json"), "--json")

    assert json.loads(result.stdout)["outcome"] == "planned"


def test_the_log_is_shown_only_when_asked_for() -> None:
    silent = run("describe", str(EVENTS / "describe.direct.json"))
    verbose = run("describe", str(EVENTS / "describe.direct.json"), "--verbose")

    assert silent.stderr == ""
    assert '"log": "run"' in verbose.stderr
    assert '"log": "run"' not in verbose.stdout


def test_the_event_may_come_from_standard_input() -> None:
    result = run("describe", "-", stdin=b'{"name": "dev-web-*"}')

    assert result.exit_code == 0
    assert "describe: 2 unchanged" in result.output


def test_runtime_3_12_finds_its_credentials_too() -> None:
    result = run("describe", str(EVENTS / "describe.direct.json"), "--runtime", "3.12")

    assert result.exit_code == 0


def test_the_functions_region_can_be_chosen() -> None:
    result = run("describe", "-", "--region", "cn-shanghai", stdin=b'{"name": "forgotten-*"}')

    assert "forgotten-demo" in result.output


def test_a_failure_is_told_in_the_words_of_function_compute(event_file: Path) -> None:
    event_file.write_text('{"tagz": {}}')

    result = run("stop", str(event_file))

    assert result.exit_code == 1
    assert "InvalidEvent  'tagz' is not a field of this request" in result.output
    assert "Traceback" not in result.output


def test_bytes_that_are_no_event_are_the_functions_to_refuse(event_file: Path) -> None:
    event_file.write_bytes(b"\xff{")

    result = run("stop", str(event_file))

    assert result.exit_code == 1
    assert "InvalidEvent" in result.output


def test_what_is_pending_at_the_deadline_is_shown_with_its_instance() -> None:
    # A graceful stop takes five seconds.
    result = run("stop", str(EVENTS / "stop.timer.json"), "--timeout", "4")

    output = " ".join(result.output.split())
    assert result.exit_code == 1
    assert "Incomplete stop: 0 failed, 5 pending" in output
    assert re.search(r"dev-web-1 Running (→ Stopping )?pending", output)


def test_an_error_over_http_is_a_failure(event_file: Path) -> None:
    http = json.loads(EVENTS.joinpath("stop.http.json").read_text())
    event_file.write_text(json.dumps({**http, "body": "{}"}))

    result = run("stop", str(event_file))

    assert result.exit_code == 1
    assert "Refused" in result.output
    assert "HTTP status returned to the caller: 409" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("stpo", "x"), "There is no function", id="misspelt function"),
        pytest.param(("stop", "no/such/file"), "No such file", id="no such file"),
        pytest.param(("stop", "."), "directory", id="a directory"),
        pytest.param(("stop",), "Missing argument", id="no event"),
        pytest.param(("stop", "-", "--runtime", "2.7"), "'3.10', '3.12'", id="unknown runtime"),
        pytest.param(("stop", "-", "--timeout", "0"), "range", id="no timeout"),
    ],
)
def test_bad_usage_is_told_without_a_trace(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert said.lower() in " ".join(result.output.lower().split())
    assert "Traceback" not in result.output


def test_a_misspelt_function_is_given_the_nearest() -> None:
    assert "Did you mean stop?" in run("stpo", "x").output


def test_the_sample_of_another_time_says_of_when_its_plan_is() -> None:
    shown = " ".join(run("apply_schedule", "events/apply_schedule.direct.at.json").output.split())

    assert "warning: this plan is as of Fri 20 Nov 2026 20:02 +08:00, with" in shown
