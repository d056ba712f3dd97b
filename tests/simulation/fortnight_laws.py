"""The laws of a fortnight: what Curfew does on a schedule, judged from what ECS got and is.

1 nothing is started or stopped against its schedule; 2 what was started since the close is left;
3 what was stopped since it was started after the opening stays off; 4 timers lost for less than
CURFEW_CATCH_UP change nothing about the end (``fortnights`` compares); 5 Curfew never undoes its
own step without a boundary or somebody's hand between; 6 what is not guarded is as its schedule
has it after the first run since the boundary; 7 the guarded are left alone; 8 the times that
reasons name are true; 9 what was missed is caught up; 0 a run ends well.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from local.ecs.account.model import Status
from local.ecs.engine import Ecs
from tests.simulation.ending import ending_of
from tests.simulation.fortnight import Fortnight, Tags
from tests.simulation.fortnight_schedules import MARGIN
from tests.simulation.fortnight_view import Law, View

_TIME = r"((?:\d{4}-\d\d-\d\d |[A-Z][a-z]{2} )?\d\d:\d\d)"
_LEFT = {Status.RUNNING: "closes", Status.STOPPED: "opens"}
_MOST = 20


@dataclass
class Machine:
    """What is known of one instance.

    Attributes:
        id: Its id.
        tags: As they are now.
        by_hand: Whether somebody switched it on or off last, rather than Curfew.
        own_step: Curfew's last step and its time; "" and the begin: none.
        touched_at: When somebody did something to it last.
        sold_out: It could not be started in this run.
    """

    id: str
    tags: Tags
    by_hand: bool
    own_step: tuple[str, datetime]
    touched_at: datetime
    sold_out: bool = False


@dataclass(frozen=True)
class Was:
    """How an instance was before a run: its status, and its StartTime."""

    status: Status
    started_at: datetime | None


class Laws:
    """Watches one fortnight.

    Attributes:
        broken: What was broken, as ``law N: who, when: how``.
        writes: So many steps were sent.
    """

    def __init__(self, given: Fortnight, engine: Ecs) -> None:
        self.given, self.engine = given, engine
        self.broken: list[str] = []
        self.writes = 0
        ids = [one.instance_id for one in engine.instances()]
        self.machines = [
            Machine(one, tags, by_hand=True, own_step=("", given.first), touched_at=given.first)
            for one, (tags, _) in zip(ids, given.machines, strict=True)
        ]
        self._by_id = {one.id: one for one in self.machines}

    def view(
        self, machine: Machine, at: datetime | None = None, was: Was | None = None
    ) -> View | None:
        """What its schedule says of it, as it is or was; None: it has none that can be read."""
        meaning = self.given.meaning(machine.tags)
        if meaning is None:
            return None
        started = was.started_at if was else self.engine.instance(machine.id).started_at
        minute = -1 if started is None else int(self.given.minute(started))
        return View(self.given, machine.tags, meaning, at or self.engine.clock.now(), minute)

    def sent(self, operation: str, parameters: Mapping[str, str]) -> None:
        """A call is about to reach ECS."""
        if not operation.startswith(("Start", "Stop")):
            return
        what = operation[: len("Start")].rstrip("I").lower()
        self.writes += 1
        for key, value in parameters.items():
            if key.startswith("InstanceId"):
                self._judge(what, self._by_id[value])

    def done(self, operation: str, parameters: Mapping[str, str]) -> None:
        """ECS has answered a call."""
        what = "start" if operation.startswith("Start") else "stop"
        if not operation.startswith(("Start", "Stop")):
            return
        for key, value in parameters.items():
            if not key.startswith("InstanceId"):
                continue
            machine = self._by_id[value]
            if what == "start" and self.engine.instance(value).status is Status.STOPPED:
                machine.sold_out = True
                continue
            machine.own_step = (what, self.engine.clock.now())
            machine.by_hand = False

    def _judge(self, what: str, machine: Machine) -> None:
        view = self.view(machine)
        if view is None:
            self.breaks(Law(1, f"{what} without a schedule"), machine)
            return
        if guard := view.guard(what):
            self.breaks(Law(7, f"{what} in spite of {guard}"), machine)
        law = view.no_stop() if what == "stop" else view.no_start()
        if law is not None and law.number != 1 and not machine.by_hand:
            law = Law(5, law.how)
        if law is not None:
            self.breaks(Law(law.number, f"{what}, but {law.how}"), machine)
        own, since = machine.own_step
        if own not in {"", what} and machine.touched_at <= since and not view.changed_since(since):
            self.breaks(Law(5, f"{what} after its own {own} at {since:%d %H:%M}"), machine)

    def ended(self, began_at: datetime, before: Mapping[str, Was], outcome: Any) -> bool:  # noqa: ANN401  # a report, or an error
        """A run has ended.

        Args:
            began_at: When it began.
            before: How each instance was then.
            outcome: What it returned or raised.

        Returns:
            Whether all is done, so that nothing happens before something changes.
        """
        ending = ending_of(outcome)
        is_sold_out = any(one.sold_out for one in self.machines)
        if ending.error != ("Incomplete" if is_sold_out else ""):
            self.breaks(Law(0, f"the run ended with {ending.error or 'no error'}: {ending.text}"))
        for machine in self.machines:
            self._check_goal(machine, began_at)
            machine.sold_out = False
        rows = [row for report in ending.reports for row in report["instances"]]
        for row in rows:
            machine = self._by_id[row["id"]]
            self._check_row(machine, row, began_at, before[machine.id])
        if len(rows) != len(self.machines):
            self.breaks(Law(0, f"{len(rows)} rows"))
        return not is_sold_out

    def _check_goal(self, machine: Machine, began_at: datetime) -> None:
        views = [self.view(machine, began_at), self.view(machine)]
        status = self.engine.instance(machine.id).status
        for view in views:
            if view is None or status not in _LEFT or machine.sold_out:
                return
            what = "stop" if status is Status.RUNNING else "start"
            if view.guard(what) or (view.no_stop() if what == "stop" else view.no_start()):
                return
        assert view is not None
        boundary = view.close if status is Status.RUNNING else view.opening
        number = 9 if self._was_missed(boundary) else 6
        self.breaks(Law(number, f"it is {status.value}, since {view.shown(boundary)}"), machine)

    def _was_missed(self, boundary: int | None) -> bool:
        """Whether the first timer after a boundary was lost."""
        due = self.given.due
        if boundary is None:
            return False
        at = bisect_left(due, self.given.window + timedelta(minutes=boundary))
        return at < len(due) and self.given.is_lost(due[at])

    def _check_row(
        self, machine: Machine, row: Mapping[str, Any], began_at: datetime, was: Was
    ) -> None:
        view = self.view(machine, began_at, was)
        if view is None or row["result"] not in {"changed", "unchanged"}:
            return
        for name, said, true in times_of(row["reason"], view, was.status):
            if said != true and not self._is_beyond(said):
                how = f"{name} is {true}, but: {row['reason']}"
                self.breaks(Law(8, how), machine)

    def _is_beyond(self, said: str) -> bool:
        """Whether this time is so far away that schedules' meanings are not known there."""
        if not re.match(r"\d{4}-", said):
            return False
        day = date.fromisoformat(said[:10])
        first = self.given.first.date()
        return not first - MARGIN < day < first + MARGIN

    def breaks(self, law: Law, machine: Machine | None = None) -> None:
        """A law is broken."""
        number = self.machines.index(machine) if machine else -1
        spec = (machine.tags.spec or self.given.fallback) if machine else None
        who = f"machine {number} ({spec.text if spec else 'no schedule'}), " if machine else ""
        now = self.engine.clock.now()
        if len(self.broken) < _MOST:
            self.broken.append(f"law {law.number}: {who}{now:%m-%d %H:%M:%S}Z: {law.how}")


def times_of(reason: str, view: View, was: Status) -> Iterator[tuple[str, str, str]]:
    """What each time in a reason is of, what it says, and what would be true.

    Args:
        reason: A row's.
        view: The instance's.
        was: Whether it ran or was stopped when the reason was found.
    """
    following = view.closes if was is Status.RUNNING else view.opens
    forms = (
        ("the start", rf"(?:running since|(?:started|created) at) {_TIME}", view.started),
        ("the next close", rf"the close at {_TIME} is less than", view.closes),
        ("the close", rf"the close at {_TIME}(?! is less than)", view.close),
        ("the close", rf"outside its hours since {_TIME}", view.close),
        ("the opening", rf"the opening (?:was )?at {_TIME}", view.opening),
        ("what follows", rf"left until {_TIME}", following),
        ("the next opening", rf"; opens {_TIME}", view.opens),
        ("the next close", rf"running until {_TIME}", view.closes),
    )
    for name, pattern, minute in forms:
        for said in re.findall(pattern, reason):
            yield name, said, view.shown(minute)
