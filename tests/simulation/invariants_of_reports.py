"""The invariants of a whole report: its rows are those that were meant, its warnings are said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from tests.simulation.contract import MISUNDERSTOOD, Order
from tests.simulation.ending import Ending, Report
from tests.simulation.invariants_of_rows import check_row
from tests.simulation.invariants_of_schedules import untold
from tests.simulation.watch import InvariantBroken, Invocation, Standing, Watch

_UNREAD = re.compile(r"(\S+) could not be read")


def check_report(watch: Watch, invocation: Invocation, ending: Ending, number: int) -> None:
    """Hold one report against what was done and seen.

    Raises:
        InvariantBroken: it tells something else.
    """
    report = ending.reports[number]
    standings = invocation.standings
    if not ending.error and len(ending.reports) == len(standings):
        standings = standings[number : number + 1]  # else it is not known which message it is of
    if len(standings) == 1:
        _check_rest(invocation, standings[0].order, report)
        if standings[0].order.rests:
            return
    rows = report["instances"]
    ids = [row["id"] for row in rows]
    if len(set(ids)) != len(ids):
        raise InvariantBroken("an instance has two rows")
    omitted = report.get("instances_omitted", 0)
    if sum(report["counts"].values()) != len(rows) + omitted:
        raise InvariantBroken("the counts are not those of the rows")
    if report["seconds"] > (watch.clock.now() - invocation.began_at).total_seconds() + 0.1:
        raise InvariantBroken(f"{report['seconds']} s reported, it took less")
    if len(standings) == 1 and not omitted:
        _check_selected(watch, invocation, standings[0], report)
        _check_warnings(watch, standings[0], report)
    _check_outcome(ending, report)
    for row in rows:
        check_row(watch, invocation, standings, row)


def _check_rest(invocation: Invocation, order: Order, report: Report) -> None:
    """Whoever rests has looked at nothing and says so; nobody else says so."""
    day = order.operator.hours.local(order.sent_at).date()
    said = any(f"nothing was done: {day} " in one for one in report["warnings"])
    if said is not order.rests:
        raise InvariantBroken(f"it rests: {order.rests}, warnings: {report['warnings']}")
    if not order.rests:
        return
    looked = report["api_calls"] or (len(invocation.orders) == 1 and invocation.calls)
    if looked or report["instances"] or sum(report["counts"].values()) or report.get("plan_id"):
        raise InvariantBroken(f"it rests, and reports {report}")
    if report["outcome"] != ("planned" if report["dry_run"] else "complete"):
        raise InvariantBroken(f"it rests, and its outcome is {report['outcome']}")


def _check_outcome(ending: Ending, report: Report) -> None:
    unfinished = any(report["counts"][name] for name in ("failed", "pending"))
    is_error = bool(ending.error) and not ending.is_list
    if (unfinished or is_error) != (report["outcome"] == "incomplete") and not ending.is_list:
        raise InvariantBroken(
            f"the outcome is {report['outcome']}: {report['counts']}, {ending.error}"
        )
    if unfinished and report["outcome"] != "incomplete":
        raise InvariantBroken(f"the outcome is {report['outcome']}: {report['counts']}")


def _check_selected(
    watch: Watch, invocation: Invocation, standing: Standing, report: Report
) -> None:
    """All that were meant have rows, and nobody else."""
    scenario = watch.scenario
    if (
        invocation.interfered
        or scenario.duplicate_at
        or scenario.faults
        or scenario.odd
        or scenario.hidden
    ):
        return
    ids = {row["id"] for row in report["instances"]}
    bad = {one.region for one in scenario.bad_regions}
    bad |= set(_UNREAD.findall(" ".join(report.get("warnings") or ())))
    order = standing.order
    readable = {each for each in standing.matched if watch.known[each].region not in bad}
    expected = readable | set(named_ids(order))
    # Who was released for an earlier message of the list is not there for this one.
    leaving = invocation.leaving | (invocation.touched if scenario.is_list else set())
    leaving = leaving | {
        each for each in readable if watch.known[each].listed_at > invocation.began_at
    }
    if not expected - leaving <= ids <= expected:
        raise InvariantBroken(f"rows for {sorted(ids)}, selected are {sorted(expected)}")


def named_ids(order: Order) -> Iterable[str]:
    """The ids that the request names."""
    ids = order.request.get("instance_ids", ())
    return ids if isinstance(ids, list) else ()


def _check_warnings(watch: Watch, standing: Standing, report: Report) -> None:
    warnings = report.get("warnings")
    if not isinstance(warnings, list) or not all(isinstance(one, str) for one in warnings):
        raise InvariantBroken(f"warnings are {warnings!r}")
    order, said = standing.order, " ".join(warnings)
    rows = report["instances"]
    unread = [one.region for one in watch.scenario.bad_regions if one.region in order.regions]
    if missing := [region for region in unread if region not in said]:
        raise InvariantBroken(f"{missing} could not be read, the warnings are {warnings}")
    if unread and report.get("plan_id"):
        raise InvariantBroken(f"a plan_id though {unread} could not be read")
    if not rows and not order.by_ids and not unread and "nothing matched" not in said:
        raise InvariantBroken(f"nothing matched, the warnings are {warnings}")
    if order.function == "release":
        _check_unknown(watch, rows, said)
    if not watch.scenario.faults and not watch.scenario.odd:
        _check_new(watch, order, rows, said)
    if unsaid := untold(order, rows, warnings):
        raise InvariantBroken(f"no warning tells {unsaid}: {warnings}")
    _check_misspelt(standing, rows, warnings)


def _check_unknown(watch: Watch, rows: Sequence[Any], said: str) -> None:
    """Who never was is named, of many the first and how many more there are."""
    unknown = [row["id"] for row in rows if row["id"] not in watch.known]
    if any(row["result"] != "unchanged" for row in rows if row["id"] in unknown):
        return  # a region could not be read; the rows say so
    unnamed = [one for one in unknown if one not in said]
    more = re.search(r"and (\d+) more", said)
    if unnamed and len(unnamed) > (int(more[1]) if more else 0):
        raise InvariantBroken(f"{unnamed} never were, no warning names them: {said}")


def _check_new(watch: Watch, order: Order, rows: Sequence[Any], said: str) -> None:
    """Who was made after the event is named."""
    if order.function == "describe":
        return
    new = [watch.known[row["id"]] for row in rows if row["id"] in watch.known]
    new = [one for one in new if order.is_too_new(one)]
    if new and not any(one.instance_id in said or one.name in said for one in new):
        raise InvariantBroken(f"{new[0].instance_id} was made after the event, warnings: {said}")


def _check_misspelt(standing: Standing, rows: Sequence[Any], warnings: Sequence[str]) -> None:
    """If all were left alone for keys that nobody understands, that is said."""
    if not rows or warnings:
        return
    reasons = [standing.ever.get(row["id"], set()) for row in rows if row["result"] == "skipped"]
    if len(reasons) == len(rows) and all(each == {MISUNDERSTOOD} for each in reasons):
        raise InvariantBroken(
            "all were left alone for keys that are not understood, without a warning"
        )
