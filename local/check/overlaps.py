"""Timers that stop or start by the clock what apply_schedule stops and starts by its schedule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from local.check.document import is_known
from local.check.findings import Finding, warning
from local.check.function import Function
from local.check.repeats import request_of
from shared.domain.guards import SCHEDULE_TAG

_REMEDY = f'"except": {{"tags": {{"{SCHEDULE_TAG}": "*"}}}}'


def check_overlaps(functions: Sequence[Function]) -> Iterator[Finding]:
    """A warning for each timer that does not leave instances with a schedule to apply_schedule.

    Only timers count that are on and that change something.
    """
    by_schedule = [
        name for one in functions if one.name == "apply_schedule" for name, _ in _timers(one)
    ]
    if not by_schedule:
        return
    for function in functions:
        if function.name not in {"start", "stop"}:
            continue
        for name, request in _timers(function):
            if not _leaves_schedules(request):
                yield warning(
                    f"timers {name} of {function.name} and {by_schedule[0]} of apply_schedule are "
                    f"both ON: what has a schedule gets both. Add {_REMEDY} to the request of "
                    f"{name}"
                )


def _timers(function: Function) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and request of each timer that is on and is no dry run."""
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
