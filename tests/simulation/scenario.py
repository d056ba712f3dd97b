"""One scenario, all decided by a seed: a fleet, what is asked, and what goes wrong meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

from local.ecs.account.durations import Durations
from local.ecs.account.model import StoppedMode
from local.ecs.account.quirks import Quirks
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import AnyFault, GarbledRow, LostPermission, MissingPage
from local.ecs.gateway.throttle import Limits
from tests.harness.actions import ACTIONS
from tests.simulation import troubles
from tests.simulation.fleets import (
    DUSK,
    REGIONS,
    SCHEDULE_KEY,
    SCHEDULE_KEYS,
    aged,
    fleet_of,
    scheduled,
)
from tests.simulation.hours import IN_CHINA, Hours, hours_of
from tests.simulation.messages import (
    OF_NOW,
    PLAIN,
    Asking,
    Dress,
    Message,
    event_of,
    messages_of,
)
from tests.simulation.troubles import BadRegion

__all__ = ["DUSK", "Earlier", "Operator", "Scenario", "scenario", "simpler"]

FUNCTIONS = tuple(ACTIONS)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Operator:
    """What the operator has set in the function's environment; nothing by default.

    Attributes:
        max_instances: CURFEW_MAX_INSTANCES.
        max_percent: CURFEW_MAX_PERCENT; 0: none.
        only_tags: CURFEW_ONLY_TAGS.
        snapshot_required: CURFEW_SNAPSHOT is ``required``.
        regions: CURFEW_REGIONS.
        hours: What it has set about time.
    """

    max_instances: int = 100
    max_percent: int = 0
    only_tags: Mapping[str, object] | None = None
    snapshot_required: bool = False
    regions: tuple[str, ...] = ()
    hours: Hours = IN_CHINA

    @property
    def environ(self) -> dict[str, str]:
        """The variables."""
        stated = {
            "CURFEW_MAX_INSTANCES": str(self.max_instances) if self.max_instances != 100 else "",
            "CURFEW_MAX_PERCENT": str(self.max_percent) if self.max_percent else "",
            "CURFEW_ONLY_TAGS": json.dumps(self.only_tags) if self.only_tags else "",
            "CURFEW_SNAPSHOT": "required" if self.snapshot_required else "",
            "CURFEW_REGIONS": ",".join(self.regions),
            **self.hours.environ,
        }
        return {key: value for key, value in stated.items() if value}


@dataclass(frozen=True)
class Earlier:
    """A release of the same instances that was begun before the scenario, and did not end.

    Attributes:
        before: So long before the scenario.
        retention_days: What it asked for.
        killed_after: Its process dies after so many calls that change something.
    """

    before: timedelta
    retention_days: int
    killed_after: int


@dataclass(frozen=True)
class Scenario:
    """Everything that is given before the first call.

    Attributes:
        seed: Gives this scenario again.
        default_stopped_mode: The account's own choice.
        kills: At which calls to ECS, counted over all invocations, the process dies; a negative
            number dies after the write of that call.
        duplicate_at: At which call a second delivery of the same event runs, from start to end;
            0: none.
        interference: How probable it is that somebody changes something before a call.
        late: How old the event is when it first comes; negative: its sender's clock is ahead.
        hidden: At which look by ids one instance is left out, and of the next; 0: at none.
        odd: At which calls the answer is odd, and how.
        initializing: So long ECS refuses every change.
    """

    seed: int
    function: str
    messages: tuple[Message, ...]
    trigger: str
    dress: Dress
    operator: Operator
    fleet: tuple[InstanceSpec, ...]
    default_stopped_mode: StoppedMode
    bad_regions: tuple[BadRegion, ...]
    durations: Durations
    quirks: Quirks
    limits: Limits
    faults: tuple[AnyFault, ...]
    timeout: timedelta
    latency: timedelta
    kills: tuple[int, ...]
    duplicate_at: int
    interference: float
    late: timedelta = timedelta(0)
    hidden: int = 0
    odd: tuple[tuple[int, str], ...] = ()
    initializing: timedelta = timedelta(0)
    earlier: Earlier | None = None

    @property
    def is_of_now(self) -> bool:
        """Does the event have no time, so that each delivery is of another instant?"""
        return self.trigger in OF_NOW and not self.dress.replayed

    @property
    def sent_at(self) -> datetime:
        """The time that the event bears, if its trigger's events bear one."""
        return DUSK - self.late

    @cached_property
    def event(self) -> bytes:
        """The event as its trigger delivers it."""
        return event_of(self.messages, self.trigger, self.dress, (self.sent_at, DUSK))

    @property
    def may_lie(self) -> bool:
        """Does ECS leave out what there is, so that who asks once may believe it?"""
        lies = (MissingPage, LostPermission)
        return bool(self.hidden) or any(isinstance(one, lies) for one in self.faults)

    @property
    def garbled(self) -> frozenset[str]:
        """The instances whose rows cannot be read."""
        return frozenset(one.id for one in self.faults if isinstance(one, GarbledRow))

    @property
    def is_list(self) -> bool:
        """Are there several messages, so that a write may be of any of them?"""
        return len(self.messages) > 1

    @property
    def home(self) -> str:
        """The function's own region."""
        return self.fleet[0].region if self.fleet else REGIONS[0]


