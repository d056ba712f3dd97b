"""What is asked of one function's triggers: when they come, what they ask, whether it would work.

A timer's request is not only read: the function is called with it, on an emulated ECS that has no
instances, at the timer's next time. So whatever the function would refuse it refuses here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from io import StringIO
from typing import Any, Literal

from local.answers import read_answer
from local.check.cron import Cron, CronError, read_cron, zone_text
from local.check.document import ACCOUNT, is_known
from local.check.fc3 import (
    EVENTBRIDGE_LONGEST_S,
    TRIGGER,
    TRIGGER_CONFIGS,
    TRIGGER_REQUIRED,
    problems,
)
from local.check.findings import Finding, error, note, ok, warning
from local.check.functions import Function
from local.deployment import Deployment, emulated
from local.ecs.fleet import Fleet
from local.envelopes import timer
from local.pace import PacedClock
from shared.strict_json import JsonError, loads
from shared.times import CHINA

_SHOWN_TIMES = 3
_OFTEN = timedelta(minutes=5)
_TRIAL_SPEED = 1_000_000.0
_TRIAL_TIMEOUT_S = 60.0
_TOPIC = re.compile(r"acs:mns:(?P<region>[\w-]+):\d*:/topics/(?P<name>[\w-]+)")
_TELLS = ("CURFEW_NOTIFY", "CURFEW_LINK")
"""Variables by which a run tells people of itself; a trial has nothing to tell."""


def check_triggers(function: Function, now: datetime) -> Iterator[Finding]:
    """All that is asked of a function's triggers, in the file's order."""
    triggers = function.resource.triggers
    names = Counter(str(one.get("triggerName", "")) for one in triggers)
    for name, number in names.items():
        if name and number > 1:
            yield error(f"two triggers are called {name}; the second would replace the first")
    for place, trigger in enumerate(triggers):
        yield from _trigger(function, trigger, now)
        if trigger.get("triggerType") == "eventbridge" and place < len(triggers) - 1:
            yield warning(
                f"{_title(trigger)}: it must be the last; fc3 skips what stands after an "
                "EventBridge trigger that has not changed"
            )


def _trigger(function: Function, trigger: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
    title = _title(trigger)
    known = {key: value for key, value in trigger.items() if is_known(value)}
    missing_later = set(trigger) - set(known)
    required = tuple(key for key in TRIGGER_REQUIRED if key not in missing_later)
    wrong = list(problems(known, TRIGGER, required))
    kind = str(trigger.get("triggerType", ""))
    config = trigger.get("triggerConfig")
    if kind in TRIGGER_CONFIGS and isinstance(config, dict):
        form = TRIGGER_CONFIGS[kind]
        given = {key: value for key, value in config.items() if is_known(value)}
        later = set(config) - set(given)
        wrong += problems(given, form.fields, tuple(k for k in form.required if k not in later))
    if wrong:
        yield from (error(f"{title}: {one}") for one in wrong)
        return
    if not isinstance(config, dict):
        return
    match kind:
        case "timer":
            yield from _timer(function, trigger, config, now)
        case "mns_topic":
            yield from _topic(function, trigger, config)
        case "eventbridge":
            yield from _eventbridge(function, trigger, config)
        case "http":
            yield from _http(trigger, config)
        case _:
            yield warning(f"{title}: events of {kind} carry no request; Curfew will refuse them")


def _title(trigger: Mapping[str, Any]) -> str:
    return f"{trigger.get('triggerType', 'trigger')} {trigger.get('triggerName', '(no name)')}"


def _timer(
    function: Function, trigger: Mapping[str, Any], config: Mapping[str, Any], now: datetime
) -> Iterator[Finding]:
    title, payload = _title(trigger), config.get("payload")
    if not is_known(config):
        yield warning(f"{title}: what it holds is not known here, so it was not checked")
        return
    try:
        cron = read_cron(config["cronExpression"])
        times = cron.next_times(now, _SHOWN_TIMES)
    except CronError as problem:
        yield error(f"{title}: cronExpression: {problem}")
        return
    if not payload:
        yield error(f"{title}: payload is missing; it is the request, as JSON in a text")
        return
    try:
        request = loads(payload)
    except JsonError as problem:
        yield error(f"{title}: payload: {problem}")
        return
    if not isinstance(request, dict):
        yield error(f'{title}: payload is not a JSON object, such as {{"tags": …}}')
        return
    refusal = _tried(function, request, times[0] if times else now)
    if refusal:
        text = f"{title}: {function.name} will refuse its payload. {refusal}"
        yield error(text) if config["enable"] else warning(f"{text} (It is off now.)")
        return
    yield ok(f"{title}: {_state(config, request)}", *_when(cron, times), _asked(request))
    yield from _doubts(title, cron, times)


def _state(config: Mapping[str, Any], request: Mapping[str, object]) -> str:
    kind = "a dry run" if request.get("dry_run") is True else "changes instances"
    return f"ON, {kind}" if config["enable"] else f"off ({kind} when it is on)"


def _when(cron: Cron, times: list[datetime]) -> Iterator[str]:
    """The rule, the zone, and the next times; in China's too if the zone is another."""
    if cron.every is not None:
        yield f"every {cron.every}, counted from when the trigger is made"
        return
    yield f"{cron.expression} in {zone_text(times[0])}"
    yield f"next: {_spelt(times)}"
    if any(one.utcoffset() != one.astimezone(CHINA).utcoffset() for one in times):
        yield f"in China: {_spelt([one.astimezone(CHINA) for one in times])}"


