"""apply_schedule through days of timers: who did what, then. Nothing is stored between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

import pytest

from local.ecs.account.model import Status
from local.ecs.account.quirks import DEFAULT_QUIRKS, Quirks
from local.ecs.clock import ManualClock
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import Refuse
from local.ecs.ram.caller import Caller
from shared.base.errors import CurfewError
from shared.base.times import CHINA
from tests.harness.stage import Stage
from tests.unit.domain.schedules import local

OFFICE = "workdays 08:30-20:00"
THURSDAY = "2026-11-26"
FRIDAY, SATURDAY, SUNDAY = "2026-11-27", "2026-11-28", "2026-11-29"
Deed = Callable[[Stage, str], object]


class Days:
    """One instance, a timer every quarter of an hour, and what people do in between."""

    def __init__(
        self,
        spec: str = OFFICE,
        *,
        tags: Mapping[str, str] = MappingProxyType({}),
        quirks: Quirks = DEFAULT_QUIRKS,
    ) -> None:
        self.clock = ManualClock(local(f"{THURSDAY} 07:47"))
        instance = InstanceSpec(
            "dev-1",
            status=Status.STOPPED,
            tags={"curfew:schedule": spec, **tags},
            started_at=local("2026-11-25 08:33").astimezone(timezone.utc),
        )
        self.stage = Stage([instance], clock=self.clock, quirks=quirks)
        self.request: dict[str, object] = {"tags": {"curfew:schedule": "*"}}
        self.deeds: list[tuple[datetime, Deed]] = []
        self.lost: list[tuple[datetime, datetime]] = []
        self.failures = 0

    def at(self, text: str, deed: Deed) -> None:
        """What somebody does at a time."""
        self.deeds.append((local(text), deed))

    def lose(self, first: str, last: str) -> None:
        """Timers between these times are lost."""
        self.lost.append((local(first), local(last)))

    def until(self, text: str) -> str:
        """Let the timers come until then: what the instance went through, by the clock."""
        log = []
        while (timer := _next_timer(self.clock.now())) <= local(text):
            for when, deed in [one for one in self.deeds if one[0] < timer]:
                self.deeds.remove((when, deed))
                self._sleep_until(when)
                deed(self.stage, self._id())
            self._sleep_until(timer)
            if any(first <= timer <= last for first, last in self.lost):
                self.clock.sleep(1)
                continue
            before = len(self.stage.writes())
            self._run()
            log += [
                f"{one.action[:-9].lower()} {timer.astimezone(CHINA):%a %H:%M}"
                for one in self.stage.writes()[before:]
            ]
            self.clock.sleep(1)
        return ", ".join(log)

    def _run(self) -> None:
        try:
            self.stage.ask("apply_schedule", self.request, "timer")
        except CurfewError:
            self.failures += 1

    def _sleep_until(self, moment: datetime) -> None:
        self.clock.sleep(max(0.0, (moment - self.clock.now()).total_seconds()))

    def _id(self) -> str:
        return self.stage.id_of("dev-1")


def _next_timer(now: datetime) -> datetime:
    """The first of minutes 2, 17, 32 and 47 from now on."""
    minute = now.replace(second=0, microsecond=0)
    while minute.minute % 15 != 2 or minute < now:
        minute += timedelta(minutes=1)
    return minute


def start(stage: Stage, instance_id: str) -> None:
    stage.engine.start(instance_id)


def stop(stage: Stage, instance_id: str) -> None:
    stage.engine.stop(instance_id)


def reboot(stage: Stage, instance_id: str) -> None:
    stage.gateway.call("RebootInstance", {"InstanceId": instance_id}, Caller())


def test_nobody_does_anything() -> None:
    days = Days()

    assert days.until(f"{SUNDAY} 12:00") == (
        "start Thu 08:32, stop Thu 20:02, start Fri 08:32, stop Fri 20:02"
    )


@pytest.mark.promise("S55")
def test_a_start_by_hand_after_the_close_stands_until_the_next_close() -> None:
    days = Days()
    days.at(f"{THURSDAY} 21:13", start)

    assert days.until(f"{FRIDAY} 23:59") == "start Thu 08:32, stop Thu 20:02, stop Fri 20:02"


@pytest.mark.promise("S55")
def test_the_end_of_a_day_without_hours_is_a_close() -> None:
    days = Days()
    days.at(f"{FRIDAY} 21:13", start)

    assert days.until(f"{SUNDAY} 23:59").endswith("stop Fri 20:02, stop Sun 00:02")


@pytest.mark.promise("S55")
def test_a_stop_by_hand_of_what_was_started_since_the_opening_stands() -> None:
    days = Days()
    days.at(f"{THURSDAY} 09:10", stop)

    assert days.until(f"{FRIDAY} 09:00") == "start Thu 08:32, start Fri 08:32"


def test_a_stop_by_hand_of_what_ran_through_the_opening_may_be_undone_once() -> None:
    """ECS does not show when an instance stopped."""
    days = Days()
    days.at(f"{THURSDAY} 08:00", start)
    days.until(f"{THURSDAY} 08:10")
    days.at(f"{THURSDAY} 09:10", stop)
    days.at(f"{THURSDAY} 09:40", stop)

    assert days.until(f"{THURSDAY} 19:00") == "start Thu 09:17"


@pytest.mark.promise("S55")
@pytest.mark.parametrize(
    ("first", "last", "went"),
    [
        ("19:00", "23:00", "start Thu 08:32, stop Thu 23:02"),
        ("08:00", "10:15", "start Thu 10:17, stop Thu 20:02"),
        ("08:00", "11:00", ""),
    ],
    ids=["close", "opening", "opening-too-late"],
)
def test_lost_timers_are_caught_up(first: str, last: str, went: str) -> None:
    days = Days()
    days.lose(f"{THURSDAY} {first}", f"{THURSDAY} {last}")

    assert days.until(f"{THURSDAY} 23:30") == went


@pytest.mark.promise("S55")
def test_enforced_stops_what_is_started_after_the_close() -> None:
    days = Days()
    days.request["enforced"] = True
    days.at(f"{THURSDAY} 21:13", start)

    assert days.until(f"{THURSDAY} 23:30") == "start Thu 08:32, stop Thu 20:02, stop Thu 21:17"


def test_a_start_that_fails_for_want_of_stock_is_tried_until_there_is_some() -> None:
    days = Days()
    days.stage.gateway.faults.add(
        Refuse(action="StartInstances", status=403, code="OperationDenied.NoStock", times=3)
    )

    went = days.until(f"{THURSDAY} 12:00")

    assert went == "start Thu 08:32, start Thu 08:47, start Thu 09:02, start Thu 09:17"
    assert days.failures == 3


def test_it_is_tried_for_as_long_as_an_opening_is_caught_up() -> None:
    days = Days()
    days.stage.gateway.faults.add(
        Refuse(action="StartInstances", status=403, code="OperationDenied.NoStock")
    )

    tries = days.until(f"{THURSDAY} 19:00").split(", ")

    assert (tries[0], tries[-1], len(tries), days.failures) == (
        "start Thu 08:32",
        "start Thu 10:17",
        8,
        8,
    )


def test_the_end_of_keep_until_is_a_close() -> None:
    days = Days(tags={"curfew:keep-until": f"{THURSDAY}T22:00:00+08:00"})
    days.at(f"{THURSDAY} 21:13", stop)
    days.at(f"{THURSDAY} 21:20", start)

    assert days.until(f"{THURSDAY} 23:30") == "start Thu 08:32, stop Thu 22:02"


def test_the_end_of_keep_off_until_is_an_opening() -> None:
    days = Days(tags={"curfew:keep-off-until": f"{THURSDAY}T12:00:00+08:00"})

    assert days.until(f"{THURSDAY} 23:30") == "start Thu 12:02, stop Thu 20:02"


def test_a_lone_close_stops_once_and_starts_nothing() -> None:
    days = Days("workdays -20:00")
    days.at(f"{THURSDAY} 09:00", start)
    days.at(f"{THURSDAY} 20:30", start)

    assert days.until(f"{FRIDAY} 23:30") == "stop Thu 20:02, stop Fri 20:02"


def test_a_lone_opening_starts_and_stops_nothing() -> None:
    days = Days("workdays 08:30-")
    days.at(f"{THURSDAY} 12:00", stop)

    assert days.until(f"{SATURDAY} 12:00") == "start Thu 08:32, start Fri 08:32"


@pytest.mark.slow
def test_always_starts_nothing_and_stops_in_the_days_that_are_off() -> None:
    days = Days(f"always, {FRIDAY} off")
    days.at(f"{THURSDAY} 12:00", start)

    assert days.until(f"{SATURDAY} 12:00") == "stop Fri 00:02"


@pytest.mark.parametrize(
    ("moves", "went"),
    [(True, ""), (False, "stop Thu 20:47")],
    ids=["a-reboot-is-a-start", "it-is-not"],
)
def test_a_reboot_after_the_close_may_look_like_a_start_by_hand(
    moves: bool,  # noqa: FBT001  # a table's column
    went: str,
) -> None:
    """Whether it does is not documented; the timers of the close are lost here."""
    days = Days(quirks=Quirks(reboot_moves_start_time=moves))
    days.until(f"{THURSDAY} 19:50")
    days.lose(f"{THURSDAY} 20:00", f"{THURSDAY} 20:40")
    days.at(f"{THURSDAY} 20:10", reboot)

    assert days.until(f"{THURSDAY} 23:59") == went
