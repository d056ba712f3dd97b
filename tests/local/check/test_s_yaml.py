"""s.yaml: the one at hand passes the check; what the shipped one must be is asked of its copy."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterable
from datetime import datetime, timezone

import pytest

from local.check.fc3 import EVENTBRIDGE_LONGEST_S
from local.check.findings import Level, Section
from local.check.whole import check_file
from local.fc.context import CODE, Runtime
from local.fc.deployment import EVENTS, function_names
from local.fc.runtime import load
from shared.settings import settings
from shared.settings.settings import read_settings
from tests.harness.invocation import RUNTIMES
from tests.harness.s_yaml import ACCOUNT, SHIPPED, Resource, deployed, raw
from tools.package import DEFAULT_RUNTIME

FUNCTIONS = deployed()
NOW = datetime(2026, 11, 26, 4, 0, tzinfo=timezone.utc)
EACH = pytest.mark.parametrize("one", FUNCTIONS, ids=[one.name for one in FUNCTIONS])

CRON = re.compile(
    r"CRON_TZ=Asia/Shanghai "
    r"[0-5]?\d [0-5]?\d ([01]?\d|2[0-3])(,([01]?\d|2[0-3]))* \* \* "
    r"(\*|(MON|TUE|WED|THU|FRI|SAT|SUN)(-(MON|TUE|WED|THU|FRI|SAT|SUN))?)"
)


def told(sections: Iterable[Section], level: Level) -> list[str]:
    return [one.text for section in sections for one in section.findings if one.level is level]


def test_every_function_is_deployed_under_its_own_name() -> None:
    names = {one.name: one.props["functionName"] for one in FUNCTIONS}

    assert names == {name: f"curfew-{name.replace('_', '-')}" for name in function_names()}


def test_the_s_yaml_at_hand_has_no_error() -> None:
    sections = check_file(CODE / "s.yaml", NOW, {})

    assert told(sections, Level.ERROR) == []


def test_the_shipped_one_has_no_warning_either() -> None:
    sections = check_file(SHIPPED, NOW, {})

    assert told(sections, Level.ERROR) + told(sections, Level.WARNING) == []


@EACH
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_its_handler_loads(one: Resource, runtime: Runtime) -> None:
    module = importlib.import_module(f"functions.{one.name}")

    assert load(one.props["handler"], runtime=runtime) is module.handler


@EACH
def test_its_role_is_a_full_arn_with_a_policy_of_its_own(one: Resource) -> None:
    assert one.props["role"] == f"acs:ram::{ACCOUNT}:role/{one.props['functionName']}"
    assert (CODE / "ram" / f"{one.name}.json").is_file()


@EACH
def test_a_failure_goes_to_the_queue_after_its_retries(one: Resource) -> None:
    """Three; what a timer calls again within minutes has none."""
    assert one.props["asyncInvokeConfig"] == {
        "asyncTask": True,
        "maxAsyncRetryAttempts": 0 if one.name == "apply_schedule" else 3,
        "maxAsyncEventAgeInSeconds": 21_600,
        "destinationConfig": {
            "onFailure": {
                "destination": f"acs:mns:cn-hangzhou:{ACCOUNT}:/queues/curfew-failures/messages"
            }
        },
    }


@EACH
def test_retries_end_before_the_event_is_too_old(one: Resource) -> None:
    asynchronous = one.props["asyncInvokeConfig"]
    tries = 1 + asynchronous["maxAsyncRetryAttempts"]
    age = read_settings(one.props["environmentVariables"]).max_event_age

    assert age.total_seconds() == asynchronous["maxAsyncEventAgeInSeconds"]
    assert tries * one.props["timeout"] < age.total_seconds()


@EACH
def test_its_variables_are_known_and_understood(one: Resource) -> None:
    variables = one.props["environmentVariables"]
    ours = {name for name in variables if name != "PYTHONPATH"}

    assert variables["PYTHONPATH"] == "/code/python"
    assert all(f'"{name}"' in inspect.getsource(settings) for name in ours)
    assert read_settings(variables).accounts == {ACCOUNT}


@EACH
def test_its_timers_run_at_a_time_in_china(one: Resource) -> None:
    if one.name != "apply_schedule":
        assert all(CRON.fullmatch(timer["cronExpression"]) for timer in one.timers())


def test_schedules_are_applied_every_quarter_of_an_hour_each_done_before_the_next() -> None:
    (one,) = (each for each in FUNCTIONS if each.name == "apply_schedule")

    assert [timer["cronExpression"] for timer in one.timers()] == [
        "CRON_TZ=Asia/Shanghai 0 2,17,32,47 * * * *"
    ]
    assert one.props["timeout"] == 600
    assert read_settings(one.props["environmentVariables"]).max_instances == 1000


@EACH
def test_what_its_timers_ask_for_is_the_payload_of_a_sample_event(one: Resource) -> None:
    samples = [
        json.loads(path.read_bytes())["payload"] for path in EVENTS.glob(f"{one.name}.timer*.json")
    ]

    assert {timer["payload"] for timer in one.timers()} <= set(samples)


def test_only_a_dry_run_happens_by_itself() -> None:
    on = [
        (one.name, json.loads(timer["payload"]).get("dry_run", False))
        for one in FUNCTIONS
        for timer in one.timers()
        if timer["enable"]
    ]

    assert on == [("stop", True)]


def test_nothing_is_public() -> None:
    kinds = {trigger["triggerType"] for one in FUNCTIONS for trigger in one.triggers}

    assert kinds == {"timer", "mns_topic", "eventbridge"}


@EACH
def test_an_eventbridge_trigger_is_the_last_one_and_names_its_source(one: Resource) -> None:
    kinds = [trigger["triggerType"] for trigger in one.triggers]
    if "eventbridge" not in kinds:
        return
    last = one.triggers[-1]
    source = f"MNS-{one.props['functionName']}-{last['triggerName']}"

    assert kinds.index("eventbridge") == len(kinds) - 1
    assert json.loads(last["triggerConfig"]["eventRuleFilterPattern"]) == {"source": [source]}
    assert one.props["timeout"] <= EVENTBRIDGE_LONGEST_S


@EACH
def test_a_topic_delivers_the_time_of_its_messages(one: Resource) -> None:
    topics = [trigger for trigger in one.triggers if trigger["triggerType"] == "mns_topic"]

    for topic in topics:
        assert re.fullmatch(
            rf"acs:mns:cn-hangzhou:{ACCOUNT}:/topics/curfew-\w+", topic["sourceArn"]
        )
        assert topic["triggerConfig"]["notifyContentFormat"] == "JSON"


def test_the_package_is_built_for_the_same_runtime_before_deploying() -> None:
    document = raw()

    assert document["actions"]["pre-deploy"] == [
        {"run": "make package RUNTIME=${vars.runtime}", "path": "./"}
    ]
    assert {one.props["runtime"] for one in FUNCTIONS} == {DEFAULT_RUNTIME}
    assert {one.props["code"] for one in FUNCTIONS} == {"./build/code"}


def test_no_credential_and_no_account_is_in_it() -> None:
    text = SHIPPED.read_text(encoding="utf-8")

    assert not re.search(r"LTAI|access_?key|secret|token|\d{12,}", text, re.IGNORECASE)
