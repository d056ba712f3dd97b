"""describe, over the emulator: each instance's schedule, how it is by that, and what comes next."""

from __future__ import annotations

from datetime import timezone
from typing import Any

import pytest

from local.ecs.account.model import Status
from local.ecs.clock import ManualClock
from local.ecs.fleet.fleet import InstanceSpec
from shared.base.errors import Refused
from shared.domain.calendar import Calendar
from tests.harness.reports import table
from tests.harness.stage import Stage
from tests.unit.domain.schedules import local

OFFICE = "workdays 08:30-20:00"
ALL = {"name": "dev-*"}


def staged(now: str, started: str, tags: dict[str, str], **fields: Any) -> Stage:  # noqa: ANN401  # any field of a spec
    spec = InstanceSpec(
        "dev-1", tags=tags, started_at=local(started).astimezone(timezone.utc), **fields
    )
    return Stage([spec], clock=ManualClock(local(now)))


@pytest.mark.parametrize(
    ("now", "started", "status", "tag", "said"),
    [
        ("12:00", "08:33", Status.RUNNING, OFFICE, f"{OFFICE}: running until 20:00"),
        (
            "20:02",
            "08:33",
            Status.RUNNING,
            OFFICE,
            f"{OFFICE}: running since 08:33, before the close at 20:00; the next run stops it",
        ),
        (
            "21:15",
            "21:13",
            Status.RUNNING,
            OFFICE,
            f"{OFFICE}: running since 21:13, after the close at 20:00; left until Fri 20:00",
        ),
        (
            "08:31",
            "07:00",
            Status.STOPPED,
            OFFICE,
            f"{OFFICE}: stopped, and the opening was at 08:30; the next run starts it",
        ),
        ("20:02", "08:33", Status.STOPPED, OFFICE, f"{OFFICE}: stopped; opens Fri 08:30"),
        ("12:00", "08:33", Status.RUNNING, "Office", f"Office ({OFFICE}): running until 20:00"),
        (
            "12:00",
            "08:33",
            Status.RUNNING,
            f"{OFFICE} Asia/Tokyo",
            f"{OFFICE} Asia/Tokyo: running until 20:00 (Asia/Tokyo)",
        ),
    ],
    ids=["on", "to-stop", "by-hand", "to-start", "off", "named", "zone"],
)
def test_a_row_says_the_schedule_its_state_and_what_comes_next(
    now: str, started: str, status: Status, tag: str, said: str
) -> None:
    stage = staged(
        f"2026-11-26 {now}", f"2026-11-26 {started}", {"curfew:schedule": tag}, status=status
    )
    stage.environ["CURFEW_SCHEDULES"] = f'{{"office": "{OFFICE}"}}'

    ((result, reason),) = table(stage.ask("describe", ALL)).values()

    mode = "; stopped in KeepCharging: still billed" if status is Status.STOPPED else ""
    assert (result, reason) == ("unchanged", f"schedule {said}{mode}")
    assert stage.writes() == ()


@pytest.mark.parametrize(
    ("now", "status", "tag", "coming"),
    [
        ("20:02", Status.RUNNING, "curfew:protect", ""),
        ("20:02", Status.RUNNING, "curfew:keep-off-until", "; the next run stops it"),
        ("08:31", Status.STOPPED, "curfew:keep-off-until", ""),
    ],
)
def test_of_a_guarded_instance_no_run_does_what_the_guard_forbids(
    now: str, status: Status, tag: str, coming: str
) -> None:
    tags = {"curfew:schedule": OFFICE, tag: "2026-12-31"}
    stage = staged(f"2026-11-26 {now}", "2026-11-26 07:00", tags, status=status)

    ((_, reason),) = table(stage.ask("describe", ALL)).values()

    assert f"tag {tag}" in reason
    assert ("the next run" in reason, coming in reason) == (bool(coming), True)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["curfew:schedule"], ""),
        (["Curfew:Schedule"], "'Curfew:Schedule'"),
        (["Curfew:Schedule", "CURFEW:schedule"], "'Curfew:Schedule'"),
        (["Curfew:Schedule", "curfew:schedule"], ""),
    ],
    ids=["as-selected", "capitals", "two-spellings", "beside-the-right-one"],
)
def test_a_spelling_that_no_timer_selects_is_told(keys: list[str], said: str) -> None:
    stage = staged("2026-11-26 12:00", "2026-11-26 08:33", dict.fromkeys(keys, OFFICE))

    ((_, reason),) = table(stage.ask("describe", ALL)).values()

    told = (
        f"; its tag key is {said}, which a timer that selects by curfew:schedule does not find: "
        "write curfew:schedule"
    )
    assert reason == f"schedule {OFFICE}: running until 20:00" + (told if said else "")


def test_without_the_tag_nothing_is_said_of_schedules() -> None:
    stage = staged("2026-11-26 12:00", "2026-11-26 08:33", {})

    assert table(stage.ask("describe", ALL)) == {"dev-1": ("unchanged", "")}


def test_a_schedule_that_cannot_be_read_is_said_in_row_and_warnings() -> None:
    stage = staged("2026-11-26 12:00", "2026-11-26 08:33", {"curfew:schedule": "mon-fri"})

    report = stage.ask("describe", ALL)

    assert table(report)["dev-1"][1].startswith("tag curfew:schedule cannot be read: word 1, ")
    assert report["warnings"][0].startswith(f"{stage.id_of('dev-1')}: tag curfew:schedule ")


def test_the_report_says_until_when_the_calendar_knows() -> None:
    stage = staged("2026-11-26 12:00", "2026-11-26 08:33", {})

    assert stage.ask("describe", ALL)["calendar_until"] == Calendar().until
    assert "calendar_until" not in stage.ask("stop", {**ALL, "dry_run": True})


def test_where_no_calendar_is_installed_it_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.domain.calendar.installed", _not_installed)
    stage = staged("2026-11-26 12:00", "2026-11-26 08:33", {})

    assert "calendar_until" not in stage.ask("describe", ALL)


def _not_installed() -> None:
    raise ImportError


def test_settings_that_cannot_be_read_refuse_the_run() -> None:
    stage = staged("2026-11-26 12:00", "2026-11-26 08:33", {})
    stage.environ["CURFEW_SCHEDULES"] = '{"office": "mon"}'

    with pytest.raises(Refused, match="CURFEW_SCHEDULES: 'office'"):
        stage.ask("describe", ALL)
