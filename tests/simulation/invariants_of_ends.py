"""The invariants of how a run ends: in time, with one error of ours or none, saying what it did."""

from __future__ import annotations

import re
from datetime import timedelta

from local.ecs.gateway.faults import GarbledRow, LostPermission
from local.ecs.gateway.throttle import Limits
from tests.simulation.ending import Ending
from tests.simulation.invariants_of_reports import check_report
from tests.simulation.watch import InvariantBroken, Invocation, Standing, Watch

_AFTER_WAITING = {"CreateSnapshot", "DeleteInstances"}
"""What may come first in a run that had to wait for what an earlier one, or somebody, began."""

_LOOKS_AGAIN = timedelta(seconds=6)
"""Who is missing is looked for again after seconds."""

OUR_ERRORS = {"InvalidEvent", "Refused", "AccessDenied", "Unavailable", "Incomplete"}
_UNREAD = re.compile(r"(\S+) could not be read")
_NOTHING_DONE = {"InvalidEvent", "Refused", "Unavailable"}


def check_end(watch: Watch, invocation: Invocation, ending: Ending) -> None:
    """Hold the end of an invocation against the invariants.

    Raises:
        InvariantBroken: it is not what was done, or not in time.
    """
    now = watch.clock.now()
    # A duplicate runs within one call of the other; that call would have been timed out.
    if now > invocation.killed_at and not watch.scenario.duplicate_at:
        raise InvariantBroken(f"ended at {now}, killed at {invocation.killed_at}")
    if ending.error:
        _check_error(watch, invocation, ending)
    else:
        _check_success(watch, invocation, ending)
    for number in range(len(ending.reports)):
        check_report(watch, invocation, ending, number)
    _check_dead_region(watch, invocation)
    _check_all_told(invocation, ending)
    _check_calls(invocation, ending)


def _check_error(watch: Watch, invocation: Invocation, ending: Ending) -> None:
    name = ending.error
    if name not in OUR_ERRORS:
        raise InvariantBroken(f"{name} is no error of ours: {ending.text}") from ending.cause
    if name in _NOTHING_DONE and invocation.touched:
        raise InvariantBroken(f"{name} after something was done: {ending.text}")
    if not may_fail_with(watch, invocation, name, ending):
        raise InvariantBroken(f"{name} without any reason for it: {ending.text[:400]}")
    if ending.reports and ending.outcome != "incomplete":
        raise InvariantBroken(f"{name} has a report whose outcome is {ending.outcome}")


def _check_success(watch: Watch, invocation: Invocation, ending: Ending) -> None:
    if bad := [order.must_be for order in invocation.orders if order.must_be]:
        raise InvariantBroken(f"a message that is to end with {bad[0]} was answered as a success")
    if not invocation.in_time:
        raise InvariantBroken(f"an event of {invocation.orders[0].sent_at} was done")
    for report in ending.reports:
        if any(report["counts"][name] for name in ("failed", "pending")):
            raise InvariantBroken("a failure was answered as a success")
        expected = "planned" if report["dry_run"] else "complete"
        if report["outcome"] != expected:
            raise InvariantBroken(f"a success has the outcome {report['outcome']}")
    if len(ending.reports) != len(invocation.orders):
        raise InvariantBroken(f"{len(ending.reports)} reports of {len(invocation.orders)} messages")
    if unread := unread_regions(watch, invocation):
        raise InvariantBroken(f"{unread} could not be read, and that was answered as a success")


def unread_regions(watch: Watch, invocation: Invocation) -> list[str]:
    """The regions of the event that could not be read."""
    busy = [order for order in invocation.orders if not order.rests]
    asked = {region for order in busy for region in order.regions}
    return [one.region for one in watch.scenario.bad_regions if one.region in asked]


