"""Checks of one function's triggers: their form, their sources, and their order."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from local.check.document import is_known
from local.check.fc3 import (
    EVENTBRIDGE_LONGEST_S,
    TRIGGER,
    TRIGGER_CONFIGS,
    TRIGGER_REQUIRED,
    Field,
    problems,
)
from local.check.findings import Finding, error, note, ok, warning
from local.check.function import Function
from local.check.repeats import check_repeats, request_of
from local.check.timers import check_timer
from local.fc.deployment import PAGES

_TOPIC = re.compile(r"acs:mns:(?P<region>[\w-]+):\d*:/topics/(?P<name>[\w-]+)")


def check_triggers(function: Function, now: datetime) -> Iterator[Finding]:
    """All checks of a function's triggers, in the file's order."""
    triggers = function.resource.triggers
    names = Counter(str(one.get("triggerName", "")) for one in triggers)
    for name, number in names.items():
        if name and number > 1:
            yield error(f"two triggers are called {name}; the second one would replace the first")
    yield from _alike(triggers)
    yield from check_repeats(triggers, now)
    for place, trigger in enumerate(triggers):
        yield from _trigger(function, trigger, now)
        if trigger.get("triggerType") == "eventbridge" and place < len(triggers) - 1:
            yield warning(
                f"{_title(trigger)}: it must be the last one; fc3 skips every trigger after an "
                "unchanged EventBridge trigger"
            )


def _alike(triggers: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Enabled timers with the same times and request, except that one may be a dry run."""
    groups: dict[str, list[tuple[str, bool]]] = {}
    for trigger in triggers:
        config = trigger.get("triggerConfig")
        if trigger.get("triggerType") != "timer" or not isinstance(config, dict):
            continue
        request = request_of(config)
        if config.get("enable") is not True or request is None:
            continue
        dry_run = request.pop("dry_run", False) is True
        key = json.dumps([config.get("cronExpression"), request], sort_keys=True, default=str)
        groups.setdefault(key, []).append((str(trigger.get("triggerName")), dry_run))
    for group in groups.values():
        names = " and ".join(name for name, _ in group)
        dry = [name for name, dry_run in group if dry_run]
        if len(group) < 2:  # noqa: PLR2004  # two
            continue
        if 0 < len(dry) < len(group):
            yield note(
                f"timers {names} are ON at the same times with the same request: the dry run would "
                f"coincide with the run itself. Set enable: false on {' and '.join(dry)}"
            )
        else:
            yield warning(f"timers {names} are ON at the same times with the same request")


