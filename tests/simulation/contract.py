"""What DESIGN.md promises of one instance, stated a second time, in other words than the code's.

Whom a request means, who is guarded, who is as was asked: all from what ECS itself holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import chain
from typing import Any, TypeAlias

from local.ecs.account.catalog import DISK_CATEGORIES, INSTANCE_TYPES
from local.ecs.account.model import ChargeType, Instance, LockReason, NetworkType, Status
from local.ecs.account.quirks import Quirks
from tests.simulation.evening import SIDES, Evening
from tests.simulation.fleets import MISSPELT, PROTECT, SPELLINGS
from tests.simulation.hours import Days
from tests.simulation.scenario import Operator

HARMFUL = frozenset({"stop", "release", "set_auto_release"})
"""What makes an instance stop, or lose it; ``start`` has guards of its own, the others none."""

TOO_OLD = timedelta(hours=6)
TOO_EARLY = timedelta(minutes=5)
EARLIEST_RELEASE = timedelta(minutes=30)
_DURATIONS = {"2h": timedelta(hours=2), "30m": timedelta(minutes=30)}

NO_HOURS = "no schedule that can be read"
UNSELECTED = "no longer selected"
LEFT_OUT = "left out by what narrows the selection"
TOO_NEW = "made after the event"
NOT_OURS = "lacks what CURFEW_ONLY_TAGS asks for"
PROTECTED = "protected"
MISUNDERSTOOD = "a key is not understood"
KEPT = "kept"
KEPT_OFF = "kept off"
MEMBER = "member of a group"
LOCKED = "locked"
DELETION_PROTECTION = "deletion protection"
SUBSCRIPTION = "a subscription"

_PROTECT = frozenset(PROTECT)
Tags: TypeAlias = tuple[tuple[str, object], ...]
_MISSPELT = frozenset(key for key, _ in MISSPELT)
_SOON = datetime(2026, 11, 20, 12, 5, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Order:
    """One message as it was delivered.

    Attributes:
        sent_at: Of which time it is.
        must_be: The class of error that it must end with; "": it is to be done.
        days: On which days alone it is to be done; None: on all.
    """

    function: str
    request: Mapping[str, object]
    sent_at: datetime
    operator: Operator
    must_be: str = ""
    days: Days | None = None

    @cached_property
    def rests(self) -> bool:
        """Is the event's own day, where the operator is, none of the request's?"""
        day = self.operator.hours.local(self.sent_at).date()
        return self.days is not None and not self.days.has(day)

    @property
    def by_ids(self) -> bool:
        """Does it name its instances?"""
        return "instance_ids" in self.request

    @property
    def only_reads(self) -> bool:
        """Is nothing to be changed?"""
        return self.function == "describe" or self.request.get("dry_run") is True

    @property
    def regions(self) -> tuple[str, ...]:
        """Where it is about."""
        return tuple(self.request["regions"])  # type: ignore[arg-type]  # a list of text

    @property
    def with_snapshots(self) -> bool:
        """Is the data to be kept?"""
        return self.function == "release" and self.request.get("snapshot") is not False

    @property
    def kept_until(self) -> datetime:
        """Until when the snapshots are to be there."""
        days = self.request.get("snapshot_retention_days", 7)
        return self.sent_at + timedelta(days=float(str(days)))

    @cached_property
    def _selection(self) -> tuple[frozenset[str], frozenset[str] | None, str, Tags]:
        """Regions, ids, name and tags, as they are compared."""
        ids, tags = self.request.get("instance_ids"), self.request.get("tags", {})
        return (
            frozenset(self.regions),
            frozenset(ids) if isinstance(ids, list) else None,
            str(self.request.get("name", "*")),
            tuple(tags.items()),  # type: ignore[attr-defined]  # a dict
        )

    def means(self, one: Instance) -> bool:
        """Is this instance, as it is now, what the request selects?"""
        regions, ids, name, tags = self._selection
        return (
            not self.rests
            and one.region in regions
            and (ids is None or one.instance_id in ids)
            and (name == "*" or fnmatchcase(one.name, name))
            and all(has_tag(one, key, value) for key, value in tags)
            and (self.by_ids or not self.is_left_out(one))
        )

    def is_left_out(self, one: Instance) -> bool:
        """Does except, older_than or without_tags leave this instance out?"""
        kept: Mapping[str, Any] = self.request.get("except", {})  # type: ignore[assignment]  # a dict
        if one.instance_id in kept.get("instance_ids", ()):
            return True
        if any(_keeps(one, key, value) for key, value in kept.get("tags", {}).items()):
            return True
        if "name" in kept and fnmatchcase(one.name, kept["name"]):
            return True
        without: list[str] = self.request.get("without_tags", [])  # type: ignore[assignment]  # a list
        if any(_keeps(one, key, "*") for key in without):
            return True
        stated = str(self.request.get("older_than", "0h"))
        age = int(stated[:-1]) * {"h": timedelta(hours=1), "d": timedelta(days=1)}[stated[-1]]
        return "older_than" in self.request and minute(one.created_at) > self.sent_at - age

    def why_not(self, one: Instance, now: datetime) -> tuple[str, ...]:
        """All the reasons for doing nothing to this instance, as it is now; none if it may be.

        That its schedule wants nothing of it is none of them: that passes with the hour.
        """
        if self.function == "describe":
            return ()
        if self.evening is None:
            return (*self._not_meant(one), *self._guards(self.function, one, now))
        guards = self._guards(SIDES.get(one.status, ""), one, self.moment(now))
        return (*self._not_meant(one), *self._without_hours(one, now), *guards)

    def claims(self, one: Instance, now: datetime) -> tuple[str, ...]:
        """All the reasons that may be given for leaving this instance alone, as it is now.

        By a schedule it may be on the one side or on the other when its turn comes.
        """
        if self.evening is None:
            return self.why_not(one, now)
        both = [self._guards(what, one, self.moment(now)) for what in SIDES.values()]
        return (*self._not_meant(one), *self._without_hours(one, now), *chain(*both))

    def _without_hours(self, one: Instance, now: datetime) -> Iterator[str]:
        if self.evening and self.evening.view(one, now) is None:
            yield NO_HOURS

    def against(self, what: str, one: Instance, at: datetime) -> str:
        """Why apply_schedule must not stop, or start, this instance at a time; "" if it may."""
        assert self.evening is not None
        guards = "; ".join(self._guards(what, one, at))
        return guards or self.evening.law_against(what, one, at)

    @cached_property
    def evening(self) -> Evening | None:
        """The terms of its schedules; None: it is about something else."""
        if self.function != "apply_schedule":
            return None
        hours, stated = self.operator.hours, self.request.get("schedule")
        fallback = hours.specs.get(str(stated))
        return Evening(hours, fallback, self.request.get("enforced") is True)

    def moment(self, now: datetime) -> datetime:
        """The time of the plan that is asked for."""
        at = self.request.get("at")
        return datetime.fromisoformat(str(at).replace("Z", "+00:00")) if at else now

    def _not_meant(self, one: Instance) -> Iterator[str]:
        if not self.means(one):
            yield UNSELECTED
        if self.by_ids and self.is_left_out(one):
            yield LEFT_OUT
        if self.is_too_new(one):
            yield TOO_NEW
        for key, value in (self.operator.only_tags or {}).items():
            if not has_tag(one, key, value):
                yield NOT_OURS

    def is_too_new(self, one: Instance) -> bool:
        """Was it made after the event, which therefore cannot mean it but by its id?"""
        return not self.by_ids and minute(one.created_at) > minute(self.sent_at)

    def _guards(self, what: str, one: Instance, now: datetime) -> Iterator[str]:
        """What guards this instance against that."""
        if what not in {*HARMFUL, "start"}:
            return
        tags, known = one.tags, self.operator.only_tags or {}
        if not tags.keys().isdisjoint(_PROTECT):
            yield PROTECTED
        if any(key in _MISSPELT and key not in known for key in tags):
            yield MISUNDERSTOOD
        if what == "start":
            if _is_until(tags.get("curfew:keep-off-until"), now):
                yield KEPT_OFF
        else:
            yield from _guards_of_running(what, one, now)

    def is_at_goal(self, one: Instance | None, now: datetime) -> bool:
        """Is the instance as the function wants it?"""
        if self.function == "release":
            return one is None or one.deleting
        if one is None:
            return False
        if self.evening is not None:
            return not self.evening.due(one, self.moment(now))
        return {
            "stop": one.status in {Status.STOPPED, Status.STOPPING},
            "start": one.status in {Status.RUNNING, Status.STARTING},
            "clear_auto_release": one.auto_release_at is None,
            "set_auto_release": self.function == "set_auto_release"
            and not self.may_set(one.auto_release_at, now),
            "describe": True,
        }[self.function]

    def was_at_goal(self, one: Instance | None, begin: datetime, end: datetime) -> bool:
        """Was it so at any time between these, at which it may have been looked at?"""
        return any(self.is_at_goal(one, each) for each in self._moments(one, begin, end))

    def stays_at_goal(self, one: Instance, begin: datetime, end: datetime) -> bool:
        """Was it so all the time between these?"""
        return all(self.is_at_goal(one, each) for each in self._moments(one, begin, end))

    def _moments(self, one: Instance | None, begin: datetime, end: datetime) -> Iterable[datetime]:
        """When to ask; the goal moves with the hour where schedules are applied."""
        if self.evening is None or one is None:
            return (end,)
        return self.evening.moments(one, begin, end)

    @property
    def release_at(self) -> datetime:
        """The minute that set_auto_release is to set."""
        stated = self.request.get("release_at")
        if stated is not None:
            at = datetime.fromisoformat(str(stated).replace("Z", "+00:00"))
            return minute(at.astimezone(timezone.utc))
        at = self.sent_at + _DURATIONS[str(self.request["release_after"])]
        return at if at == minute(at) else minute(at) + timedelta(minutes=1)

    def is_too_near(self, now: datetime) -> bool:
        """Would ECS refuse the release time by now?"""
        return self.release_at < now + EARLIEST_RELEASE

    def may_set(self, is_set: datetime | None, now: datetime) -> bool:
        """May a release time be set where this one is set?"""
        at, if_set = self.release_at, self.request.get("if_set", "replace")
        if is_set is None:
            return True
        if is_set == at or (self.is_too_near(now) and "release_after" in self.request):
            return False
        return {
            "replace": True,
            "keep": False,
            "earlier": is_set > at,
            "later": is_set < at,
        }[str(if_set)]

    def never(self, one: Instance, now: datetime, quirks: Quirks) -> bool:
        """Does ECS, as it is tonight, never do to this instance what is asked for?"""
        if self.function == "set_auto_release":
            return "release_at" in self.request and self.is_too_near(now)
        what = self.evening.due(one, now) if self.evening else self.function
        if self.evening and what == "start":
            return not {LockReason.FINANCIAL, LockReason.SECURITY}.isdisjoint(one.locks)
        if what != "stop" or one.status is not Status.RUNNING:
            return False
        if LockReason.FINANCIAL in one.locks and quirks.unpaid_instance_refuses_stop:
            return True
        return (
            self.request.get("stopped_mode") == "StopCharging"
            and not can_stop_charging(one)
            and quirks.unsupported_stop_charging_is_refused
        )


def _guards_of_running(what: str, one: Instance, now: datetime) -> Iterator[str]:
    """What keeps from stopping, and from losing, what runs."""
    if _is_until(one.tags.get("curfew:keep-until"), now):
        yield KEPT
    if any(key.startswith(("acs:autoscaling:", "acs:emr:", "ack.", "ehpc.")) for key in one.tags):
        yield MEMBER
    loses = what != "stop"
    if any(lock is not LockReason.FINANCIAL or loses for lock in one.locks):
        yield LOCKED
    if loses and one.deletion_protection:
        yield DELETION_PROTECTION
    if loses and one.charge_type is ChargeType.PRE_PAID:
        yield SUBSCRIPTION


def is_in_time(sent_at: datetime, now: datetime) -> bool:
    """Is an event of this time neither stale nor of the future?"""
    return -TOO_EARLY <= now - sent_at <= TOO_OLD


def has_tag(one: Instance, key: str, value: object) -> bool:
    """Does the instance have this tag, with one of these values?"""
    if key not in one.tags:
        return False
    return value == "*" or one.tags[key] in (value if isinstance(value, list) else [value])


def _keeps(one: Instance, key: str, value: object) -> bool:
    """Does it have this tag, or one that people write for it, with one of these values?"""
    wanted = value if isinstance(value, list) else [value]
    return has_tag(one, key, value) or any(
        value == "*" or _as_meant(one.tags[spelling]) in wanted
        for spelling in SPELLINGS.get(key, ())
        if spelling in one.tags
    )


def _as_meant(value: str) -> str:
    """A value of the scenarios' vocabulary, as who wrote it meant it."""
    return {"Prod ": "prod", "A": "a"}.get(value, value)


def can_stop_charging(one: Instance) -> bool:
    """Does ECS support the economical mode for it?"""
    return (
        one.charge_type is ChargeType.POST_PAID
        and one.network is NetworkType.VPC
        and INSTANCE_TYPES[one.instance_type].supports_stop_charging
    )


def can_be_snapshotted(category: str) -> bool:
    """Can ECS take a snapshot of such a disk?"""
    return DISK_CATEGORIES[category].can_be_snapshotted


def minute(moment: datetime) -> datetime:
    """The whole minute that a time is in, as ECS shows it."""
    return moment.replace(second=0, microsecond=0)


def _is_until(value: str | None, now: datetime) -> bool:
    """Does a date of the scenarios' vocabulary lie ahead, or is it none?"""
    if value is None or value == "2020-01-01":
        return False
    return value != "2026-11-20T12:05:00Z" or now < _SOON
