"""Checks of a function's properties: those of fc3, its handler, its network, its retries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from local.check.document import is_known
from local.check.fc3 import ASYNCHRONOUS, MOST_TRIGGERS, PROPS, REGIONS, REQUIRED, problems
from local.check.findings import Finding, error, note, warning
from local.check.function import Function
from local.check.settings import hours
from local.fc.runtime import LoadError, load

_QUEUE = re.compile(r"acs:mns:(?P<region>[\w-]+):\d*:/queues/[\w-]+/messages")


def check_properties(function: Function) -> Iterator[Finding]:
    """Findings about all of its properties except environment, role and triggers."""
    yield from _properties(function)
    yield from _handler(function)
    yield from _network(function)
    yield from _asynchronous(function)


def _properties(function: Function) -> Iterator[Finding]:
    props = {key: value for key, value in function.props.items() if is_known(value)}
    known_later = set(function.props) - set(props)
    if props.get("triggers", ()) is None:
        del props["triggers"]
        yield note("triggers is empty; you can remove the line")
    required = tuple(key for key in REQUIRED if key not in known_later)
    yield from map(error, problems(props, PROPS, required))
    region = function.region
    if region and region not in REGIONS:
        near = get_close_matches(region, REGIONS, n=1)
        hint = f"did you mean {near[0]}?" if near else "fc3's schema of 2026-05 has no such region"
        yield warning(f"region {region} is not known: {hint}")
    cpu, memory = props.get("cpu", 0.35), props.get("memorySize", 512)
    if isinstance(cpu, int | float) and isinstance(memory, int) and cpu > 0:
        ratio = memory / 1024 / cpu
        if not 1 <= ratio <= 4:  # noqa: PLR2004  # "cpu to memory", fc3's publish.yaml
            yield error(
                f"cpu {cpu:g} and memorySize {memory}: a vCPU goes with 1 to 4 GB of memory, "
                f"not with {ratio:.2g}"
            )
    if len(function.resource.triggers) > MOST_TRIGGERS:
        yield error(f"it has more than {MOST_TRIGGERS} triggers, the most that a function may have")


def _handler(function: Function) -> Iterator[Finding]:
    runtime = "3.12" if function.props.get("runtime") == "python3.12" else "3.10"
    try:
        load(str(function.props.get("handler", "")), runtime=runtime)  # type: ignore[arg-type]  # one of two
    except LoadError as problem:
        yield error(
            f"handler: {problem.error_type}: {problem}; expected functions.{function.name}.handler"
        )


def _network(function: Function) -> Iterator[Finding]:
    by_vpc = function.environ.get("ECS_NETWORK", "").strip() == "vpc"
    in_vpc = bool(function.props.get("vpcConfig"))
    online = function.props.get("internetAccess", True)
    if by_vpc and not in_vpc:
        yield error("ECS_NETWORK is vpc, but vpcConfig is missing: ECS cannot be reached")
    if online is False and not by_vpc:
        yield error(
            "internetAccess is false: ECS cannot be reached without a vpcConfig and ECS_NETWORK "
            "set to vpc"
        )


def _asynchronous(function: Function) -> Iterator[Finding]:
    config = function.props.get("asyncInvokeConfig", {})
    if not isinstance(config, dict):
        return
    known = {key: value for key, value in config.items() if is_known(value)}
    yield from (error(f"asyncInvokeConfig: {one}") for one in problems(known, ASYNCHRONOUS))
    yield from _destination(function, config)
    retries, age_s = known.get("maxAsyncRetryAttempts", 3), known.get("maxAsyncEventAgeInSeconds")
    settings = function.settings
    if settings is None:
        return
    age = settings.max_event_age
    if isinstance(retries, int):
        longest = timedelta(seconds=(1 + retries) * function.timeout_s)
        if longest > age:
            yield warning(
                f"{1 + retries} tries of {function.timeout_s:g} s take {hours(longest)}, but "
                f"events older than {hours(age)} are refused: CURFEW_MAX_EVENT_AGE"
            )
    if isinstance(age_s, int) and timedelta(seconds=age_s) > age:
        yield warning(
            f"maxAsyncEventAgeInSeconds is {age_s}: events may wait for "
            f"{hours(timedelta(seconds=age_s))}, but those older than {hours(age)} are "
            "refused: CURFEW_MAX_EVENT_AGE"
        )


def _destination(function: Function, config: Mapping[str, Any]) -> Iterator[Finding]:
    destinations = config.get("destinationConfig")
    on_failure = destinations.get("onFailure") if isinstance(destinations, dict) else None
    to = on_failure.get("destination") if isinstance(on_failure, dict) else None
    if not to:
        yield warning("no onFailure destination: an event that fails for good is lost silently")
    elif isinstance(to, str) and to.endswith(f":functions/{function.props.get('functionName')}"):
        yield warning(
            "onFailure leads to the function itself: what failed for good would be done again and "
            "again until it is too old (CURFEW_MAX_EVENT_AGE). Write a queue"
        )
    elif isinstance(to, str) and is_known(to) and to.startswith("acs:mns:") and "/queues/" in to:
        found = _QUEUE.fullmatch(to)
        if not found:
            yield error(
                f"onFailure: {to} is invalid: expected "
                "acs:mns:REGION:ACCOUNT:/queues/NAME/messages, ending with /messages"
            )
        elif function.region and found["region"] != function.region:
            yield error(
                f"onFailure: the queue is in {found['region']}, the function in "
                f"{function.region}; they must be in one region"
            )
