"""The laws that hold in every night, judged from what ECS got and is, not from what Curfew says.

The guards and the goals are stated here a second time, in other words than the code's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from typing import Any

from local.ecs.clock import ManualClock
from local.ecs.engine import Ecs
from local.ecs.faults import LostPermission
from local.ecs.model import ChargeType, Instance, LockReason, SnapshotStatus, Status
from local.ecs.throttle import Limits
from tests.simulation.night import DUSK, Night

LOOK_LASTS = timedelta(seconds=30)
TOO_OLD = timedelta(hours=6)
TOO_EARLY = timedelta(minutes=5)
LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)
OUR_ERRORS = {"InvalidEvent", "Refused", "AccessDenied", "Unavailable", "Incomplete"}
_HARMFUL = {"stop", "release", "set_auto_release"}


class LawBroken(AssertionError):  # noqa: N818  # what happened, not an error of ours
    """A law did not hold; the message says which, and for whom."""


@dataclass(eq=False)
class _Invocation:
    killed_at: datetime
    in_time: bool
    matched: set[str]
    leaving: set[str]
    guarded: set[str]
    touched: set[str] = field(default_factory=set)
    calls: int = 0
    deeds: int = 0


class Laws:
    """Watches one night."""

    def __init__(self, night: Night, engine: Ecs, clock: ManualClock) -> None:
        self.night = night
        self.engine = engine
        self.clock = clock
        self.meddled: set[str] = set()
        self.max_calls = 400 + 120 * max(1, len(night.fleet))
        self._running: list[_Invocation] = []
        self._owners = {each.disk_id: each.instance_id for each in engine.disks()}
        self._guarded_since: dict[str, datetime] = {}
        for one in engine.instances():
            if self.is_guarded(one):
                self._guarded_since[one.instance_id] = LONG_AGO

    def begin(self, killed_at: datetime) -> _Invocation:
        """An invocation starts."""
        matching = self.matching()
        leaving = {one.instance_id for one in matching if one.deleting}
        matched = {one.instance_id for one in matching}
        guarded = {one.instance_id for one in matching if self.is_guarded(one)}
        begun = _Invocation(killed_at, self.is_in_time(), matched, leaving, guarded)
        self._running.append(begun)
        return begun

    def notice(self) -> None:
        """Something was changed by somebody else: who is guarded, who matches now?"""
        now = self.clock.now()
        for one in self.engine.instances():
            if not self.is_guarded(one):
                self._guarded_since.pop(one.instance_id, None)
            else:
                self._guarded_since.setdefault(one.instance_id, now)
        self._owners |= {each.disk_id: each.instance_id for each in self.engine.disks()}
        for invocation in self._running:
            if not invocation.deeds:  # what matches after the first deed is not in the plan
                invocation.matched |= {one.instance_id for one in self.matching()}

    def called(self) -> None:
        """A call is made."""
        self._running[-1].calls += 1
        if self._running[-1].calls > self.max_calls:
            raise LawBroken(f"more than {self.max_calls} calls in one invocation")

    def sent(self, operation: str, parameters: Mapping[str, str], left_at: datetime) -> None:
        """A call that changes something, which left then, is about to reach ECS."""
        invocation = self._running[-1]
        invocation.deeds += 1
        if not invocation.in_time:
            raise LawBroken(f"{operation} for an event of {self.night.sent_at}")
        ids = self._instances_in(parameters)
        if self.night.function == "describe" or self.night.request.get("dry_run") is True:
            raise LawBroken(f"{operation} in a run that only looks")
        if strangers := set(ids) - invocation.matched:
            raise LawBroken(f"{operation} touches what was not selected: {sorted(strangers)}")
        invocation.touched |= set(ids)
        cap = self.night.request.get("max_instances", 100)
        if isinstance(cap, int) and len(invocation.touched) > cap:
            raise LawBroken(f"{operation}: more than {cap} instances touched")
        for one in self.engine.instances():
            if one.instance_id in ids:
                self._check_guard(operation, one, left_at)
                if operation == "DeleteInstances":
                    self._check_snapshots(one, parameters)
        self._check_operation(operation, parameters)

    def end(self, invocation: _Invocation, outcome: Mapping[str, Any] | Exception) -> None:
        """An invocation ended by itself."""
        self._running.remove(invocation)
        # A twin runs within one call of the other; that call would have been timed out.
        if self.clock.now() > invocation.killed_at and not self.night.twin_at:
            raise LawBroken(f"ended at {self.clock.now()}, killed at {invocation.killed_at}")
        if isinstance(outcome, Exception):
            self._check_error(outcome, invocation)
        else:
            self._check_report(outcome, invocation)
            if any(outcome["counts"][name] for name in ("failed", "pending")):
                raise LawBroken("a failure was answered as a success")

    def killed(self) -> None:
        """The process died: all that was running is gone."""
        self._running.clear()

    def matching(self) -> list[Instance]:
        """The instances that the request means, as they are now."""
        request = self.night.request
        ids = request.get("instance_ids")
        tags = request.get("tags", {})
        return [
            one
            for one in self.engine.instances()
            if one.region in request["regions"]  # type: ignore[operator]  # a list of text
            and (not isinstance(ids, list) or one.instance_id in ids)
            and fnmatchcase(one.name, str(request.get("name", "*")))
            and all(_has_tag(one, key, value) for key, value in tags.items())  # type: ignore[attr-defined]  # a dict
        ]

    def is_guarded(self, one: Instance) -> bool:
        """Is it forbidden to do to this instance what the function does?"""
        if self.night.function not in _HARMFUL:
            return False
        loses = self.night.function != "stop"
        until = one.tags.get("curfew:keep-until", "2000-01-01")
        kept = until in {"2026-11-21", "tomorrow"} or (
            until == "2026-11-20T12:05:00Z" and self.clock.now() < DUSK + timedelta(seconds=283)
        )
        return (
            "curfew:protect" in one.tags
            or kept
            or any(
                key.startswith(("acs:autoscaling:", "acs:emr:", "ack.", "ehpc."))
                for key in one.tags
            )
            or any(lock is not LockReason.FINANCIAL or loses for lock in one.locks)
            or (loses and (one.deletion_protection or one.charge_type is ChargeType.PRE_PAID))
        )

    def is_at_goal(self, one: Instance | None) -> bool:  # noqa: PLR0911  # one a function
        """Is the instance as the function wants it?"""
        function, request = self.night.function, self.night.request
        if function == "release":
            return one is None or one.deleting
        if one is None:
            return False
        if function == "stop":
            return one.status in {Status.STOPPED, Status.STOPPING}
        if function == "start":
            return one.status in {Status.RUNNING, Status.STARTING}
        if function == "clear_auto_release":
            return one.auto_release_at is None
        if function == "set_auto_release":
            if one.auto_release_at is None or request.get("if_set", "replace") != "replace":
                return one.auto_release_at is not None
            return self._is_release_time(one.auto_release_at)
        return True

    def is_refused(self, one: Instance) -> bool:
        """Does ECS, as it is tonight, never do to this instance what the function asks for?"""
        if self.night.function != "stop" or one.status is not Status.RUNNING:
            return False
        quirks, mode = self.night.quirks, self.night.request.get("stopped_mode")
        unpaid = LockReason.FINANCIAL in one.locks and quirks.unpaid_instance_refuses_stop
        return unpaid or (
            one.charge_type is ChargeType.PRE_PAID
            and mode == "StopCharging"
            and quirks.unsupported_stop_charging_is_refused
        )

    def _is_release_time(self, at: datetime) -> bool:
        """Is it the time to be set: two hours after the event, rounded up, or the named one?"""
        if "release_after" not in self.night.request:
            return at == datetime(2026, 11, 21, 0, 30, tzinfo=timezone.utc)
        if self.is_of_now():
            return at - timedelta(hours=2, minutes=1) < self.clock.now()
        return at == self.night.sent_at.replace(second=0) + timedelta(hours=2, minutes=1)

    def is_of_now(self) -> bool:
        """Does the event bear no time, so that each delivery is of another instant?"""
        return self.night.trigger in _OF_NOW

    def is_in_time(self) -> bool:
        """Is the event neither stale nor of the future?"""
        age = self.clock.now() - self.night.sent_at
        return self.is_of_now() or -TOO_EARLY <= age <= TOO_OLD

    def find(self, instance_id: str) -> Instance | None:
        """The instance, if it exists."""
        try:
            return self.engine.instance(instance_id)
        except KeyError:
            return None

    def _instances_in(self, parameters: Mapping[str, str]) -> list[str]:
        ids = [value for key, value in parameters.items() if key.startswith("InstanceId")]
        owner = self._owners.get(parameters.get("DiskId", ""))
        return [*ids, owner] if owner else ids

    def _check_operation(self, operation: str, parameters: Mapping[str, str]) -> None:
        if operation == "ModifyInstanceAttribute" or "Tag" in operation.removeprefix("List"):
            raise LawBroken(f"{operation} is never sent")
        if operation == "ModifyInstanceAutoReleaseTime":
            clears = "AutoReleaseTime" not in parameters
            if clears != (self.night.function == "clear_auto_release"):
                raise LawBroken("a release time was cleared that was to be set, or the opposite")

    def _check_guard(self, operation: str, one: Instance, left_at: datetime) -> None:
        since = self._guarded_since.get(one.instance_id)
        if since is None or not self.is_guarded(one):
            return
        if since < left_at - LOOK_LASTS:
            raise LawBroken(f"{operation} on {one.instance_id}, guarded since {since}: {one.tags}")

    def _check_snapshots(self, one: Instance, parameters: Mapping[str, str]) -> None:
        if self.night.request.get("snapshot") is False or one.deleting:
            return
        if parameters.get("Force") == "true":
            raise LawBroken(
                f"{one.instance_id} is to be deleted by force, with snapshots asked for"
            )
        if one.status is not Status.STOPPED:
            return
        for disk in self.engine.disks(one.instance_id):
            if not any(
                each.status is SnapshotStatus.ACCOMPLISHED and each.began_at >= one.started_at
                for each in self.engine.snapshots(disk.disk_id)
            ):
                raise LawBroken(f"{one.instance_id} is deleted, {disk.disk_id} has no snapshot")

    def _check_error(self, error: Exception, invocation: _Invocation) -> None:
        name = type(error).__name__
        text = str(error)
        if name == "_HttpError":
            name, _, text = text.partition(": ")
        if name not in OUR_ERRORS:
            raise LawBroken(f"{name} is no error of ours: {error}") from error
        if name in {"InvalidEvent", "Refused", "Unavailable"} and invocation.deeds:
            raise LawBroken(f"{name} after something was done: {text}")
        if not self._may_fail_with(name):
            raise LawBroken(f"{name} without any reason for it: {text}")
        if name == "Incomplete" and '{"' in text:
            report = json.loads(text[text.index('{"') :])
            for each in report.get("reports", [report]):
                self._check_report(each, invocation)

    def _may_fail_with(self, name: str) -> bool:
        """Does the night hold anything that this error could come of?"""
        night = self.night
        if name == "AccessDenied":
            return any(isinstance(fault, LostPermission) for fault in night.faults)
        if name == "InvalidEvent":
            return night.function == "set_auto_release" or not self.is_in_time()
        if name == "Refused":
            few = night.request.get("max_instances") == 2
            return few or len(night.fleet) > 100 or not self.is_in_time()
        if name == "Unavailable":
            slow = night.latency and night.timeout <= timedelta(seconds=60)
            return bool(night.faults or slow or night.limits != Limits())
        return True

    def _check_report(self, report: Mapping[str, Any], invocation: _Invocation) -> None:
        rows = report["instances"]
        ids = [row["id"] for row in rows]
        if len(set(ids)) != len(ids):
            raise LawBroken("an instance has two rows")
        if sum(report["counts"].values()) != len(rows) + report.get("instances_omitted", 0):
            raise LawBroken("the counts are not those of the rows")
        if report["api_calls"] != invocation.calls:
            raise LawBroken(f"{report['api_calls']} calls reported, {invocation.calls} made")
        quiet = not self.meddled and not self.night.twin_at
        omitted = report.get("instances_omitted", 0)
        if quiet and not omitted and not self.night.faults:
            expected = invocation.matched | set(self._named_ids())
            if not expected - invocation.leaving <= set(ids) <= expected:
                raise LawBroken(f"rows for {sorted(ids)}, selected are {sorted(expected)}")
        for row in rows:
            self._check_row(row, invocation)
            self._check_skip(row, invocation)

    def _named_ids(self) -> Iterable[str]:
        ids = self.night.request.get("instance_ids", ())
        return ids if isinstance(ids, list) else ()

    def _check_row(self, row: Mapping[str, str], invocation: _Invocation) -> None:
        if row["id"] in self.meddled or self.night.request.get("dry_run") is True:
            return
        one = self.find(row["id"])
        result, touched = row["result"], row["id"] in invocation.touched
        if result in {"changed", "unchanged"} and not self.is_at_goal(one):
            raise LawBroken(f"{row['id']} is reported {result}, it is {one}")
        if result == "changed" and not touched:
            raise LawBroken(f"{row['id']} is reported changed, nothing was sent")
        by_others = self.night.twin_at or row["id"] in invocation.leaving
        if result == "unchanged" and touched and not by_others:
            raise LawBroken(f"{row['id']} is reported unchanged, and was touched: {row}")
        if result == "skipped":
            if touched and "done before" not in row["reason"]:
                raise LawBroken(f"{row['id']} is reported skipped, and was touched: {row}")
            if not row["reason"]:
                raise LawBroken(f"{row['id']} is skipped without a reason")

    def _check_skip(self, row: Mapping[str, str], invocation: _Invocation) -> None:
        """Who is skipped is guarded; nobody is passed over silently or for a made-up reason."""
        one = self.find(row["id"])
        if row["id"] in self.meddled or one is None:
            return
        skipped, guarded = row["result"] == "skipped", row["id"] in invocation.guarded
        if skipped and not guarded and not self.is_guarded(one):
            raise LawBroken(f"{row['id']} is reported skipped, nothing guards it: {row}")
        if row["result"] == "would_change" and guarded and self.is_guarded(one):
            raise LawBroken(f"{row['id']} is reported would_change, it is guarded: {row}")


def _has_tag(one: Instance, key: str, value: object) -> bool:
    if key not in one.tags:
        return False
    return value == "*" or one.tags[key] in (value if isinstance(value, list) else [value])


_OF_NOW = frozenset(
    {
        "api_gateway",
        "direct",
        "http",
        "http_base64",
        "mns_topic_stream",
        "mns_topic_stream_base64",
        "mns_topic_stream_attributes",
        "eventbridge_raw",
        "rocketmq_list",
        "mqtt_list",
    }
)
"""Triggers whose events bear no time: a redelivery is another instant."""