def _check_dead_region(watch: Watch, invocation: Invocation) -> None:
    """A region that never answers keeps the others waiting for a third of the time at most."""
    scenario = watch.scenario
    rough = (
        scenario.faults
        or scenario.duplicate_at
        or scenario.odd
        or scenario.limits != Limits()
        or scenario.hidden
    )
    dead = any(one.how == "dead" for one in scenario.bad_regions)
    if not dead or rough or scenario.is_list or not invocation.writes:
        return
    first = invocation.writes[0]
    if first.operation in _AFTER_WAITING or invocation.moving & {
        *first.ids,
        *invocation.interfered,
    }:
        return
    third = (invocation.killed_at - invocation.began_at) / 3
    waited = first.left_at - invocation.began_at
    if waited > third + _LOOKS_AGAIN:
        raise InvariantBroken(f"nothing was done for {waited}, since a region did not answer")


def _check_all_told(invocation: Invocation, ending: Ending) -> None:
    """Whoever was touched has a row, however the run ended."""
    if ending.cut or any(report.get("instances_omitted") for report in ending.reports):
        return
    told = {row["id"] for report in ending.reports for row in report["instances"]}
    if missing := invocation.touched - told:
        raise InvariantBroken(f"{ending.error or 'a success'} has no row for {sorted(missing)}")


def _check_calls(invocation: Invocation, ending: Ending) -> None:
    if not ending.reports or ending.cut:
        return
    told = sum(report["api_calls"] for report in ending.reports)
    if told > invocation.calls or (not ending.is_list and told != invocation.calls):
        raise InvariantBroken(f"{told} calls reported, {invocation.calls} made")


def may_fail_with(watch: Watch, invocation: Invocation, name: str, ending: Ending) -> bool:
    """Does the scenario hold anything that this error could come of?"""
    scenario = watch.scenario
    rests = all(one.rests and not one.must_be for one in invocation.orders)
    if rests and invocation.in_time and name != "Refused":
        return False
    unread = {one.how for one in scenario.bad_regions}
    if name == "AccessDenied":
        return "denied" in unread or any(isinstance(one, LostPermission) for one in scenario.faults)
    if name == "InvalidEvent":
        bad = any(order.must_be == name for order in invocation.orders)
        return bad or not invocation.in_time or bool(unread & {"misspelt", "unresolved"})
    if name == "Refused":
        return not invocation.in_time or any(
            each.order.must_be == name or may_be_refused(watch, invocation, each)
            for each in invocation.standings
        )
    if name == "Unavailable":
        slow = scenario.latency and scenario.timeout <= timedelta(seconds=60)
        faults = [one for one in scenario.faults if not isinstance(one, GarbledRow)]
        rough = faults or scenario.limits != Limits() or scenario.odd or scenario.hidden
        return bool(slow or rough or unread or scenario.duplicate_at)
    return _is_incomplete(watch, invocation, ending)


def _is_incomplete(watch: Watch, invocation: Invocation, ending: Ending) -> bool:
    """Has something failed, as the reports themselves say, or could a region not be read?"""
    unfinished = any(
        report["counts"][name] for report in ending.reports for name in ("failed", "pending")
    )
    unread = set(_UNREAD.findall(ending.text))
    # Who has little time, or had to wait for another, may not get round to asking.
    hurried = (
        watch.scenario.latency or watch.scenario.duplicate_at or watch.scenario.limits != Limits()
    )
    if unread - invocation.deaf and not (hurried and "no time is left" in ending.text):
        return False
    return unfinished or bool(unread) or len(invocation.orders) > 1


def may_be_refused(watch: Watch, invocation: Invocation, standing: Standing) -> bool:
    """May the number, the share or the operator's rule forbid the message as a whole?"""
    order, operator = standing.order, standing.order.operator
    if order.function == "release" and operator.snapshot_required and not order.with_snapshots:
        return True
    stated = order.request.get("max_instances")
    most = min(operator.max_instances, stated if isinstance(stated, int) else 10_000_000)
    meant = [watch.known[each] for each in standing.matched if each in watch.known]
    if len(meant) > most:
        return True
    there: dict[str, int] = {}
    for one in meant:
        there[one.region] = there.get(one.region, 0) + 1
    return bool(operator.max_percent) and any(
        number > max(5, invocation.inventory.get(region, 0) * operator.max_percent // 100)
        for region, number in there.items()
    )