def scenario(seed: int) -> Scenario:
    """The scenario of a seed."""
    dice = Random(seed)  # noqa: S311  # a scenario, not a secret
    function = dice.choice(FUNCTIONS)
    bad = troubles.bad_regions(seed)
    good = [*REGIONS[: dice.choice((1, 1, 1, 2, 3))]]
    asked = [*dict.fromkeys((*good, *(one.region for one in bad)))]
    if bad and dice.random() < 0.2:
        asked = [bad[0].region]
    operator = _operator(seed)
    there = [region for region in asked if region in REGIONS] or [REGIONS[0]]
    if operator.regions:
        there = [*REGIONS]
        operator = replace(operator, regions=tuple(dict.fromkeys((*REGIONS, *asked))))
    fleet = fleet_of(seed, function, there, dict(operator.only_tags or {}))
    if function == "apply_schedule":
        fleet = scheduled(seed, fleet, tuple(operator.hours.specs))
    messages, trigger, dress = messages_of(seed, Asking(function, asked, fleet, operator.hours))
    late = troubles.late(seed)
    if dress.old_record:
        late = max(late, dice.choice((timedelta(hours=3), timedelta(days=2000))))
    if dress.replayed:
        late = max(late, timedelta(0))  # the record of its failure has the older time
    earlier = _earlier(seed) if function == "release" else None
    calm = dice.random() < 0.25
    hidden = 0 if calm else troubles.hidden(seed)
    faults: tuple[AnyFault, ...] = troubles.garbled(seed, fleet)
    if not calm:
        # Tags that cannot be read and then are lost would be readable.
        lost = () if faults else troubles.lost_tags(seed, function)
        lost = lost or troubles.lost_key(seed, _decisive(function, messages, operator))
        faults = (*faults, *troubles.faults(dice), *lost)
    return Scenario(
        seed=seed,
        function=function,
        messages=messages,
        trigger=trigger,
        dress=dress,
        operator=operator,
        fleet=aged(fleet, earlier.before + _A_DAY) if earlier else fleet,
        default_stopped_mode=dice.choice((StoppedMode.KEEP_CHARGING, StoppedMode.STOP_CHARGING)),
        bad_regions=bad,
        durations=troubles.durations(dice),
        quirks=troubles.quirks(seed),
        limits=Limits() if calm or dice.random() < 0.8 else troubles.limits(dice),
        faults=_honest(faults) if hidden else faults,
        timeout=timedelta(seconds=dice.choice((3, 10, 60, 600, 3600))),
        latency=timedelta(milliseconds=dice.choice((0, 20, 150))),
        kills=() if calm or dice.random() < 0.7 else troubles.kills(dice),
        duplicate_at=0 if calm or dice.random() < 0.8 else dice.randint(1, 12),
        interference=0.0 if calm or dice.random() < 0.6 else 0.15,
        late=late,
        hidden=hidden,
        odd=() if calm else troubles.odd(seed),
        initializing=timedelta(0) if calm else troubles.initializing(seed),
        earlier=earlier,
    )


