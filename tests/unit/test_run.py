"""The walk of an event, whole: what stops it before any call, and what it says in the end."""

from __future__ import annotations

import io
import json
import traceback
from datetime import timedelta
from typing import Any

import pytest

from functions import describe, stop
from local.ecs.account.model import Status
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import HANGZHOU, SHANGHAI, InstanceSpec
from local.ecs.gateway.faults import AnyFault, BrokenBody, Cut, Delay, ProxyPage, Refuse
from local.ecs.http.signatures import Credential
from local.ecs.ram.caller import Caller
from local.fc.context import context
from local.fc.trigger_events import (
    Envelope,
    api_gateway,
    async_http,
    eventbridge,
    failure_destination,
    http,
    kafka,
    timer,
)
from shared.errors import (
    CurfewError,
    Incomplete,
    InvalidEvent,
    Refused,
    Unavailable,
)
from shared.report.response import HTTP_STATUS
from shared.run import REAL_WORLD
from shared.settings import Credentials
from shared.version import VERSION
from tests.harness.actions import HANDLERS
from tests.harness.call import Call
from tests.harness.invocation import make_context
from tests.harness.reports import in_error, row

DEV = {"tags": {"team": "dev"}}
MORE: dict[str, dict[str, object]] = {
    "release": {"dry_run": False, "snapshot": False},
    "set_auto_release": {"release_after": "2h"},
    "apply_schedule": {"schedule": "never", "enforced": True},
}
EVERY = pytest.mark.parametrize("name", HANDLERS)


def dev(instance_id: str, **fields: Any) -> InstanceSpec:  # noqa: ANN401  # any field of a spec
    spec: dict[str, Any] = {"tags": {"team": "dev"}, "created_at": MANUAL_START, **fields}
    return InstanceSpec(f"name of {instance_id}", instance_id=instance_id, **spec)


@EVERY
@pytest.mark.parametrize(
    ("environ", "error", "message"),
    [
        ({"CURFEW_ACCOUNTS": "1"}, Refused, "account 123456789012 is not among CURFEW_ACCOUNTS"),
        ({"CURFEW_REGIONS": "cn-beijing"}, Refused, "region cn-hangzhou is not among"),
        ({"ECS_ENDPOINT": "http://ecs.example.com"}, Refused, "plain http to ecs.example.com"),
        ({"CURFEW_MAX_INSTANCES": "many"}, Refused, "CURFEW_MAX_INSTANCES"),
    ],
    ids=["account", "region", "plain-http", "setting"],
)
def test_a_run_that_may_not_be_makes_no_call(
    call: Call, name: str, environ: dict[str, str], error: type[CurfewError], message: str
) -> None:
    call.environ |= environ

    with pytest.raises(error, match=message):
        call(HANDLERS[name], {**DEV, **MORE.get(name, {})})

    assert call.actions() == []


@EVERY
def test_a_stale_event_makes_no_call(call: Call, name: str) -> None:
    event = timer({**DEV, **MORE.get(name, {})}, call.ecs.clock.now() - timedelta(hours=7))

    with pytest.raises((Refused, InvalidEvent)):
        call(HANDLERS[name], event)

    assert call.actions() == []


@EVERY
def test_a_message_for_another_function_makes_no_call(call: Call, name: str) -> None:
    other = "start" if name != "start" else "stop"

    with pytest.raises(
        InvalidEvent, match=f"for {other}, but this function is {name}: send it to {other}"
    ):
        call(HANDLERS[name], {**DEV, "action": other})

    assert call.actions() == []


@pytest.mark.parametrize("name", sorted(HANDLERS.keys() - {"describe"}))
def test_all_needs_a_cap_where_anything_can_change(call: Call, name: str) -> None:
    with pytest.raises(Refused, match='must come with "max_instances"'):
        call(HANDLERS[name], {"all": True, **MORE.get(name, {})})

    assert call.actions() == []


@EVERY
def test_no_credentials_are_told_as_a_missing_role(call: Call, name: str) -> None:
    call.environ.clear()

    with pytest.raises(Unavailable, match="give the function a role"):
        call(HANDLERS[name], {**DEV, **MORE.get(name, {})}, runtime="3.12")

    assert call.actions() == []


