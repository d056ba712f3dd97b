"""Timers that stop or start the same instances as apply_schedule.

The schedule is in the instance's tag, which such a timer can exclude with ``except``, or in the
request to apply_schedule, for instances without that tag: then the two must select different
instances. So must two timers of apply_schedule with different schedules in their requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from local.check.document import is_known
from local.check.findings import Finding, warning
from local.check.function import Function
from local.check.repeats import request_of
from local.check.selections import are_apart
from shared.domain.guards import SCHEDULE_TAG

_REMEDY = f'"except": {{"tags": {{"{SCHEDULE_TAG}": "*"}}}}'


def check_overlaps(functions: Sequence[Function]) -> Iterator[Finding]:
    """A warning for each pair of timers that would both turn the same instance on and off.

    Only enabled timers that change something count.
    """
    by_schedule = [
        each for one in functions if one.name == "apply_schedule" for each in _timers(one)
    ]
    by_clock = [
        (one, *each) for one in functions if one.name in {"start", "stop"} for each in _timers(one)
    ]
    for function, name, request in by_clock if by_schedule else ():
        if not _leaves_schedules(request):
            yield warning(
                f"timers {name} of {function.name} and {by_schedule[0][0]} of apply_schedule are "
                f"both ON: what has a schedule gets both. Add {_REMEDY} to the request of {name}"
            )
        for other, scheduled in by_schedule:
            if "schedule" in scheduled and not are_apart(request, scheduled):
                yield _both(function, name, other)
    for (name, request), (other, another) in combinations(by_schedule, 2):
        stated = {_for_untagged(request), _for_untagged(another)} - {""}
        if len(stated) > 1 and not are_apart(request, another):
            yield warning(
                f"timers {name} and {other} of apply_schedule are both ON and can mean the same "
                'instances, each with another "schedule" in its request: what has no tag '
                f"{SCHEDULE_TAG} gets both. Have them select others, or give such instances the tag"
            )


def _for_untagged(request: dict[str, Any]) -> str:
    """The schedule in a request to apply_schedule; "" if there is none or it has no effect."""
    tags = request.get("tags")
    if isinstance(tags, dict) and SCHEDULE_TAG in tags:
        return ""
    return str(request.get("schedule", ""))


def _both(function: Function, name: str, other: str) -> Finding:
    what = "started after hours" if function.name == "stop" else "stopped"
    return warning(
        f"timers {name} of {function.name} and {other} of apply_schedule are both ON and can mean "
        f'the same instances, by the "schedule" in the request of {other}: {name} undoes what '
        f"somebody has {what}, which {other} would leave. Switch {name} off, or have it select "
        "others"
    )


def _timers(function: Function) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and request of each enabled timer that is not a dry run."""
    for trigger in function.resource.props.get("triggers") or ():
        config = trigger.get("triggerConfig") if isinstance(trigger, dict) else None
        if not (isinstance(config, dict) and is_known(config) and config.get("enable") is True):
            continue
        request = request_of(config)
        if request is not None and request.get("dry_run") is not True:
            yield str(trigger.get("triggerName")), request


def _leaves_schedules(request: dict[str, Any]) -> bool:
    kept = request.get("except")
    tags = kept.get("tags") if isinstance(kept, dict) else None
    return isinstance(tags, dict) and tags.get(SCHEDULE_TAG) == "*"