def _decisive(function: str, messages: Sequence[Message], operator: Operator) -> list[str]:
    """The keys of tags for want of which somebody is meant, and that nothing else asks for."""
    requests: list[Mapping[str, Any]] = [one.request for one in messages]
    named = {
        key
        for one in requests
        for key in (*one.get("except", {}).get("tags", ()), *one.get("without_tags", ()))
    }
    if function == "apply_schedule":
        named.add(SCHEDULE_KEY)
    asked = {key for one in requests for key in one.get("tags", ())}
    if SCHEDULE_KEYS[0] in asked:
        asked.add(SCHEDULE_KEY)
    return sorted(named - asked - (operator.only_tags or {}).keys())


def _honest(faults: Sequence[AnyFault]) -> tuple[AnyFault, ...]:
    """What is left out of two looks is one lie; a second one in the same scenario is too many."""
    return tuple(one for one in faults if not isinstance(one, MissingPage | LostPermission))


def _operator(seed: int) -> Operator:
    dice = Random(f"{seed} operator")  # noqa: S311  # a scenario, not a secret
    only = dice.choice(({"owner": "*"}, {"curfew:managed": "yes"}, {"env": ["dev", "ci"]}))
    return Operator(
        max_instances=dice.choice((1, 3, 1000)) if dice.random() < 0.12 else 100,
        max_percent=dice.choice((10, 60)) if dice.random() < 0.08 else 0,
        only_tags=only if dice.random() < 0.12 else None,
        snapshot_required=dice.random() < 0.08,
        regions=REGIONS if dice.random() < 0.08 else (),
        hours=hours_of(seed),
    )


def _earlier(seed: int) -> Earlier | None:
    dice = Random(f"{seed} earlier")  # noqa: S311  # a scenario, not a secret
    if dice.random() < 0.8:
        return None
    return Earlier(
        before=dice.choice((timedelta(hours=2), timedelta(hours=23), timedelta(days=6))),
        retention_days=dice.choice((1, 7, 365)),
        killed_after=dice.randint(1, 4),
    )


def simpler(bad: Scenario) -> Sequence[Scenario]:
    """The same scenario with one thing less, for finding out what a failure needs."""
    half = len(bad.fleet) // 2
    less = [
        replace(bad, fleet=bad.fleet[half:]),
        replace(bad, fleet=bad.fleet[:half]),
        replace(bad, kills=()),
        replace(bad, duplicate_at=0),
        replace(bad, interference=0.0),
        replace(bad, faults=()),
        replace(bad, limits=Limits()),
        replace(bad, trigger="direct", dress=PLAIN, messages=bad.messages[:1]),
        replace(bad, dress=PLAIN),
        replace(bad, quirks=Quirks()),
        replace(bad, latency=timedelta(0)),
        replace(bad, late=timedelta(0)),
        replace(bad, operator=Operator(regions=bad.operator.regions, hours=bad.operator.hours)),
        replace(bad, default_stopped_mode=StoppedMode.KEEP_CHARGING),
        replace(bad, bad_regions=()),
        replace(bad, hidden=0),
        replace(bad, odd=()),
        replace(bad, initializing=timedelta(0)),
        replace(bad, earlier=None),
        *(replace(bad, faults=_without(bad.faults, n)) for n in range(len(bad.faults))),
        *(replace(bad, fleet=_without(bad.fleet, n)) for n in range(len(bad.fleet))),
        *(
            replace(bad, messages=_without(bad.messages, n))
            for n in range(len(bad.messages))
            if len(bad.messages) > 1
        ),
    ]
    return [one for one in less if one != bad]


def _without(items: tuple[object, ...], index: int) -> tuple:  # type: ignore[type-arg]  # of any kind
    return (*items[:index], *items[index + 1 :])
