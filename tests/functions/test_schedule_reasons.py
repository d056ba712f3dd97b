"""apply_schedule: the reason of a stop or a start is the one for which it was decided."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import GarbledRow, Refuse
from shared.base.errors import InvalidEvent
from tests.functions.schedules import ALL, EVENING, apply, at, machine, off
from tests.harness.stage import Stage


def slowly(stage: Stage, seconds: float) -> None:
    """The first answer comes so late that what it shows is of before."""

    def waits(operation: str, _: object) -> None:
        if operation == "DescribeInstances" and stage.gateway.log.count(operation) == 1:
            stage.clock.sleep(seconds)

    stage.transport.after = waits


@pytest.mark.parametrize(
    ("clock", "instance", "reason"),
    [
        ("2026-11-26 19:59", machine(), "running since 08:33, before the close at 20:00"),
        ("2026-11-26 08:29", off(), "stopped, and the opening was at 08:30"),
    ],
    ids=["close", "opening"],
)
def test_what_was_seen_before_the_boundary_and_decided_after_has_the_boundarys_reason(
    clock: str, instance: InstanceSpec, reason: str
) -> None:
    stage = at(clock, instance)
    stage.clock.sleep(50)
    slowly(stage, 15)

    (row,) = apply(stage).values()

    assert row[0] == "changed"
    assert row[1].endswith(f"because it was {reason}")


def test_what_is_decided_anew_before_it_is_done_has_the_reason_of_that() -> None:
    """Refused at first, it is tried again on the next day, by whose clock the close was."""
    stage = at("2026-11-26 23:59", machine())
    stage.clock.sleep(59)
    stage.gateway.faults.add(
        Refuse(action="StopInstances", status=403, code="IncorrectInstanceStatus", times=3)
    )

    (row,) = apply(stage).values()

    assert row[1].endswith("because it was running since Thu 08:33, before the close at Thu 20:00")


@pytest.mark.parametrize(
    ("asked", "right"),
    [("2026-11-26T20:01", "a later time"), ("2026-11-25T23:59", "tonight's date")],
)
def test_a_plan_as_of_a_time_that_is_past_says_what_of_it_is_past(asked: str, right: str) -> None:
    stage = at("2026-11-26 20:02", machine())

    report = stage.ask("apply_schedule", {**ALL, "dry_run": True, "at": f"{asked}:00+08:00"})

    assert report["warnings"][-1].endswith(f'; that is in the past: write {right} in "at"')


def test_a_status_that_is_not_documented_is_not_called_a_way_from_one_to_another() -> None:
    stage = at("2026-11-26 20:02", machine())
    stage.gateway.faults.add(
        GarbledRow(
            action="DescribeInstances", id=stage.id_of("dev-1"), field="Status", value="Hibernated"
        )
    )

    assert apply(stage) == {"dev-1": ("unchanged", "neither running nor stopped")}
    assert stage.writes() == ()


@pytest.mark.parametrize(("seconds", "is_valid"), [(0, True), (1, False)])
def test_ten_years_away_can_be_asked_for_and_no_more(
    seconds: int,
    is_valid: bool,  # noqa: FBT001  # a column of the table
) -> None:
    stage = at(EVENING, machine())
    moment = stage.clock.now() + timedelta(days=3650, seconds=seconds)
    asked = {**ALL, "dry_run": True, "at": moment.isoformat()}

    with nullcontext() if is_valid else pytest.raises(InvalidEvent, match="ten years away"):
        apply(stage, asked)