@pytest.mark.parametrize("name", sorted(HANDLERS.keys() - {"describe", "start"}))
@pytest.mark.parametrize("dry_run", [True, False])
def test_over_the_cap_nothing_is_done_at_all(
    call: Call,
    name: str,
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    late = MANUAL_START + timedelta(hours=5)
    call.fleet(*(dev(f"i-{number}", auto_release_at=late) for number in range(3)))
    request = {**DEV, **MORE.get(name, {}), "max_instances": 2, "dry_run": dry_run}

    with pytest.raises(Refused, match="3 instances would change, at most 2 may"):
        call(HANDLERS[name], request)

    assert call.ecs.log.mutating() == ()


def test_what_is_guarded_does_not_count_for_the_cap(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2", tags={"team": "dev", "curfew:protect": ""}))

    report = call(stop.handler, {**DEV, "max_instances": 1})

    assert report["counts"]["changed"] == report["counts"]["skipped"] == 1


def test_the_share_of_a_region_is_capped_by_all_that_it_has(call: Call) -> None:
    call.fleet(
        *(dev(f"i-{number}") for number in range(8)),
        *(InstanceSpec(instance_id=f"i-x{number}") for number in range(2)),
    )
    call.environ["CURFEW_MAX_PERCENT"] = "70"

    with pytest.raises(Refused, match="8 of 10 instances in cn-hangzhou would change"):
        call(stop.handler, DEV)
    call.environ["CURFEW_MAX_PERCENT"] = "80"
    report = call(stop.handler, DEV)

    assert report["counts"]["changed"] == 8


@pytest.mark.parametrize("count", range(4))
def test_a_plan_can_be_confirmed_whatever_its_size(call: Call, count: int) -> None:
    call.fleet(*(dev(f"i-{number}") for number in range(count)))
    plan = call(stop.handler, {**DEV, "dry_run": True})

    report = call(stop.handler, {**DEV, "plan_id": plan["plan_id"]})

    assert report["counts"]["changed"] == plan["counts"]["would_change"] == count


def test_a_confirmed_plan_keeps_out_what_came_later(call: Call) -> None:
    call.fleet(dev("i-1"))
    plan = call(stop.handler, {**DEV, "dry_run": True})
    call.ecs.engine.add(dev("i-2"))

    with pytest.raises(Refused, match="1 instance would change that is not in the plan: i-2"):
        call(stop.handler, {**DEV, "plan_id": plan["plan_id"]})

    assert call.ecs.log.mutating() == ()


KEPT_BILLED = "stopped in KeepCharging: still billed"


def test_a_dry_run_is_the_plan_as_a_report(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2", status=Status.STOPPED), dev("i-3"))
    call.ecs.engine.stop("i-3")

    report = call(stop.handler, {**DEV, "dry_run": True})

    assert report == {
        "action": "stop",
        "request_id": "1-66aa",
        "dry_run": True,
        "outcome": "planned",
        "plan_id": report["plan_id"],
        "counts": {
            "changed": 0,
            "unchanged": 2,
            "skipped": 0,
            "failed": 0,
            "pending": 0,
            "would_change": 1,
        },
        "warnings": [],
        "api_calls": 1,
        "seconds": 0.0,
        "ended_at": "2026-11-23T18:00:00+08:00",
        "version": VERSION,
        "instances": [
            row("i-1", "would_change", "stop (the account's default mode)"),
            row("i-2", "unchanged", KEPT_BILLED, status="Stopped"),
            row("i-3", "unchanged", "Stopping already, by someone else", status="Stopping"),
        ],
    }


def test_regions_are_the_functions_own_unless_the_request_names_some(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2", region=SHANGHAI))

    near = call(describe.handler, DEV)
    far = call(describe.handler, DEV, region=SHANGHAI)
    both = call(describe.handler, {**DEV, "regions": [SHANGHAI, HANGZHOU, SHANGHAI]})

    assert [one["id"] for one in near["instances"]] == ["i-1"]
    assert [one["id"] for one in far["instances"]] == ["i-2"]
    assert [one["id"] for one in both["instances"]] == ["i-1", "i-2"]
    assert both["api_calls"] == 2
    assert call.ecs.endpoints[-2:] == [
        "https://ecs.cn-shanghai.aliyuncs.com",
        "https://ecs.cn-hangzhou.aliyuncs.com",
    ]


def test_without_a_region_the_request_must_name_one(call: Call) -> None:
    call.fleet(dev("i-1"))

    with pytest.raises(InvalidEvent, match='specify "regions"'):
        call(describe.handler, DEV, region="")
    call.environ["FC_REGION"] = HANGZHOU
    report = call(describe.handler, DEV, region="")

    assert report["counts"]["unchanged"] == 1


def test_one_region_that_cannot_be_read_does_not_keep_the_others_from_being_done(
    call: Call,
) -> None:
    call.fleet(dev("i-1"), dev("i-2", region=SHANGHAI))
    call.ecs.faults.add(Refuse(region=SHANGHAI))

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, {**DEV, "regions": [HANGZHOU, SHANGHAI]})

    sentence, report = in_error(caught.value)
    assert "cn-shanghai could not be read: DescribeInstances in cn-shanghai: " in sentence
    assert [(one["id"], one["result"]) for one in report["instances"]] == [("i-1", "changed")]
    assert call.statuses() == {"i-1": "Stopped", "i-2": "Running"}


def test_one_region_that_fails_midway_does_not_stop_the_other(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2", region=SHANGHAI))
    call.ecs.faults.add(Refuse(region=SHANGHAI, skip=1))

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, {**DEV, "regions": [SHANGHAI, HANGZHOU]})

    _, report = in_error(caught.value)
    assert [(one["id"], one["result"]) for one in report["instances"]][1] == ("i-1", "changed")
    assert report["api_calls"] == len(call.ecs.log)


def test_a_list_is_done_message_by_message(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2"), dev("i-3"))
    now = call.ecs.clock.now()
    messages = [
        eventbridge({"instance_ids": ["i-1"]}, now),
        eventbridge({"instance_ids": ["i-2"], "fore": True}, now),
        eventbridge({"instance_ids": ["i-3"]}, now - timedelta(days=1)),
        eventbridge({"instance_ids": ["i-3"]}, now),
    ]

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, b"[" + b",".join(messages) + b"]")

    sentence, body = in_error(caught.value)
    assert sentence.startswith("2 errors in 4 messages: [1] InvalidEvent: ")
    assert "; [2] Refused: the event was sent at 2026-11-22T18:00:00+08:00" in sentence
    assert [one["counts"]["changed"] for one in body["reports"]] == [1, 1]
    assert call.statuses() == {"i-1": "Stopped", "i-2": "Running", "i-3": "Stopped"}


def test_a_list_that_succeeds_is_answered_with_its_reports(call: Call) -> None:
    call.fleet(dev("i-1"))

    answer = call(stop.handler, kafka({"instance_ids": ["i-1"]}, call.ecs.clock.now()))

    assert (answer["outcome"], len(answer["reports"])) == ("complete", 1)
    assert answer["reports"][0]["counts"]["changed"] == 1


def test_the_messages_of_a_list_share_the_deadline(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2"))
    call.ecs.faults.add(Refuse(action="StopInstances", status=400, code="Throttling"))
    begun, now = call.ecs.clock.now(), call.ecs.clock.now()
    messages = [eventbridge({"instance_ids": [one]}, now) for one in ("i-1", "i-2")]

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, b"[" + b",".join(messages) + b"]", timeout_s=60)

    sentence, _ = in_error(caught.value)
    assert call.ecs.clock.now() - begun <= timedelta(seconds=57)
    assert "[0] Incomplete: stop: 0 failed, 1 pending" in sentence
    assert "[1] " in sentence


OUTCOMES = pytest.mark.parametrize(
    ("request_", "fault", "told"),
    [
        pytest.param({"instance_ids": ["i-1"]}, None, (200, None), id="done"),
        pytest.param({"ids": ["i-1"]}, None, (400, "InvalidEvent"), id="invalid"),
        pytest.param({}, None, (409, "Refused"), id="refused"),
        pytest.param(
            {"instance_ids": ["i-1"]},
            Refuse(action="Stop*", status=403, code="Forbidden.RAM"),
            (403, "AccessDenied"),
            id="denied",
        ),
        pytest.param({"instance_ids": ["i-1", "i-x"]}, None, (500, "Incomplete"), id="incomplete"),
        pytest.param({"instance_ids": ["i-1"]}, Cut(), (503, "Unavailable"), id="unavailable"),
    ],
)


@OUTCOMES
@pytest.mark.parametrize("trigger", [http, api_gateway], ids=lambda one: one.__name__)
def test_an_http_caller_who_waits_gets_a_status(
    call: Call,
    trigger: Envelope,
    request_: dict[str, object],
    fault: AnyFault | None,
    told: tuple[int, str | None],
) -> None:
    call.fleet(dev("i-1"))
    if fault:
        call.ecs.faults.add(fault)

    answer = call(stop.handler, trigger(request_, call.ecs.clock.now()))

    assert (answer["statusCode"], json.loads(answer["body"]).get("errorType")) == told


@OUTCOMES
def test_where_no_http_caller_waits_errors_are_raised(
    call: Call,
    request_: dict[str, object],
    fault: AnyFault | None,
    told: tuple[int, str | None],
) -> None:
    call.fleet(dev("i-1"))
    if fault:
        call.ecs.faults.add(fault)
    event = async_http(request_, call.ecs.clock.now())

    if told == (200, None):
        assert call(stop.handler, event)["outcome"] == "complete"
        return
    with pytest.raises(CurfewError) as raised:
        call(stop.handler, event)
    assert told == (HTTP_STATUS[raised.type], raised.typename)


def test_a_failed_timers_record_does_what_the_timer_should_have_done(call: Call) -> None:
    call.fleet(dev("i-1"))

    answer = call(stop.handler, failure_destination(DEV, call.ecs.clock.now()))

    assert answer["counts"]["changed"] == 1
    assert call.statuses() == {"i-1": "Stopped"}


def test_a_failed_timers_record_is_as_old_as_the_timer(call: Call) -> None:
    record = failure_destination(DEV, call.ecs.clock.now() - timedelta(hours=6, minutes=1))

    with pytest.raises(Refused, match="CURFEW_MAX_EVENT_AGE"):
        call(stop.handler, record)

    assert call.actions() == []


def test_an_unreadable_body_by_http_is_a_400(call: Call) -> None:
    event = json.loads(http({}, call.ecs.clock.now()))

    answer = call(stop.handler, json.dumps({**event, "body": "nonsense"}).encode())

    assert answer["statusCode"] == 400


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Cut(),
        Cut(action="Stop*", after_write=True),
        ProxyPage(),
        BrokenBody(action="Stop*"),
        Delay(action="Stop*", seconds=90),
        Refuse(status=400, code="SignatureDoesNotMatch", message="string to sign is:MARKEDKEY"),
        Refuse(status=404, code="InvalidAccessKeyId.NotFound", message="MARKEDKEY"),
    ],
    ids=repr,
)
def test_a_run_tells_no_key_whatever_goes_wrong(
    call: Call,
    everything_logged: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    fault: AnyFault | None,
) -> None:
    key = Credentials("STS.MARKEDKEY", "MARKEDSECRET", "MARKEDTOKEN")
    call.ecs.emulator.wire.use(
        [Credential("STS.MARKEDKEY", "MARKEDSECRET", Caller(), security_token="MARKEDTOKEN")]
    )
    call.fleet(dev("i-1"))
    if fault:
        call.ecs.faults.add(fault)
    own = context(
        request_id="1-66aa",
        function_name="curfew",
        region=HANGZHOU,
        account_id="1",
        credentials=key,
        timeout_s=60,
    )

    try:
        told = repr(HANDLERS["stop"](b'{"instance_ids": ["i-1"]}', own, world=call.world))
    except CurfewError as error:
        told = repr(error) + "".join(traceback.format_exception(error, limit=0))

    told += everything_logged.getvalue() + "".join(capfd.readouterr())
    assert [one for one in ("MARKED", "Signature=") if one in told] == []
    assert len(call.ecs.log) > 0


def test_the_real_world_has_a_running_clock_and_threads(call: Call) -> None:
    call.fleet(dev("i-1", status=Status.STOPPED), dev("i-2", region=SHANGHAI))
    request = {"all": True, "regions": [HANGZHOU, SHANGHAI]}

    report = HANDLERS["describe"](json.dumps(request).encode(), make_context())

    assert [one["id"] for one in report["instances"]] == ["i-1", "i-2"]
    assert repr(REAL_WORLD) == "World(***)"
