"""The invariants of one row: it shows what ECS showed, and its result is what was done and is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from local.ecs.account.model import Instance
from local.ecs.gateway.faults import DroppedTags
from local.ecs.gateway.throttle import Limits
from tests.simulation import contract
from tests.simulation.contract import Order, can_be_snapshotted
from tests.simulation.hours import Hours
from tests.simulation.invariants_of_reasons import check_reason
from tests.simulation.invariants_of_schedules import is_at_goal, wrong_reason
from tests.simulation.watch import InvariantBroken, Invocation, Standing, Watch
from tests.simulation.watch import Row as View

Row = Mapping[str, Any]
V = TypeVar("V", View, View | None)
_TIME_TO_ASK_AGAIN = timedelta(seconds=20)
"""With more that is left who is missing is asked for again: 5 s are less than a third of it."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00[+-]\d\d:00")
_WAITED_FOR = frozenset(
    {"IncorrectInstanceStatus.Initializing", "OperationConflict", "Operation.Conflict"}
)
"""Codes that pass: they are waited for until time runs out."""

_CLAIMS = {
    re.compile(pattern): needed
    for pattern, needed in (
        ("no longer selected", contract.UNSELECTED),
        ("not selected: ", contract.LEFT_OUT),
        ("no tag curfew:schedule, and no schedule", contract.NO_HOURS),
        ("tag curfew:schedule cannot be read", contract.NO_HOURS),
        ("not understood", contract.MISUNDERSTOOD),
        (r"tag curfew:protect(?!\w)", contract.PROTECTED),
        (r"curfew:keep-until(?!\w)", contract.KEPT),
        (r"curfew:keep-off-until(?!\w)", contract.KEPT_OFF),
        ("member of a group", contract.MEMBER),
        (r"\b lock\b", contract.LOCKED),
        ("deletion protection", contract.DELETION_PROTECTION),
        ("charge type", contract.SUBSCRIPTION),
    )
}
"""What a skip says, and what must then be so."""

_TRIES = 20
_UNREAD = re.compile("could not be read|cannot be read")
_NOT_DONE_BY_US = ("not deleted by this run", "does not know")


def check_row(
    watch: Watch, invocation: Invocation, standings: Sequence[Standing], row: Row
) -> None:
    """Hold one row against what was seen and done, and against what is.

    Raises:
        InvariantBroken: it tells something else.
    """
    _check_fields(invocation, row)
    problems = [_problem(watch, invocation, each, row) for each in standings]
    if all(problems):
        raise InvariantBroken(f"{row['id']}: {'; nor: '.join(dict.fromkeys(problems))}: {row}")
    check_reason(watch, invocation, standings, row)


def _check_fields(invocation: Invocation, row: Row) -> None:
    """Each field is what ECS showed last, or what a write's answer said since."""
    at = row["auto_release_at"]
    if at and not _TIME.fullmatch(at):
        raise InvariantBroken(f"{row['id']}: auto_release_at is {at}")
    if row["result"] == "failed" and _UNREAD.search(row["reason"]):
        return  # what was seen of it counts for nothing; whether it was so is asked of the end
    if row["status"] == "Unknown" and "selected: " in row["reason"]:
        return  # nor can the row be read of who is left out by what of it can be
    asked = {region for order in invocation.orders for region in order.regions}
    views = [
        view
        for region, view in invocation.views.get(row["id"], ())
        if region == row["region"] or (not row["region"] and region in asked)
    ] or [None]
    latest = _latest(invocation, row, views)
    if not any(_shows(invocation, view, row) for view in latest):
        raise InvariantBroken(f"{row['id']} was shown as {_told(views[-1])}, the row is {row}")
    named = [view for view in views if view is not None]
    if len(invocation.standings) > 1 and row["status"] == "Gone":
        return
    if views[0] is None and row["status"] == "Gone" and not row["name"]:
        return  # the plan was made without it
    # Who was released while its disks were read is known by the look before.
    near = named[-2:] if row["status"] == "Gone" else _latest(invocation, row, named)
    if named and not any(_names(view, row) for view in near):
        raise InvariantBroken(f"{row['id']} was shown as {_told(named[-1])}, the row is {row}")


def _latest(invocation: Invocation, row: Row, views: Sequence[V]) -> Sequence[V]:
    """The views of which one must be the row's."""
    if len(invocation.standings) > 1:  # each message looks anew, and which look is whose?
        return views
    # A look at many, or again at who was missing, that an error broke off does not count.
    if row["result"] in {"pending", "failed"}:
        return views[-4:]
    # The last may have been a count of the region, or have asked who is still there.
    counted = invocation.orders[0].operator.max_percent
    return views[-2:] if counted or row["result"] == "skipped" else views[-1:]


