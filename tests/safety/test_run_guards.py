"""The guards on a whole run: the same for every trigger, and over them nothing is done at all."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import InvalidEvent, Refused
from shared.request.triggers import parse
from tests.harness.actions import WRITING_FUNCTIONS, stated, to_do
from tests.harness.invocation import ACCOUNT
from tests.harness.requests import WAYS, request_for
from tests.harness.stage import DEV, Stage

UNTIMED = frozenset(
    {
        "api_gateway",
        "direct",
        "eventbridge_raw",
        "http",
        "http_base64",
        "mns_topic_stream",
        "mns_topic_stream_attributes",
        "mns_topic_stream_base64",
        "mqtt_list",
        "rocketmq_list",
    }
)
"""The triggers whose events bear no time, or none that counts."""


def fleet(count: int, function: str = "stop") -> Stage:
    """Instances with which the function has something to do."""
    return Stage(
        InstanceSpec(f"dev-{number}", tags=DEV, **to_do(function)) for number in range(count)
    )


def refusal(stage: Stage, function: str, request: Request, trigger: str = "direct") -> str:
    """What a refusal says, however the trigger gets to know of it."""
    event = ENVELOPES[trigger](request, stage.clock.now())
    if not parse(event).answers_http:
        with pytest.raises(Refused) as refused:
            stage.deliver(function, event)
        return str(refused.value)
    answer = stage.deliver(function, event)
    body: dict[str, str] = json.loads(answer["body"])
    assert (answer["statusCode"], body["errorType"]) == (409, "Refused")
    return body["errorMessage"]


@pytest.mark.sampled(one_in=11)
@pytest.mark.promise("S14")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("trigger", ENVELOPES)
@pytest.mark.parametrize("function", WRITING_FUNCTIONS)
def test_over_the_requests_cap_nothing_is_done(function: str, trigger: str, way: str) -> None:
    stage = fleet(3, function)
    ids = {one.name: one.instance_id for one in stage.engine.instances()}
    request = {**request_for(way, ids), **stated(function), "max_instances": 2}

    said = refusal(stage, function, request, trigger)

    assert "3 instances would change, at most 2 may" in said
    assert '"max_instances": 3' in said
    assert stage.writes() == ()


@pytest.mark.promise("S14")
@pytest.mark.parametrize(
    ("function", "trigger"),
    [
        pytest.param(
            function,
            trigger,
            marks=[pytest.mark.slow] * (function != "stop" and trigger != "direct"),
        )
        for function in WRITING_FUNCTIONS
        for trigger in ENVELOPES
    ],
)
def test_the_cap_is_a_hundred_where_nobody_states_one(function: str, trigger: str) -> None:
    stage = fleet(101, function)

    said = refusal(stage, function, {"name": "dev-*", **stated(function)}, trigger)

    assert "101 instances would change, at most 100 may" in said
    assert stage.writes() == ()


def test_a_dry_run_over_the_cap_is_refused_like_the_run() -> None:
    stage = fleet(3)
    request: Request = {"name": "dev-*", "max_instances": 2, "dry_run": True}

    assert "at most 2 may" in refusal(stage, "stop", request)


def test_what_is_guarded_does_not_count() -> None:
    stage = Stage(
        [
            InstanceSpec("dev-1"),
            *(InstanceSpec(f"dev-{number}", tags={"curfew:protect": ""}) for number in range(2, 9)),
        ]
    )

    report = stage.ask("stop", {"name": "dev-*", "max_instances": 1})

    assert (report["counts"]["changed"], report["counts"]["skipped"]) == (1, 7)


@pytest.mark.promise("S15")
@pytest.mark.parametrize(
    ("count", "percent", "is_refused"),
    [
        pytest.param(20, "20", True, id="six-of-twenty-where-the-floor-is-five"),
        pytest.param(60, "10", False, id="six-of-sixty"),
        pytest.param(50, "10", True, id="six-of-fifty"),
        pytest.param(6, "1", True, id="six-of-six"),
    ],
)
def test_over_the_percentage_of_a_region_nothing_is_done(
    count: int,
    percent: str,
    is_refused: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = fleet(count)
    stage.environ["CURFEW_MAX_PERCENT"] = percent
    ids = [one.instance_id for one in stage.engine.instances()][:6]

    if is_refused:
        assert "CURFEW_MAX_PERCENT" in refusal(stage, "stop", {"instance_ids": ids})
        assert stage.writes() == ()
    else:
        assert stage.ask("stop", {"instance_ids": ids})["counts"]["changed"] == 6


@pytest.mark.promise("S15")
def test_of_a_small_fleet_five_may_always_change() -> None:
    stage = fleet(6)
    stage.environ["CURFEW_MAX_PERCENT"] = "1"
    ids = [one.instance_id for one in stage.engine.instances()][:5]

    assert stage.ask("stop", {"instance_ids": ids})["counts"]["changed"] == 5


@pytest.mark.promise("S17")
@pytest.mark.parametrize("trigger", [one for one in ENVELOPES if one not in UNTIMED])
@pytest.mark.parametrize("function", WRITING_FUNCTIONS)
def test_a_stale_event_is_refused_before_any_call(function: str, trigger: str) -> None:
    stage = fleet(1, function)
    event = ENVELOPES[trigger](
        {"name": "dev-*", **stated(function)}, stage.clock.now() - timedelta(hours=6, minutes=1)
    )

    with pytest.raises(Refused, match="CURFEW_MAX_EVENT_AGE"):
        stage.deliver(function, event)

    assert len(stage.gateway.log) == 0


@pytest.mark.parametrize("trigger", [one for one in ENVELOPES if one not in UNTIMED])
def test_an_event_of_the_future_is_invalid(trigger: str) -> None:
    stage = fleet(1)
    event = ENVELOPES[trigger]({"name": "dev-*"}, stage.clock.now() + timedelta(minutes=6))

    with pytest.raises(InvalidEvent, match="ahead"):
        stage.deliver("stop", event)

    assert len(stage.gateway.log) == 0


@pytest.mark.promise("S17", "S48")
@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        pytest.param("CURFEW_ACCOUNTS", "999", f"account {ACCOUNT}", id="account"),
        pytest.param("CURFEW_REGIONS", "cn-beijing,cn-shanghai", "region cn-hangzhou", id="region"),
        pytest.param("ECS_ENDPOINT", "http://ecs.example.com", "plain http", id="plain-http"),
        pytest.param("CURFEW_MAX_INSTANCES", "many", "CURFEW_MAX_INSTANCES", id="cap"),
        pytest.param("CURFEW_MAX_PERCENT", "101", "CURFEW_MAX_PERCENT", id="percentage"),
        pytest.param("CURFEW_MAX_EVENT_AGE", "6 hours", "CURFEW_MAX_EVENT_AGE", id="age"),
        pytest.param("CURFEW_TZ", "Nowhere", "CURFEW_TZ", id="zone"),
        pytest.param("CURFEW_ACCOUNTS", " , ", "CURFEW_ACCOUNTS", id="no-account"),
    ],
)
@pytest.mark.parametrize("trigger", ENVELOPES)
def test_what_the_operator_forbids_or_misspells_is_refused_before_any_call(
    trigger: str, variable: str, value: str, said: str
) -> None:
    stage = fleet(1)
    stage.environ[variable] = value

    assert said in refusal(stage, "stop", {"name": "dev-*"}, trigger)
    assert len(stage.gateway.log) == 0


@pytest.mark.promise("S19")
@pytest.mark.parametrize("trigger", ENVELOPES)
@pytest.mark.parametrize("function", WRITING_FUNCTIONS)
def test_a_message_for_another_function_is_not_obeyed(function: str, trigger: str) -> None:
    stage = fleet(1, function)
    other = "stop" if function == "start" else "start"
    event = ENVELOPES[trigger](
        {"action": other, "name": "dev-*", **stated(function)}, stage.clock.now()
    )

    try:
        answer = stage.deliver(function, event)
    except InvalidEvent as error:
        said = str(error)
    else:
        assert answer["statusCode"] == 400
        said = answer["body"]

    assert f"this request is for {other}, but this function is {function}" in said
    assert len(stage.gateway.log) == 0


def test_a_release_by_anything_but_ids_says_whether_it_is_a_dry_run() -> None:
    stage = fleet(1)

    for way in ("tags", "name", "tags+name", "all"):
        with pytest.raises(InvalidEvent, match="dry_run is missing"):
            stage.ask("release", request_for(way, {}))

    assert len(stage.gateway.log) == 0
