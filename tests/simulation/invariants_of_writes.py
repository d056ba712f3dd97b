"""The invariants of what is sent: each call that changes something, at the moment when it is made.

A call is right if one message of the event allows it: which message it is for cannot be seen.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from local.ecs.account.model import Disk, Instance, SnapshotStatus, Status
from tests.simulation.contract import Order, minute
from tests.simulation.invariants_of_schedules import against_schedule
from tests.simulation.watch import (
    LONG_AGO,
    LOOK_LASTS,
    InvariantBroken,
    Invocation,
    Standing,
    Watch,
    Write,
)

TOLERANCE = timedelta(hours=6)
"""A snapshot may end so much earlier than was asked."""

PERCENT_FLOOR = 5
OPERATIONS = {
    "stop": {"StopInstances"},
    "start": {"StartInstances"},
    "release": {"StopInstances", "CreateSnapshot", "DeleteInstances"},
    "set_auto_release": {"ModifyInstanceAutoReleaseTime"},
    "clear_auto_release": {"ModifyInstanceAutoReleaseTime"},
    "apply_schedule": {"StopInstances", "StartInstances"},
    "describe": set[str](),
}
"""What each function ever sends that changes something."""

_SETTING = timedelta(minutes=31)


def check_write(watch: Watch, invocation: Invocation, write: Write) -> None:
    """Hold a call that is about to reach ECS against the invariants.

    Raises:
        InvariantBroken: it should never have been made.
    """
    if not invocation.in_time:
        raise InvariantBroken(f"{write.operation} for an event of {invocation.orders[0].sent_at}")
    if watch.is_rough and (unread := watch.scenario.garbled & set(write.ids)):
        raise InvariantBroken(f"{write.operation} on {sorted(unread)}, whose rows cannot be read")
    problems = [_problem(watch, each, write) for each in invocation.standings]
    if all(problems):
        raise InvariantBroken(f"{write.operation} {'; nor: '.join(problems)}")
    _check_numbers(watch, invocation, write)


def _problem(watch: Watch, standing: Standing, write: Write) -> str:
    """Why this message does not allow the call; "" if it does."""
    if forbidden := _never(standing.order, write):
        return forbidden
    if strangers := set(write.ids) - standing.matched:
        return f"touches what was not selected: {sorted(strangers)}"
    for instance_id in write.ids:
        one = watch.find(instance_id)
        if one is None:
            continue
        problem = (
            _forbidden(watch, standing, one, write)
            or against_schedule(watch, standing.order, one, write)
            or _wrong_release_time(watch, standing.order, one, write)
            or _lost_data(watch, standing.order, one, write)
        )
        if problem:
            return f"on {instance_id}: {problem}"
    return ""


def _never(order: Order, write: Write) -> str:
    """Why such a call is never made for this message, whomever it is about."""
    if order.must_be:
        return f"for a message that is to end with {order.must_be}"
    if write.operation not in OPERATIONS[order.function]:
        return f"is never sent by {order.function}"
    if order.only_reads:
        return "in a run that only looks"
    if order.rests:
        return f"for a message that rests, {order.sent_at} is none of its days {order.days}"
    releases = order.function == "release"
    if releases and order.operator.snapshot_required and not order.with_snapshots:
        return "though CURFEW_SNAPSHOT is required and the request takes none"
    return ""


def _forbidden(watch: Watch, standing: Standing, one: Instance, write: Write) -> str:
    since = standing.forbidden.get(one.instance_id)
    if since is None or since >= write.left_at - LOOK_LASTS:
        return ""
    reasons = standing.order.why_not(one, watch.clock.now())
    return f"{'; '.join(reasons)}, since {since}: {one.name} {one.tags}" if reasons else ""


def _wrong_release_time(watch: Watch, order: Order, one: Instance, write: Write) -> str:
    if write.operation != "ModifyInstanceAutoReleaseTime":
        return ""
    stated = write.parameters.get("AutoReleaseTime")
    if (stated is None) != (order.function == "clear_auto_release"):
        return "a release time is cleared that was to be set, or the opposite"
    if stated is None:
        return ""
    at = datetime.fromisoformat(stated.replace("Z", "+00:00"))
    if at != order.release_at and not _is_makeshift(order, at, write.left_at):
        return f"{at} is not the time that was asked for, {order.release_at}"
    seen_at = write.left_at - LOOK_LASTS
    was_set_lately = watch.set_at.get(one.instance_id, LONG_AGO) >= seen_at
    stays = not (was_set_lately or order.may_set(one.auto_release_at, seen_at))
    return f"{one.auto_release_at} was to stay" if stays else ""


def _is_makeshift(order: Order, at: datetime, left_at: datetime) -> bool:
    """Is it the first whole minute at least 31 minutes ahead, in place of what came too near?"""
    if "release_after" not in order.request or order.release_at >= left_at + _SETTING:
        return False
    earliest = left_at - LOOK_LASTS + _SETTING
    return minute(at) == at and earliest <= at < left_at + _SETTING + timedelta(minutes=1)


def _lost_data(watch: Watch, order: Order, one: Instance, write: Write) -> str:
    """Is something deleted whose data is not kept for as long as was asked?"""
    if write.operation != "DeleteInstances" or not order.with_snapshots or one.deleting:
        return ""
    if write.parameters.get("Force") == "true":
        return "deleted by force, with snapshots asked for"
    if one.status is not Status.STOPPED:
        return ""
    for disk in watch.engine.disks(one.instance_id):
        attached_at = disk.attached_at or one.started_at
        if attached_at >= write.left_at - LOOK_LASTS:
            continue  # nobody can have seen it
        if problem := _not_kept(watch, order, one, disk):
            return problem
    return ""


def _not_kept(watch: Watch, order: Order, one: Instance, disk: Disk) -> str:
    since = max(one.started_at, disk.attached_at or one.started_at)
    done = [
        each
        for each in watch.engine.snapshots(disk.disk_id)
        if each.status is SnapshotStatus.ACCOMPLISHED
    ]
    holding = [each for each in done if each.began_at >= since]
    if not holding:
        return f"deleted, {disk.disk_id} has no snapshot since {since}, only {len(done)} older"
    for each in holding:
        ends_at = each.began_at + timedelta(days=each.retention_days)
        if not each.retention_days or ends_at >= order.kept_until - TOLERANCE:
            return ""
    return (
        f"deleted, the snapshots of {disk.disk_id} are kept "
        f"{[each.retention_days for each in holding]} days, wanted until {order.kept_until}"
    )


def _check_numbers(watch: Watch, invocation: Invocation, write: Write) -> None:
    operator = invocation.orders[0].operator
    stated = {order.request.get("max_instances") for order in invocation.orders}
    most = operator.max_instances
    if len(stated) == 1 and isinstance(own := stated.pop(), int):
        most = min(most, own) if len(invocation.orders) == 1 else most
    if len(invocation.touched) > most:
        raise InvariantBroken(
            f"{write.operation}: {len(invocation.touched)} touched, at most {most} may"
        )
    if not operator.max_percent:
        return
    for region, size in invocation.inventory.items():
        allowed = max(PERCENT_FLOOR, size * operator.max_percent // 100)
        there = sum(watch.known[each].region == region for each in invocation.touched)
        if there > allowed:
            raise InvariantBroken(
                f"{write.operation}: {there} of {size} touched, at most {allowed} may"
            )