def _shows(invocation: Invocation, view: View | None, row: Row) -> bool:
    """Does the row have the status and the release time of this view?"""
    if view is None:
        return row["status"] == "Gone" and not row["auto_release_at"]
    said = {each.current.get(row["id"], "") for each in invocation.writes}
    return row["status"] in {view["Status"], *said} and (
        row["auto_release_at"] == _shown_time(view, invocation.orders[0].operator.hours)
    )


def _names(view: View, row: Row) -> bool:
    return (row["name"], row["instance_type"], row["charge_type"]) == (
        view["InstanceName"],
        view["InstanceType"],
        view["InstanceChargeType"],
    )


def _told(view: View | None) -> str:
    if view is None:
        return "nothing"
    return f"{view['InstanceName']} {view['Status']} {view.get('AutoReleaseTime')}"


def _shown_time(view: View, hours: Hours) -> str:
    text = str(view.get("AutoReleaseTime") or "")
    if not text:
        return ""
    at = hours.local(datetime.fromisoformat(text.replace("Z", "+00:00")))
    return at.isoformat(timespec="seconds")


def _problem(watch: Watch, invocation: Invocation, standing: Standing, row: Row) -> str:
    """Why the row cannot be of this message; "" if it can."""
    order = standing.order
    if order.rests:
        return "is of a message that rests"
    # Of a row that cannot be read ECS's filter decides, which knows of several values but the key.
    unreadable = row["reason"].startswith("ECS's row cannot be read")
    known = row["id"] in watch.known and row["id"] not in standing.matched
    if known and not (order.by_ids or unreadable or _lost_and_gone(watch, invocation, row)):
        return "was never selected"
    judge = {
        "changed": _changed,
        "unchanged": _unchanged,
        "skipped": _skipped,
        "failed": _failed,
        "pending": _pending,
        "would_change": _would_change,
    }[row["result"]]
    problem = _price(order, row) or judge(watch, invocation, standing, row)
    one = watch.find(row["id"])
    if problem or one is None or not _is_undisturbed(watch, invocation, row):
        return problem
    return wrong_reason(watch, invocation, order, one, row)


def _lost_and_gone(watch: Watch, invocation: Invocation, row: Row) -> bool:
    """Has one API lost a tag of it, and somebody released it before the other was asked?"""
    is_gone = watch.find(row["id"]) is None and row["id"] in invocation.interfered
    return is_gone and any(isinstance(one, DroppedTags) for one in watch.scenario.faults)


def _price(order: Order, row: Row) -> str:
    """A price is there for whom it was asked, it is not nothing, and no more than it all ends."""
    if ("list_price" in row) != (order.request.get("prices") is True):
        return "has a price that nobody asked for, or lacks one"
    price = row.get("list_price")
    if price and not (0 <= price["ends"] <= price["hour"] and price["hour"] > 0):
        return f"has the price {price}"
    if price and row["charge_type"] != "PostPaid":
        return "is a subscription, and has a price an hour"
    return ""


def _changed(watch: Watch, invocation: Invocation, standing: Standing, row: Row) -> str:
    if standing.order.only_reads:
        return "changed in a run that only looks"
    writes = invocation.writes_to(row["id"])
    if not writes:
        return "changed, though no write of this run was accepted or in doubt"
    by_others = any(words in row["reason"] for words in _NOT_DONE_BY_US)
    if row["status"] == "Gone" and not by_others:
        deleted = any(each.operation == "DeleteInstances" for each in writes)
        if not deleted:
            return "gone, though no deletion by this run was accepted or in doubt"
    return _goal(watch, invocation, standing.order, row)


def _unchanged(watch: Watch, invocation: Invocation, standing: Standing, row: Row) -> str:
    order = standing.order
    accepted = [each for each in invocation.writes if row["id"] in each.accepted]
    if accepted and len(invocation.standings) == 1 and not order.only_reads:
        return f"unchanged, though {accepted[0].operation} was accepted"
    if row["region"] in {one.region for one in watch.scenario.bad_regions}:
        return "unchanged in a region that could not be read"
    if order.by_ids and row["id"] not in watch.known and watch.scenario.bad_regions:
        return "unchanged, though a region could not be read that may know it"
    one = watch.find(row["id"])
    if one is not None and one.region not in order.regions:
        named = one.region in row["reason"] and "did not answer" in row["reason"]
        silent = named and one.region in invocation.deaf
        # There it is looked for once.
        excused = silent or (watch.is_rough and watch.scenario.may_lie)
        return "" if excused else f"unchanged, though it is in {one.region}"
    if order.only_reads:
        return ""
    return _goal(watch, invocation, order, row)


