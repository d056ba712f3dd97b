"""Bugs to plant in Curfew: what one is, and the scenarios in which it can show itself.

The bugs themselves are in ``planted_writes`` and ``planted_reports``. Most were real once: what
outsiders found in the code, put back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias

import pytest

import shared.ecs.inventory
from local.ecs.gateway.faults import DroppedTags, MissingPage, Refuse
from local.ecs.gateway.throttle import Limits
from tests.simulation.fleets import aged
from tests.simulation.scenario import Earlier, Operator, Scenario

Kind: TypeAlias = Callable[[Scenario], Scenario | None]
"""A kind of scenarios: gives a scenario of it, perhaps made fit, or None."""


@dataclass(frozen=True)
class Planted:
    """A bug, the scenarios that can show it, and what the invariant says that is there to find it.

    Attributes:
        plant: Puts it in.
        scenarios: Tells them.
        says: A part of what the invariant says; others may find the bug first in other scenarios.
    """

    plant: Callable[[pytest.MonkeyPatch], None]
    scenarios: Kind
    says: str

    @property
    def name(self) -> str:
        """What the bug is called."""
        return getattr(self.plant, "__name__", "").strip("_").replace("_", "-")


def only(*conditions: Callable[[Scenario], bool]) -> Kind:
    """The scenarios of which all this is true."""
    return lambda given: given if all(each(given) for each in conditions) else None


def among_people(given: Scenario) -> Scenario | None:
    """Scenarios with time for people to change something, who are busier than else."""
    if given.timeout < timedelta(minutes=10) or given.is_list or not any_that_writes(given):
        return None
    return replace(given, interference=0.5)


def of_capped_lists(given: Scenario) -> Scenario | None:
    """Lists of messages, of which each alone may change what it means, and all together may not."""
    largest = max((len(one.request.get("instance_ids", ())) for one in given.messages), default=0)  # type: ignore[arg-type]  # a list
    if not given.is_list or not largest:
        return None
    return replace(given, operator=replace(given.operator, max_instances=largest))


def of_many_far_away(given: Scenario) -> Scenario | None:
    """More than can be read with their disks in 20 seconds, and busy people."""
    if not (of_snapshots(given) and of_many(given)):
        return None
    operator = replace(given.operator, max_instances=1000)
    far = timedelta(seconds=0.15)
    return replace(given, latency=far, operator=operator, interference=0.5)


def of_dead_regions(given: Scenario) -> Scenario | None:
    """A region that never answers, in a short scenario in which nothing else is wrong."""
    if not any(one.how == "dead" for one in given.bad_regions):
        return None
    minute = timedelta(minutes=1)
    return replace(
        given,
        timeout=minute,
        faults=(),
        odd=(),
        hidden=0,
        duplicate_at=0,
        kills=(),
        limits=Limits(),
    )


def of_expired_snapshots(given: Scenario) -> Scenario | None:
    """Another release was begun so long ago that its snapshots are there no more."""
    request = given.messages[0].request
    if not (of_snapshots(given) and request.get("snapshot_retention_days") == 1):
        return None
    days = timedelta(days=6)
    return replace(given, earlier=Earlier(days, 1, 1), fleet=aged(given.fleet, 2 * days))


def of_missing_pages(given: Scenario) -> Scenario | None:
    """A release by ids, whose first look is at a page without its items."""
    if not (of_releases(given) and "instance_ids" in given.messages[0].request):
        return None
    lost = MissingPage(action="DescribeInstances", times=1)
    return replace(given, faults=(lost,), kills=(), duplicate_at=0, interference=0.0)


def of_refused_snapshots(given: Scenario) -> Scenario | None:
    """Some snapshots are refused, and busy people keep the rest from being done."""
    if not of_snapshots(given):
        return None
    refused = Refuse(status=503, code="InternalError", action="CreateSnapshot", probability=0.5)
    return replace(given, faults=(refused,), interference=0.5, timeout=timedelta(hours=1))


def of_lost_values(given: Scenario) -> Scenario | None:
    """A selection by several values of a tag, and tags that get lost more than once."""
    tags = given.messages[0].request.get("tags")
    several = isinstance(tags, dict) and any(isinstance(one, list) for one in tags.values())
    if not (of_lost_tags(given) and several):
        return None
    return replace(given, faults=(DroppedTags(action="DescribeInstances", times=4),))


def any_scenario(given: Scenario) -> Scenario | None:
    """Every scenario."""
    return given


def any_that_writes(given: Scenario) -> bool:
    """Something is to be done."""
    return given.function != "describe" and not any(
        one.must_be or one.request.get("dry_run") is True for one in given.messages
    )


def of_many(given: Scenario) -> bool:
    """More instances than one page shows."""
    return len(given.fleet) > shared.ecs.inventory.PAGE


def of_people(given: Scenario) -> bool:
    """Somebody changes something now and then."""
    return given.interference > 0


def of_releases(given: Scenario) -> bool:
    """Instances are to be released."""
    return given.function == "release"


def of_stops(given: Scenario) -> bool:
    """Instances are to be stopped."""
    return given.function == "stop"


def of_starts(given: Scenario) -> bool:
    """Instances are to be started."""
    return given.function == "start"


def of_snapshots(given: Scenario) -> bool:
    """Instances are to be released, and their data kept."""
    return of_releases(given) and any(
        one.request.get("snapshot") is not False for one in given.messages
    )


def of_refused_batches(given: Scenario) -> bool:
    """Somebody starts an instance of a batch that is about to be deleted without force."""
    request = given.messages[0].request
    return (
        of_releases(given)
        and of_people(given)
        and request.get("snapshot") is False
        and not request.get("force")
    )


def of_lost_tags(given: Scenario) -> bool:
    """Instances are shown without their tags."""
    return any(isinstance(fault, DroppedTags) for fault in given.faults)


def of_slow_deletions(given: Scenario) -> bool:
    """What is being deleted refuses to be deleted, for more than a minute."""
    return of_releases(given) and given.durations.deleting > timedelta(seconds=60)


def of_caps(given: Scenario) -> bool:
    """The operator has set a number of instances."""
    return given.operator.max_instances != Operator().max_instances


def of_shares(given: Scenario) -> bool:
    """The operator has set a share of the fleet."""
    return bool(given.operator.max_percent)


def of_earlier_runs(given: Scenario) -> bool:
    """Another release was begun before."""
    return given.earlier is not None


def of_only_tags(given: Scenario) -> bool:
    """The operator has named tags that all must have."""
    return bool(given.operator.only_tags)


def of_required_snapshots(given: Scenario) -> bool:
    """The operator wants no release without snapshots."""
    return given.operator.snapshot_required and of_releases(given)


def of_bad_regions(given: Scenario) -> bool:
    """A region cannot be read."""
    return bool(given.bad_regions)


def of_several_regions(given: Scenario) -> bool:
    """The operator allows other regions, too."""
    return bool(given.operator.regions)


def of_lists_of_now(given: Scenario) -> bool:
    """Several messages without a time, while people make new machines."""
    return given.is_list and given.is_of_now and of_people(given)


def of_surprises(given: Scenario) -> bool:
    """Something goes wrong that nothing foresees."""
    return any(how == "surprise" for _, how in given.odd)


def of_hidden(given: Scenario) -> bool:
    """ECS leaves an instance out of looks that follow at once."""
    return given.hidden > 0 and given.timeout >= timedelta(minutes=1)


def in_a_hurry(given: Scenario) -> Scenario | None:
    """Releases in which ECS leaves an instance out, with too little time to look again."""
    return (
        replace(given, timeout=timedelta(seconds=10))
        if given.hidden and of_releases(given)
        else None
    )


def of_initializing(given: Scenario) -> bool:
    """ECS refuses every change for minutes."""
    return bool(given.initializing)


def of_old_records(given: Scenario) -> bool:
    """A record is older than the event around it."""
    return given.dress.old_record


def of_late_events(given: Scenario) -> bool:
    """The event comes late, and says so."""
    return not given.is_of_now and timedelta(0) < given.late < timedelta(hours=6)


def of_hostile(given: Scenario) -> bool:
    """A message must be refused."""
    return any(one.must_be for one in given.messages)
