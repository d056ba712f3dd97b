"""The invariants of apply_schedule: each write and each row is one that a schedule allows.

What a schedule allows is in ``evening``, found by other means than Curfew's. About a look that may
be half a minute old it is asked twice, and about a run whenever something changes meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from local.ecs.account.model import Instance
from local.ecs.gateway.faults import DroppedTags
from tests.simulation.contract import Order
from tests.simulation.fleets import SCHEDULE_KEYS
from tests.simulation.fortnight_laws import times_of
from tests.simulation.watch import LONG_AGO, LOOK_LASTS, Invocation, Watch, Write

_GUARDED = re.compile(
    "not understood|curfew:protect|curfew:keep-until|curfew:keep-off-until|member of a group| lock"
)
_UNREADABLE = "tag curfew:schedule cannot be read"


def against_schedule(watch: Watch, order: Order, one: Instance, write: Write) -> str:
    """Why its schedule did not want this, nor when it was last looked at; "" if it may have."""
    if order.evening is None:
        return ""
    seen_at = write.left_at - LOOK_LASTS
    if max(watch.changed_at.get(one.instance_id, LONG_AGO), one.started_at) >= seen_at:
        return ""  # how it was before cannot be told from how it is
    what = write.operation.removesuffix("Instances").lower()
    problems = [order.against(what, one, moment) for moment in (seen_at, write.left_at)]
    return f"{what}, but {problems[1]}: {one.status} {one.tags}" if all(problems) else ""


def is_at_goal(watch: Watch, invocation: Invocation, order: Order, one: Instance | None) -> bool:
    """Was it so when it was looked at, by the tags that ECS has shown?"""
    now = watch.clock.now()
    if order.evening and one and one.instance_id in invocation.moving:
        return True  # on its way when it was looked at
    shown = _shown(watch, order, one) if one else (None,)
    return any(order.was_at_goal(each, invocation.began_at, now) for each in shown)


def wrong_reason(
    watch: Watch, invocation: Invocation, order: Order, one: Instance, row: Mapping[str, Any]
) -> str:
    """Why the reason is not so of an instance that nobody has disturbed; "" if it is."""
    now = watch.clock.now()
    if order.evening is None or one.instance_id in invocation.moving:
        return ""
    shown = _shown(watch, order, one)
    if row["result"] == "skipped" and _GUARDED.search(row["reason"]):
        wants = not all(order.stays_at_goal(each, invocation.began_at, now) for each in shown)
        return "" if wants else "guarded against what its schedule does not want"
    if row["result"] != "unchanged" or "at" in order.request:
        return ""
    wrong = []
    for each in shown:
        for moment in order.evening.moments(each, invocation.began_at, now):
            view = order.evening.view(each, moment)
            told = times_of(row["reason"], view, each.status) if view else ()
            wrong.append(
                [
                    f"{name} is {true}"
                    for name, said, true in told
                    if said != true and not (true == "never" and order.evening.is_beyond(said))
                ]
            )
    return f"the reason is wrong: {wrong[0]}" if wrong and all(wrong) else ""


def untold(order: Order, rows: Sequence[Mapping[str, Any]], warnings: Sequence[str]) -> str:
    """What a report of apply_schedule should say in a warning, and does not."""
    if order.evening is None:
        return ""
    unreadable = any(_UNREADABLE in row["reason"] for row in rows if row["status"] != "Gone")
    if unreadable and not any("curfew:schedule" in one.lower() for one in warnings):
        return "a schedule that cannot be read"
    planned = any("this plan is as of " in one for one in warnings)
    return "" if planned is ("at" in order.request) else "of when the plan is"


def _shown(watch: Watch, order: Order, one: Instance) -> list[Instance]:
    """The instance as it is, and as it is shown where ECS loses the tag of its schedule.

    Who then is as the request's own schedule has it is left without a second question: nothing is
    done to it, and the next run sees the tag.
    """
    lost = any(isinstance(each, DroppedTags) for each in watch.scenario.faults)
    if order.evening is None or not (watch.is_rough and lost):
        return [one]
    tags = {key: value for key, value in one.tags.items() if key not in SCHEDULE_KEYS}
    return [one, replace(one, tags=tags)] if order.evening.fallback else [one]