def _goal(watch: Watch, invocation: Invocation, order: Order, row: Row) -> str:
    """Is it as the report says that it is?"""
    one = watch.find(row["id"])
    gone = one is None and order.function != "release"
    if not _is_undisturbed(watch, invocation, row) or gone:
        return ""
    now = watch.clock.now()
    if is_at_goal(watch, invocation, order, one) or _is_makeshift(order, one, now):
        return ""
    return f"it is {one}"


def _is_makeshift(order: Order, one: Instance | None, now: datetime) -> bool:
    """Has it another release time, since the one that was asked for has come too near?"""
    return (
        order.function == "set_auto_release"
        and "release_after" in order.request
        and one is not None
        and one.auto_release_at is not None
        and order.release_at < now + timedelta(minutes=31)
    )


def _is_undisturbed(watch: Watch, invocation: Invocation, row: Row) -> bool:
    """Has nobody else, and no other message, done anything to it?"""
    alone = len(invocation.standings) == 1 and not watch.scenario.duplicate_at
    return alone and row["id"] not in invocation.interfered


def _skipped(watch: Watch, invocation: Invocation, standing: Standing, row: Row) -> str:
    if not row["reason"]:
        return "skipped without a reason"
    done = [each.operation for each in invocation.writes if row["id"] in each.accepted]
    if done and len(invocation.standings) == 1 and "already done" not in row["reason"]:
        return f"skipped, and the reason does not tell of {done}"
    reasons = standing.ever.get(row["id"], set())
    for words, needed in _CLAIMS.items():
        if words.search(row["reason"]) and needed not in reasons:
            return f"skipped since it is {needed}, which was never so"
    disks = watch.disks_of.get(row["id"], {}).values()
    local = not all(can_be_snapshotted(disk.category) for disk in disks)
    if not reasons and not (local and standing.order.with_snapshots):
        return "skipped, and nothing forbids it"
    return ""


def _failed(watch: Watch, invocation: Invocation, standing: Standing, row: Row) -> str:  # noqa: ARG001  # a judge
    code = row["code"]
    if not row["reason"]:
        return "failed without a reason"
    odd = row["id"] in watch.scenario.garbled or watch.scenario.odd
    if "cannot be read" in row["reason"] and not (odd and watch.is_rough):
        return "its row could be read"
    if code in _WAITED_FOR and not row["reason"].startswith("unforeseen"):
        return "failed, though this passes"
    tries = sum(row["id"] in each.ids for each in invocation.writes)
    if code == "IncorrectInstanceStatus" and tries < _TRIES:
        return f"failed after {tries} tries, though its status may pass"
    unknown = code == "InvalidInstanceId.NotFound" and row["status"] == "Gone"
    if code and code not in invocation.codes and not unknown:
        return f"failed with a code that ECS never answered, but {sorted(invocation.codes)}"
    return ""


def _pending(watch: Watch, invocation: Invocation, standing: Standing, row: Row) -> str:
    uncounted = standing.order.operator.max_percent and "could not be counted" in row["reason"]
    lost = any(isinstance(one, DroppedTags) for one in watch.scenario.faults)
    unknown = uncounted or (lost and "none of its tags" in row["reason"])
    unsure = any(said in row["reason"] for said in ("confirms which tags", "tags disagree"))
    unknown = unknown or (unsure and not _is_calm(watch))
    unasked = standing.order.by_ids and "there was no second try" in row["reason"]
    if standing.order.only_reads and not (unknown or unasked):
        return "pending in a run that only looks"
    if not row["reason"]:
        return "pending without a reason"
    left = invocation.killed_at - watch.clock.now()
    if unasked and "too little time" in row["reason"]:
        return "" if left < _TIME_TO_ASK_AGAIN else f"pending for want of time, with {left} left"
    early = left > timedelta(seconds=6)
    # Who shows no tag at all was perhaps not asked rightly, and waits for the next run.
    alone = _is_calm(watch) and not watch.scenario.bad_regions
    if alone and early and row["id"] not in invocation.interfered:
        return "pending long before the time was up"
    return ""


def _is_calm(watch: Watch) -> bool:
    """Does ECS answer all that it is asked?"""
    scenario = watch.scenario
    return scenario.limits == Limits() and not (scenario.faults or scenario.odd or scenario.hidden)


def _would_change(watch: Watch, invocation: Invocation, standing: Standing, row: Row) -> str:
    order = standing.order
    one = watch.find(row["id"])
    if not _is_undisturbed(watch, invocation, row) or one is None:
        return ""
    if reasons := order.why_not(one, watch.clock.now()):
        return f"would change, though {reasons}"
    since = invocation.began_at
    is_idle = one.moves_at is None and order.stays_at_goal(one, since, watch.clock.now())
    return "would change, though it is so already" if is_idle else ""
