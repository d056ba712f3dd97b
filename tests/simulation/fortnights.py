"""Simulate fortnights: one to its end, its twin without outages, and many one after another."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import shared.domain.timetable
from local.ecs.account.model import Status
from local.ecs.account.quirks import Quirks
from local.ecs.clock import ManualClock
from local.ecs.errors import EcsError
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import Refuse
from local.ecs.ram.caller import Caller
from local.fc.trigger_events import ENVELOPES
from tests.harness.invocation import ENVIRONMENT
from tests.harness.stage import Stage
from tests.simulation.fortnight import Fortnight, Hand, Span, fortnight
from tests.simulation.fortnight_laws import Laws, Was
from tests.simulation.fortnight_schedules import MARGIN, following
from tests.simulation.fortnight_view import WORTH_STARTING

_SOLD_OUT = Refuse(status=403, code="OperationDenied.NoStock", action="Start*")
_A_QUARTER = timedelta(minutes=15)
Say = Callable[[str], None]


class Play:
    """One fortnight, running."""

    def __init__(self, given: Fortnight, say: Say | None = None) -> None:
        self.given = given
        self.to_compare = given.first_after_outages | {given.due[-1]}
        self.dice = Random(f"{given.seed} play")  # noqa: S311  # a fortnight, not a secret
        self.clock = ManualClock(given.first)
        self.stage = Stage(
            tuple(self._machines()),
            quirks=Quirks(reboot_moves_start_time=given.reboot_moves),
            clock=self.clock,
            environ={**ENVIRONMENT, **given.environ},
        )
        self.laws = Laws(given, self.stage.engine)
        self.stage.transport.before = self.laws.sent
        self.stage.transport.after = self.laws.done
        self.say = say
        self.is_calm = False
        self.calm_at = given.first
        self.runs = 0
        self.compared: dict[datetime, list[Status]] = {}

    def _machines(self) -> list[InstanceSpec]:
        return [
            InstanceSpec(
                f"dev-{number}",
                tags=tags.written,
                status=Status.RUNNING if runs else Status.STOPPED,
                started_at=self.given.first - timedelta(minutes=self.dice.randint(1, 3 * 1440)),
            )
            for number, (tags, runs) in enumerate(self.given.machines)
        ]

    def to_end(self) -> None:
        """Every timer that comes, and every hand, in order."""
        hands = list(self.given.hands)
        for timer in self.given.due:
            while hands and hands[0].at < timer:
                self._hand(hands.pop(0))
            if self.given.is_lost(timer):
                self.is_calm = False
            elif timer == self.given.due[-1] or self._may_change(timer):
                self._timer(timer)
            if timer in self.to_compare:
                self.compared[timer] = self._statuses()

    def _may_change(self, timer: datetime) -> bool:
        """Whether a run could find something to do, or is one that is played all the same.

        The rule is a function of an instance and of the time. After a run that left nothing to be
        done it goes another way only when a boundary is passed, a tag ends, or somebody did
        something. Were Curfew to think otherwise, the runs played by chance would show it.
        """
        if not self.is_calm or self.dice.random() < 1 / 16:
            return True
        views = (self.laws.view(one, timer) for one in self.laws.machines)
        return any(view is not None and view.changed_since(self.calm_at) for view in views)

    def _timer(self, timer: datetime) -> None:
        self._wait(timer + timedelta(seconds=self.dice.randint(1, 5)))
        faults = self.stage.gateway.faults
        is_sold_out = any(one.has(timer) for one in self.given.sold_out)
        if is_sold_out:
            faults.add(_SOLD_OUT)
        event = ENVELOPES["timer"](self.given.request, timer)
        for _ in range(2 if self.dice.random() < self.given.twice else 1):
            self._run(event)
        faults.clear()

    def _run(self, event: bytes) -> None:
        self.runs += 1
        began_at, writes = self.clock.now(), self.laws.writes
        before = {
            one.instance_id: Was(one.status, one.started_at)
            for one in self.stage.engine.instances()
        }
        outcome: Any
        try:
            outcome = self.stage.deliver("apply_schedule", event)
        except Exception as error:  # noqa: BLE001  # whatever it is, the laws judge it
            outcome = error
        is_done = self.laws.ended(began_at, before, outcome)
        self.is_calm = is_done and self.laws.writes == writes
        self.calm_at = began_at
        if self.say and not self.is_calm:
            self.say(f"{began_at:%a %m-%d %H:%M:%S}Z run: {outcome}"[:2000])

    def _hand(self, hand: Hand) -> None:
        self._wait(hand.at)
        self.is_calm = False
        machine, engine = self.laws.machines[hand.machine], self.stage.engine
        before = engine.instance(machine.id)
        match hand.what:
            case "start":
                engine.start(machine.id)
            case "stop":
                engine.stop(machine.id)
            case "reboot":
                with suppress(EcsError):  # it does not run
                    engine.call("RebootInstance", {"InstanceId": machine.id}, Caller())
            case _:
                engine.untag(machine.id, *before.tags)
                engine.tag(machine.id, hand.tags.written)
                machine.tags = hand.tags
        if engine.instance(machine.id).status is not before.status:
            machine.by_hand = True
        machine.touched_at = self.clock.now()
        if self.say:
            tags = hand.tags.written if hand.what == "tag" else ""
            self.say(f"{hand.at:%a %m-%d %H:%M:%S}Z {hand.what} {hand.machine} {tags}")

    def _wait(self, until: datetime) -> None:
        self.clock.advance(max(until - self.clock.now(), timedelta(0)))

    def _statuses(self) -> list[Status]:
        return [self.stage.engine.instance(one.id).status for one in self.laws.machines]


@contextmanager
def _brisk() -> Iterator[None]:
    """Nobody reads the log, and no boundary of these schedules is as far away as a year."""
    logger = logging.getLogger("curfew")
    level, farthest = logger.level, shared.domain.timetable.FARTHEST
    logger.setLevel(logging.CRITICAL)
    shared.domain.timetable.FARTHEST = 2 * MARGIN.days
    try:
        yield
    finally:
        logger.setLevel(level)
        shared.domain.timetable.FARTHEST = farthest


@_brisk()
def broken_in(given: Fortnight, say: Say | None = None) -> list[str]:
    """The laws that a fortnight breaks, its twin without outages compared."""
    play = Play(given, say)
    play.to_end()
    found = play.laws.broken
    if given.outages and not given.sold_out and all(map(given.is_caught_up, given.outages)):
        found += _unlike_twin(given, play)
    return found


def _unlike_twin(given: Fortnight, play: Play) -> list[str]:
    """Law 4: after the first run since each outage, and at the end, all is as without outages.

    But not for whom somebody has done something around an outage, or has changed the tags; and
    what could not be started since the end of its span was near is off until then.
    """
    twin = Play(replace(given, outages=()))
    twin.to_compare = play.to_compare
    twin.to_end()
    found: list[str] = []
    for at in sorted(play.to_compare):
        pairs = zip(play.compared[at], twin.compared[at], strict=True)
        for number, (one, other) in enumerate(pairs):
            if one is other or any(_disturbs(given, hand, number, at) for hand in given.hands):
                continue
            meaning = given.meaning(given.machines[number][0])
            now = given.minute(at)
            closes = following(meaning.closes, now) if meaning else None
            soon = closes is not None and closes <= now + WORTH_STARTING  # it looks seconds later
            if one is Status.RUNNING or not soon:
                how = f"{one.value}, without outages {other.value}"
                found.append(f"law 4: machine {number} is at {at:%m-%d %H:%M}Z {how}")
    return found


def _disturbs(given: Fortnight, hand: Hand, number: int, until: datetime) -> bool:
    """Whether what somebody did may rightly come to something else after an outage."""
    if hand.machine != number or hand.at >= until:
        return False
    around = (
        Span(one.begin - given.catch_up - _A_QUARTER, one.end + _A_QUARTER) for one in given.outages
    )
    return hand.what == "tag" or any(one.has(hand.at) for one in around)


def failing(seeds: Sequence[int]) -> list[tuple[int, list[str]]]:
    """The seeds among these whose fortnight breaks a law, each with what is broken."""
    return [(seed, found) for seed in seeds if (found := broken_in(fortnight(seed)))]


def main(arguments: Sequence[str]) -> int:
    """``python -m tests.simulation.fortnights COUNT [FIRST]``, or ``replay SEED``."""
    if arguments[0] == "replay":
        given = fortnight(int(arguments[1]))
        print(given)  # noqa: T201  # for a person
        print(*broken_in(given, print), sep="\n")  # noqa: T201  # likewise
        return 0
    count, first = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0
    parts = [range(at, min(at + 10, first + count)) for at in range(first, first + count, 10)]
    with ProcessPoolExecutor(2) as pool:
        bad = [one for found in pool.map(failing, parts) for one in found]
    for seed, found in bad[:20]:
        again = f"python -m tests.simulation.fortnights replay {seed}"
        print(f"seed {seed}: {found[0][:400]}\n  {again}")  # noqa: T201  # likewise
    print(f"{count} fortnights from seed {first}: {len(bad)} failed")  # noqa: T201  # likewise
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
