"""apply_schedule: an opening that passes without a start is told once, when it is given up."""

from __future__ import annotations

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from tests.functions.schedules import ALL, OFFICE, TAGGED, at, machine, off

MISSED = (
    "stopped; not started since the opening at 08:30, which is caught up for 2h only; left until "
    "Fri 08:30; ECS does not show when it stopped, so it may have run at the opening; if it is "
    "needed before, start it by hand"
)


def warnings(clock: str, *instances: InstanceSpec, **environ: str) -> list[str]:
    stage = at(f"2026-11-26 {clock}", *instances, **environ)
    told: list[str] = stage.ask("apply_schedule", ALL, "timer")["warnings"]
    return [one.partition(": ")[2] for one in told if "if it is needed before" in one]


@pytest.mark.parametrize(
    ("clock", "times"),
    [("10:17", 0), ("10:32", 1), ("10:47", 0), ("11:02", 0), ("20:02", 0)],
)
def test_an_opening_that_is_given_up_is_told_by_the_first_timer_after(
    clock: str, times: int
) -> None:
    assert warnings(clock, off()) == [MISSED] * times


def test_those_with_the_same_opening_are_told_of_together() -> None:
    assert warnings("10:32", off("dev-1"), off("dev-2")) == [MISSED]


@pytest.mark.parametrize(
    "instance",
    [
        machine(started="2026-11-26 08:31"),
        off(started="2026-11-26 08:31"),
        off(tags={**TAGGED, "curfew:protect": ""}),
        off(tags={**TAGGED, "curfew:keep-off-until": "2026-12-24"}),
        off(tags={"curfew:schedule": "workdays -20:00"}),
        off(tags={"curfew:schedule": "workdays 10:00-20:00"}),
    ],
    ids=["runs", "was-started", "protected", "kept-off", "only-closes", "opened-later"],
)
def test_who_missed_nothing_or_may_not_be_started_is_not_told_of(instance: InstanceSpec) -> None:
    assert warnings("10:32", instance) == []


def test_who_is_none_of_curfews_business_is_not_told_of() -> None:
    assert warnings("10:32", off(), CURFEW_ONLY_TAGS='{"curfew-managed-by": "us"}') == []


def test_catch_up_is_the_operators() -> None:
    told = warnings("09:02", off(tags={"curfew:schedule": OFFICE}), CURFEW_CATCH_UP="30m")

    assert told == [MISSED.replace("2h", "30m")]