def _spelt(times: list[datetime]) -> str:
    form = "%a %d %b %H:%M:%S" if any(one.second for one in times) else "%a %d %b %H:%M"
    return ", ".join(one.strftime(form) for one in times)


def _asked(request: Mapping[str, object]) -> str:
    """The request without what the function knows by itself."""
    fields = {key: value for key, value in request.items() if key != "action"}
    return json.dumps(fields, ensure_ascii=False)


def _doubts(title: str, cron: Cron, times: list[datetime]) -> Iterator[Finding]:
    """What is valid, and probably not meant."""
    if cron.every is None and not cron.states_zone:
        china = times[0].astimezone(CHINA)
        yield warning(
            f"{title}: no CRON_TZ, so it goes by UTC: {times[0]:%H:%M} there is {china:%H:%M} in "
            f"China; for China's time write CRON_TZ=Asia/Shanghai before it"
        )
    if cron.limits_both_days:
        yield warning(
            f"{title}: {cron.expression} limits both the day of the month and that of the week; "
            "whether both must match is not documented: leave one of them *"
        )
    often = cron.every or (times[1] - times[0] if len(times) > 1 else None)
    if often and often < _OFTEN:
        yield warning(f"{title}: it comes every {often.total_seconds():g} seconds")


def _tried(function: Function, request: Mapping[str, object], at: datetime) -> str:
    """Why the function refuses a timer's request; "" if it does not.

    Settings that cannot be read are told elsewhere, and end every call alike.
    """
    if function.settings is None:
        return ""
    environ = {key: value for key, value in function.environ.items() if not key.startswith(_TELLS)}
    accounts = function.settings.accounts
    runtime: Literal["3.10", "3.12"] = (
        "3.12" if function.props.get("runtime") == "python3.12" else "3.10"
    )
    deployed = Deployment(
        environ=environ,
        runtime=runtime,
        timeout_s=_TRIAL_TIMEOUT_S,
        region=function.region or "cn-hangzhou",
        account_id=min(accounts, default=ACCOUNT),
    )
    moment = at.astimezone(timezone.utc)
    with emulated(PacedClock(moment, _TRIAL_SPEED), Fleet(), deployed) as stage:
        outcome = stage.deployment.invoke(function.name, timer(request, moment), StringIO())
    failure = read_answer(outcome).failure
    refused = failure is not None and failure.error_type in {"InvalidEvent", "Refused"}
    return failure.message if failure and refused else ""


def _topic(
    function: Function, trigger: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[Finding]:
    title, source = _title(trigger), trigger.get("sourceArn", "")
    if not is_known(source):
        yield warning(f"{title}: sourceArn is not known here, so it was not checked")
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
            f"{title}: STREAM messages have no time, so that an old one cannot be told; write JSON"
        )


def _eventbridge(
    function: Function, trigger: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[Finding]:
    title = _title(trigger)
    if function.timeout_s > EVENTBRIDGE_LONGEST_S:
        yield error(
            f"{title}: timeout is {function.timeout_s:g}; a function behind EventBridge may take "
            f"{EVENTBRIDGE_LONGEST_S} seconds"
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
    """Where EventBridge gets the messages."""
    parameters = source.get("eventSourceParameters")
    inner = parameters.get("sourceMNSParameters") if isinstance(parameters, dict) else None
    if isinstance(inner, dict) and inner.get("QueueName"):
        return f"messages in the queue {inner['QueueName']}"
    return f"events of {source.get('eventSourceType')}"


def _http(trigger: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[Finding]:
    title = _title(trigger)
    if config["authType"] == "anonymous":
        yield warning(
            f"{title}: authType is anonymous: whoever knows the address can call the function; "
            "Curfew does not authenticate callers. Write function or jwt"
        )
    elif "POST" not in config["methods"]:
        yield warning(f"{title}: POST is not among its methods; a request is a body")
    else:
        yield ok(f"{title}: HTTP, authType {config['authType']}")


def limits_of_the_deploy_tool(functions: list[Function]) -> Iterator[Finding]:
    """What ``s deploy`` does not do, and does not say (component fc3, source of 2026-05-28)."""
    yield note(
        "`s deploy` does not delete a trigger that was taken out of s.yaml or renamed; the old "
        "one stays as it is, ON if it was on. Delete it in the console"
    )
    topics = [
        f"{one.props.get('functionName')} {trigger.get('triggerName')}"
        for one in functions
        for trigger in one.resource.triggers
        if trigger.get("triggerType") == "mns_topic"
    ]
    if topics:
        yield note(
            "`s deploy` does not send a change of an mns_topic trigger that is there already "
            f"({', '.join(topics)}). After a change delete it in the console, then deploy"
        )
