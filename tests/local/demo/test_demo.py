"""The demonstration: it does what it says, and says so when it does not."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from contextlib import redirect_stdout
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from click.testing import CliRunner
from pytest_mock import MockerFixture
from rich.console import Console

from functions import describe, release, stop
from local.cli import demo
from local.cli.main import group
from local.demo import day as demo_day
from local.demo import saturday
from local.demo.day import STEPS, Day, fleet_of_the_day
from local.demo.demo import play, standing
from local.ecs.clock import ManualClock
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet, InstanceSpec
from local.ecs.ram.caller import Caller
from local.fc.deployment import EVENTS, Deployment, emulated
from local.fc.pace import PacedClock
from local.fc.runtime import Outcome
from shared.ecs.sdk import SdkTransport
from shared.ecs.transport import ErrorResponse
from shared.request.triggers import Message, parse
from shared.run import World
from shared.settings.settings import FcContext

SPEED = 600.0


def told(console: Console | None = None) -> tuple[bool, str]:
    screen = console or Console(file=io.StringIO(), width=80, markup=False, highlight=False)
    went_well = play(screen, SPEED)
    assert isinstance(screen.file, io.StringIO)
    return went_well, screen.file.getvalue()


@pytest.fixture(scope="module")
def good_day() -> str:
    went_well, output = told()
    assert went_well, output
    return output


def test_every_step_does_what_it_says(good_day: str) -> None:
    steps = (*STEPS, *saturday.STEPS)
    assert f"Every step did what it says: {len(steps)} steps" in good_day
    assert "not so" not in good_day
    assert [title for title in (step.title for step in steps) if title not in good_day] == []


def test_on_a_worked_saturday_schedules_know_and_who_works_late_is_let(good_day: str) -> None:
    said = " ".join(good_day.split())

    assert "✓ what has Monday to Friday stays off" in said
    assert "after the close at 20:00; left until Mon 00:00" in said


def test_what_a_person_does_is_not_told_as_a_deed_of_curfew(good_day: str) -> None:
    _, _, late = good_day.partition("Sat 21:13  ")
    by_hand, _, by_timer = late.partition("Sat 21:17  ")

    assert "Curfew is not involved" in by_hand
    assert "Stopped → Running: dev-web-1" in by_hand
    assert "apply_schedule" not in by_hand
    assert "a timer → apply_schedule" in by_timer
    assert "→ Running" not in by_timer


def test_each_act_says_which_day_it_is(good_day: str) -> None:
    first, second = (good_day.index(act.TITLE) for act in (demo_day, saturday))

    assert first < good_day.index("Fri 09:00") < second < good_day.index("Sat 08:32")


@pytest.mark.parametrize(
    "said",
    [
        "tag curfew:protect: dev-license-server",
        "2026-11-22T09:00:00+08:00): dev-wang-debugging",
        "auto-release Fri 21:05 → Mon 16:30: ci-runner-001",
        "StopInstances, CreateSnapshot, DeleteInstances, ",
        "Running → Stopped (KeepCharging): dev-cache-1",
        "Running → gone: ci-runner-003",
    ],
)
def test_it_shows_what_changed_and_what_was_left_alone_and_why(good_day: str, said: str) -> None:
    assert said in good_day


@pytest.mark.parametrize(
    ("environ", "first"),
    [({}, ". .venv/bin/activate"), ({"VIRTUAL_ENV": "/x"}, "python -m local invoke")],
    ids=["from make", "from an activated shell"],
)
def test_what_to_type_next_works_in_the_shell_it_was_run_from(
    environ: dict[str, str], first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    _, output = told()

    assert f"an ECS to play with:\n  {first}" in output


def test_it_fits_a_terminal_of_80_columns(good_day: str) -> None:
    assert max(map(len, good_day.splitlines())) <= 80


def test_the_events_that_it_names_exist(good_day: str) -> None:
    named = re.findall(r"events/\S+", good_day)

    assert len(named) > len(STEPS) - 2
    assert [path for path in named if not (EVENTS.parent / path).is_file()] == []


def test_a_terminal_sees_colours_and_progress() -> None:
    screen = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")

    went_well, output = told(screen)

    assert went_well
    assert "\x1b[1;32m" in output
    assert re.search(r"Fri 17:00:\d\d\S+  .*Running", output)


def test_the_progress_tells_time_states_and_snapshots() -> None:
    clock = ManualClock(datetime(2026, 11, 20, 9, 0, tzinfo=timezone.utc))
    engine = Ecs(Fleet((InstanceSpec("a"), InstanceSpec("b"))), clock)
    first, second = engine.instances()
    engine.stop(first.instance_id)
    engine.call("CreateSnapshot", {"DiskId": second.disk_ids[0]}, Caller())
    clock.advance(timedelta(seconds=4))

    assert standing(engine).plain == "Fri 17:00:04  1 Running, 1 Stopping, snapshot 40%"


def test_an_event_has_the_time_of_its_step_however_late_it_is_sent(
    mocker: MockerFixture,
) -> None:
    with emulated(PacedClock(STEPS[0].at, SPEED), fleet_of_the_day(STEPS[0].at)) as stage:
        sent = mocker.patch.object(
            Deployment, "invoke", return_value=Outcome(ok=True, body=b'{"reports": []}')
        )
        day = Day(stage)
        day.begin_step(STEPS[1].at)
        stage.clock.advance(timedelta(minutes=3))

        day.send("stop.timer.json")

    (message,) = parse(sent.call_args.args[1]).messages
    assert isinstance(message, Message)
    assert message.sent_at == STEPS[1].at


def test_the_steps_are_in_order() -> None:
    times = [step.at for step in STEPS]

    assert times == sorted(times)


def pretend(*_: object, **__: object) -> dict[str, Any]:
    """A handler that only says that it did it."""
    return {
        "action": "stop",
        "dry_run": False,
        "outcome": "complete",
        "counts": {"changed": 99},
        "api_calls": 1,
        "seconds": 0.1,
        "instances": [],
    }


def test_a_function_that_only_says_so_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stop, "handler", pretend)

    went_well, output = told()

    assert not went_well
    assert "✗ failed: development is off here, except what is guarded or has a schedule" in output


def test_a_release_without_its_snapshot_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = release.handler

    def careless(event: bytes, context: FcContext, *, world: World) -> dict[str, Any]:
        asked = event.replace(rb", \"instance_ids", rb", \"snapshot\": false, \"instance_ids", 1)
        return real(asked, context, world=world)

    monkeypatch.setattr(release, "handler", careless)

    went_well, output = told()

    assert not went_well
    assert "✓ the second runner is gone" in output
    assert "✗ failed: a snapshot of its disk was complete before it was deleted" in output


def test_a_function_that_fails_is_shown_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(describe, "handler", broken)

    went_well, output = told()

    assert not went_well
    assert "RuntimeError  out of order" in output


def test_an_ecs_that_makes_no_instances_ends_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    def sold_out(*_: object, **__: object) -> Mapping[str, Any]:
        raise ErrorResponse(status=403, code="OperationDenied.NoStock", message="no stock")

    monkeypatch.setattr(SdkTransport, "send", sold_out)

    went_well, output = told()

    assert not went_well
    assert "the call to ECS failed" in output
    assert "Step 1 did not do what it was meant to do." in output


def test_runners_that_do_not_start_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_day, "_LONGEST_START_S", 0)

    went_well, output = told()

    assert not went_well
    assert "✗ failed: three runners are running" in output


@pytest.mark.parametrize(("went_well", "status"), [(True, 0), (False, 1)])
def test_the_exit_status_tells_how_it_went(
    monkeypatch: pytest.MonkeyPatch,
    went_well: bool,  # noqa: FBT001  # a case
    status: int,
) -> None:
    monkeypatch.setattr(demo, "play", lambda *_: went_well)

    with redirect_stdout(io.StringIO()):
        result = CliRunner().invoke(group, ["demo"])

    assert result.exit_code == status
