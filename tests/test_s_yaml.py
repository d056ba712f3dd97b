"""s.yaml: what fc3's own schema asks for, and what it lets pass but would fail in an account."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

from local.deployment import EVENTS, function_names
from local.fc import load
from local.fc_context import CODE, Runtime
from shared import settings
from shared.requests import decode
from shared.settings import read_settings
from shared.strict_json import loads
from tests.calling import RUNTIMES
from tests.s_yaml import ACCOUNT, Deployed, deployed, raw
from tools.package import DEFAULT_RUNTIME

SCHEMA = CODE.parent / "shared" / "reference" / "fc3-schema.json"
FUNCTIONS = deployed()
EACH = pytest.mark.parametrize("one", FUNCTIONS, ids=[one.name for one in FUNCTIONS])

# The keys of the component fc3 that s.yaml may use ("publish.yaml", component fc3), and those of
# each trigger's configuration: the schema lets every other pass.
PROPS = {
    "asyncInvokeConfig",
    "code",
    "concurrencyConfig",
    "cpu",
    "description",
    "environmentVariables",
    "functionName",
    "handler",
    "internetAccess",
    "logConfig",
    "memorySize",
    "region",
    "role",
    "runtime",
    "tags",
    "timeout",
    "triggers",
}
TRIGGER = {"triggerName", "triggerType", "sourceArn", "qualifier", "triggerConfig"}
TRIGGER_CONFIG = {
    "timer": {"cronExpression", "enable", "payload"},
    "mns_topic": {"notifyContentFormat", "notifyStrategy"},
    "eventbridge": {
        "triggerEnable",
        "asyncInvocationType",
        "eventRuleFilterPattern",
        "eventSourceConfig",
    },
}
CRON = re.compile(
    r"CRON_TZ=Asia/Shanghai "
    r"[0-5]?\d [0-5]?\d ([01]?\d|2[0-3]) \* \* "
    r"(\*|(MON|TUE|WED|THU|FRI|SAT|SUN)(-(MON|TUE|WED|THU|FRI|SAT|SUN))?)"
)
ASYNC = {"asyncTask", "maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "destinationConfig"}
EVENTBRIDGE_LONGEST_S = 300
"""Custom sources allow five minutes ("Advanced features of triggers", FC docs)."""


def test_every_function_is_deployed_under_its_own_name() -> None:
    names = {one.name: one.props["functionName"] for one in FUNCTIONS}

    assert names == {name: f"curfew-{name.replace('_', '-')}" for name in function_names()}


@EACH
def test_fc3s_schema_accepts_it(one: Deployed) -> None:
    if not SCHEMA.is_file():
        pytest.skip("fc3's schema is not on this machine")
    fastjsonschema = pytest.importorskip("fastjsonschema", reason="fastjsonschema is missing")
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))

    fastjsonschema.compile(schema, use_default=False)(one.props)


@EACH
def test_no_key_is_misspelt(one: Deployed) -> None:
    assert set(one.props) <= PROPS
    assert set(one.props["asyncInvokeConfig"]) == ASYNC
    assert set(one.props.get("concurrencyConfig", {})) <= {"reservedConcurrency"}
    for trigger in one.triggers:
        assert set(trigger) <= TRIGGER
        assert set(trigger["triggerConfig"]) == TRIGGER_CONFIG[trigger["triggerType"]]


@EACH
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_its_handler_loads(one: Deployed, runtime: Runtime) -> None:
    module = importlib.import_module(f"functions.{one.name}")

    assert load(one.props["handler"], runtime=runtime) is module.handler


@EACH
def test_its_role_is_a_full_arn_with_a_policy_of_its_own(one: Deployed) -> None:
    assert one.props["role"] == f"acs:ram::{ACCOUNT}:role/{one.props['functionName']}"
    assert (CODE / "ram" / f"{one.name}.json").is_file()


@EACH
def test_cpu_and_memory_fit_together(one: Deployed) -> None:
    memory_gb = one.props["memorySize"] / 1024

    assert 1 <= memory_gb / one.props["cpu"] <= 4
    assert one.props["memorySize"] % 64 == 0
    assert (one.props["cpu"] * 100) % 5 == 0


@EACH
def test_a_failure_goes_to_the_queue_after_three_retries(one: Deployed) -> None:
    assert one.props["asyncInvokeConfig"] == {
        "asyncTask": True,
        "maxAsyncRetryAttempts": 3,
        "maxAsyncEventAgeInSeconds": 21_600,
        "destinationConfig": {
            "onFailure": {
                "destination": f"acs:mns:cn-hangzhou:{ACCOUNT}:/queues/curfew-failures/messages"
            }
        },
    }


@EACH
def test_retries_end_before_the_event_is_too_old(one: Deployed) -> None:
    asynchronous = one.props["asyncInvokeConfig"]
    tries = 1 + asynchronous["maxAsyncRetryAttempts"]
    age = read_settings(one.props["environmentVariables"]).max_event_age

    assert age.total_seconds() == asynchronous["maxAsyncEventAgeInSeconds"]
    assert tries * one.props["timeout"] < age.total_seconds()


@EACH
def test_its_variables_are_known_and_understood(one: Deployed) -> None:
    variables = one.props["environmentVariables"]
    ours = {name for name in variables if name != "PYTHONPATH"}

    assert variables["PYTHONPATH"] == "/code/python"
    assert all(f'"{name}"' in inspect.getsource(settings) for name in ours)
    assert read_settings(variables).accounts == {ACCOUNT}


@EACH
def test_its_timers_run_at_a_time_in_china(one: Deployed) -> None:
    assert all(CRON.fullmatch(timer["cronExpression"]) for timer in one.timers())


@EACH
def test_what_its_timers_ask_for_is_understood_and_allowed(one: Deployed) -> None:
    action = importlib.import_module(f"functions.{one.name}").ACTION
    allowed = read_settings(one.props["environmentVariables"]).regions

    for timer in one.timers():
        payload = loads(timer["payload"])
        assert isinstance(payload, dict)
        request = decode(action.request, payload, one.name)
        assert request.action == one.name
        assert set(request.regions or ()) <= allowed


@EACH
def test_what_its_timers_ask_for_is_the_payload_of_a_sample_event(one: Deployed) -> None:
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
def test_an_eventbridge_trigger_is_the_last_one_and_names_its_source(one: Deployed) -> None:
    kinds = [trigger["triggerType"] for trigger in one.triggers]
    if "eventbridge" not in kinds:
        return
    last = one.triggers[-1]
    source = f"MNS-{one.props['functionName']}-{last['triggerName']}"

    assert kinds.index("eventbridge") == len(kinds) - 1
    assert json.loads(last["triggerConfig"]["eventRuleFilterPattern"]) == {"source": [source]}
    assert one.props["timeout"] <= EVENTBRIDGE_LONGEST_S


@EACH
def test_a_topic_delivers_the_time_of_its_messages(one: Deployed) -> None:
    topics = [trigger for trigger in one.triggers if trigger["triggerType"] == "mns_topic"]

    for topic in topics:
        assert re.fullmatch(
            rf"acs:mns:cn-hangzhou:{ACCOUNT}:/topics/curfew-\w+", topic["sourceArn"]
        )
        assert topic["triggerConfig"]["notifyContentFormat"] == "JSON"


@EACH
def test_names_of_triggers_are_not_used_twice(one: Deployed) -> None:
    names = [trigger["triggerName"] for trigger in one.triggers]

    assert len(set(names)) == len(names)


def test_the_package_is_built_for_the_same_runtime_before_deploying() -> None:
    document = raw()

    assert document["actions"]["pre-deploy"] == [
        {"run": "make package RUNTIME=${vars.runtime}", "path": "./"}
    ]
    assert {one.props["runtime"] for one in FUNCTIONS} == {DEFAULT_RUNTIME}
    assert {one.props["code"] for one in FUNCTIONS} == {"./build/code"}


def test_no_credential_and_no_account_is_in_it() -> None:
    text = Path(CODE / "s.yaml").read_text(encoding="utf-8")

    assert not re.search(r"LTAI|access_?key|secret|token|\d{12,}", text, re.IGNORECASE)