def _trigger(function: Function, trigger: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
    title = _title(trigger)
    wrong = list(_problems(trigger, TRIGGER, TRIGGER_REQUIRED))
    kind, config = str(trigger.get("triggerType", "")), trigger.get("triggerConfig")
    if kind in TRIGGER_CONFIGS and isinstance(config, dict):
        wrong += _problems(config, *TRIGGER_CONFIGS[kind])
    if wrong or not isinstance(config, dict):
        yield from (error(f"{title}: {one}") for one in wrong)
        return
    match kind:
        case "timer":
            yield from check_timer(function, title, config, now)
        case "mns_topic":
            yield from _topic(function, trigger, config)
        case "eventbridge":
            yield from _eventbridge(function, trigger, config)
        case "http":
            yield from _http(function, trigger, config)
        case _:
            yield warning(f"{title}: events of {kind} carry no request; Curfew will refuse them")


def _problems(
    found: Mapping[str, Any], fields: Mapping[str, Field], required: tuple[str, ...]
) -> Iterator[str]:
    """What is wrong with the form, as far as the values are known here."""
    known = {key: value for key, value in found.items() if is_known(value)}
    needed = tuple(key for key in required if key in known or key not in found)
    return problems(known, fields, needed)


def _title(trigger: Mapping[str, Any]) -> str:
    return f"{trigger.get('triggerType', 'trigger')} {trigger.get('triggerName', '(no name)')}"


def _topic(
    function: Function, trigger: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[Finding]:
    title, source = _title(trigger), trigger.get("sourceArn", "")
    if not is_known(source):
        yield warning(f"{title}: sourceArn was not checked, because only `s` fills in its value")
        return
    found = _TOPIC.fullmatch(str(source))
    if not found:
        yield error(
            f"{title}: sourceArn: {source!r} is invalid: expected "
            "acs:mns:REGION:ACCOUNT:/topics/NAME"
        )
        return
    if function.region and found["region"] != function.region:
        yield error(
            f"{title}: the topic is in {found['region']}, the function in {function.region}; "
            "they must be in one region"
        )
        return
    yield ok(f"{title}: messages to the topic {found['name']}")
    if config.get("notifyContentFormat") == "STREAM":
        yield warning(
            f"{title}: STREAM messages carry no time, so old ones cannot be recognised; write JSON"
        )


def _eventbridge(
    function: Function, trigger: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[Finding]:
    title = _title(trigger)
    if function.timeout_s > EVENTBRIDGE_LONGEST_S:
        yield error(
            f"{title}: timeout is {function.timeout_s:g}; a function behind EventBridge may run "
            f"for at most {EVENTBRIDGE_LONGEST_S} seconds"
        )
    pattern = config["eventRuleFilterPattern"]
    if not is_known(pattern):
        return
    try:
        rule = json.loads(pattern)
    except ValueError:
        yield error(f"{title}: eventRuleFilterPattern: {pattern!r} is not JSON")
        return
    source = config["eventSourceConfig"]
    if source.get("eventSourceType") == "MNS":
        expected = f"MNS-{function.props.get('functionName')}-{trigger['triggerName']}"
        stated = rule.get("source") if isinstance(rule, dict) else None
        if isinstance(stated, list) and expected not in stated:
            yield error(
                f"{title}: eventRuleFilterPattern names {', '.join(map(str, stated))}; events of "
                f'this trigger come from {expected}: {{"source":["{expected}"]}}'
            )
            return
    state = "ON" if config["triggerEnable"] else "off"
    yield ok(f"{title}: {state}, {_source(source)}")


def _source(source: Mapping[str, Any]) -> str:
    """Where EventBridge gets its messages."""
    parameters = source.get("eventSourceParameters")
    inner = parameters.get("sourceMNSParameters") if isinstance(parameters, dict) else None
    if isinstance(inner, dict) and inner.get("QueueName"):
        return f"messages in the queue {inner['QueueName']}"
    return f"events of {source.get('eventSourceType')}"


def _http(
    function: Function, trigger: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[Finding]:
    title = _title(trigger)
    if function.name in PAGES:
        yield from _page(function, title, config)
    elif config["authType"] == "anonymous":
        yield warning(
            f"{title}: authType is anonymous: anyone who knows the address can call the function; "
            "Curfew does not authenticate callers. Write function or jwt"
        )
    elif "POST" not in config["methods"]:
        yield warning(
            f"{title}: its methods do not include POST, and a request is sent as the body"
        )
    else:
        yield ok(f"{title}: HTTP, authType {config['authType']}")


def _page(function: Function, title: str, config: Mapping[str, Any]) -> Iterator[Finding]:
    """The trigger of the page behind links: open to anybody with a link, by its signature alone."""
    missing = [one for one in ("GET", "HEAD", "POST") if one not in config["methods"]]
    if config["authType"] != "anonymous":
        yield error(f"{title}: authType must be anonymous: a browser opens it, by a signed link")
    elif missing:
        yield error(f"{title}: its methods lack {', '.join(missing)}")
    elif function.settings and not function.settings.notices.link_key:
        yield warning(f"{title}: CURFEW_LINK_KEY is not set, so no link is valid")
    else:
        yield ok(f"{title}: HTTP, open to anyone who has a signed link")


def limits_of_the_deploy_tool(functions: list[Function]) -> Iterator[Finding]:
    """What ``s deploy`` does not do, and does not say (component fc3, source of 2026-05-28)."""
    yield note(
        "`s deploy` does not delete a trigger that was removed from s.yaml or renamed; the old one "
        "stays, and stays ON if it was on. Remove it:",
        "s RESOURCE remove --trigger OLD-NAME -y",
    )
    topics = [
        f"s {one.resource.name} remove --trigger {trigger.get('triggerName')} -y"
        for one in functions
        for trigger in one.resource.triggers
        if trigger.get("triggerType") == "mns_topic"
    ]
    if topics:
        yield note(
            "`s deploy` does not update an mns_topic trigger that exists already. To change one, "
            "remove it and deploy again:",
            *topics,
        )
