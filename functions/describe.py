"""describe: read-only. Each instance is a row that says what guards it, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from shared.action import Action, RequestTime
from shared.base.times import parse_duration
from shared.domain.enforcement import Terms
from shared.domain.guards import SCHEDULE_TAG, Harm, guard_of, plain_key
from shared.domain.instance import Instance, Status, stopped_in_words
from shared.domain.on_schedule import ScheduleRule, timetable_of
from shared.domain.power import StartRule, StopRule
from shared.domain.steps import UNKNOWN_ID, Done, Rule, Step
from shared.request.explained import invalid
from shared.request.request import Request
from shared.run import REAL_WORLD, World, run
from shared.settings.settings import FcContext, Settings

_HARMS = {"stop": Harm.OUTAGE, "release": Harm.LOSS, "start": Harm.COST}
_WITHIN = 'Minutes, hours or days from now on: "72h", "3d"; only what ECS will release by then.'


class DescribeRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of describe."""

    prices: Annotated[
        bool,
        Meta(
            description="true: also what each instance costs an hour at list price, and what of "
            "it ends in economical mode; or false."
        ),
    ] = False
    releases_within: Annotated[str, Meta(max_length=16, description=_WITHIN)] | UnsetType = UNSET


class DescribeRule(Rule, frozen=True):
    """A rule that is always done; its reason says what guards the instance.

    Attributes:
        schedules: What its schedule would do with it.
    """

    settings: Settings
    schedules: ScheduleRule

    def next_step(self, instance: Instance, now: datetime) -> Step:
        """Done, with what guards this instance against stop, release and start.

        It starts with a warning if ECS will release the instance although it is protected; then
        come the guards, its schedule and what is next, a warning if no selection by the schedule's
        tag matches its spelling, and last what is still billed after its stop.
        """
        if instance.status is Status.GONE:
            return UNKNOWN_ID
        guarded: dict[str, list[str]] = {}
        harms: set[Harm] = set()
        for function, harm in _HARMS.items():
            if reason := guard_of(harm, self.settings).reason(instance, now):
                guarded.setdefault(reason, []).append(function)
                harms.add(harm)
        told = [
            guard_of(Harm.LOSS, self.settings).despite(instance, now),
            *(
                f"guarded against {_listed(functions)}: {reason}"
                for reason, functions in guarded.items()
            ),
            self.schedules.in_words(instance, now, harms),
            _spelling(instance),
            stopped_in_words(instance),
        ]
        return Done("; ".join(part for part in told if part))

    def warnings(self, instances: Iterable[Instance], now: datetime) -> Iterator[str]:
        """Schedules that cannot be read, and where the calendar ends."""
        return self.schedules.warnings(instances, now)

    def calendar_until(self) -> int | None:
        """The last year that the calendar covers."""
        return self.schedules.timetable.calendar.until_if_installed()


def _spelling(instance: Instance) -> str:
    """A hint that the key of its schedule is understood, but is not the one timers select by."""
    spelt = [key for key in instance.tags if plain_key(key) == SCHEDULE_TAG]
    if not spelt or SCHEDULE_TAG in spelt:
        return ""
    return (
        f"its tag key is {spelt[0]!r}, which a timer that selects by {SCHEDULE_TAG} does not find: "
        f"write {SCHEDULE_TAG}"
    )


def _listed(functions: list[str]) -> str:
    *others, last = functions
    return f"{', '.join(others)} and {last}" if others else last


def describe_rule(settings: Settings) -> DescribeRule:
    """The rule under these settings.

    Raises:
        Refused: a setting for schedules or working days is invalid.
    """
    schedules = ScheduleRule(
        timetable=timetable_of(settings),
        terms=Terms(catch_up=settings.catch_up, enforced=False),
        stop=StopRule(force=False, stopped_mode=None, wait=True),
        start=StartRule(wait=True),
        guard=guard_of(Harm.COST, settings),
    )
    return DescribeRule(settings, schedules)


def _rule(request: DescribeRequest, when: RequestTime) -> DescribeRule:  # noqa: ARG001  # an Action's rule
    return describe_rule(when.settings)


def _prices(request: DescribeRequest) -> bool:
    return request.prices


def _releases_within(request: DescribeRequest) -> timedelta | None:
    if request.releases_within is UNSET:
        return None
    try:
        return parse_duration(request.releases_within)
    except ValueError:
        raise invalid("releases_within", request.releases_within, _WITHIN) from None


ACTION = Action(
    "describe",
    DescribeRequest,
    Harm.NONE,
    _rule,
    prices=_prices,
    releases_within=_releases_within,
    only_reads=True,
)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
