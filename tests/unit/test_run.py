"""The walk of an event, whole: what stops it before any call, and what it says in the end."""

from __future__ import annotations

import io
import json
import traceback
from datetime import timedelta

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
    timer,
)
from shared.base.errors import (
    CurfewError,
    Incomplete,
    InvalidEvent,
    Refused,
    Unavailable,
)
from shared.base.version import VERSION
from shared.run import REAL_WORLD
from shared.settings.settings import Credentials
from tests.harness.actions import HANDLERS
from tests.harness.call import Call
from tests.harness.invocation import make_context
from tests.harness.reports import in_error, row
from tests.unit.runs import DEV, dev

MORE: dict[str, dict[str, object]] = {
    "release": {"dry_run": False, "snapshot": False},
    "set_auto_release": {"release_after": "2h"},
    "apply_schedule": {"schedule": "never", "enforced": True},
}
EVERY = pytest.mark.parametrize("name", HANDLERS)


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
            row("i-3", "unchanged", "Stopping already, not by this run", status="Stopping"),
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
