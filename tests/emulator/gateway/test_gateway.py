"""What stands between a request and the engine."""

import re
from base64 import b64decode
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.account.model import Status
from local.ecs.account.quirks import Quirks
from local.ecs.clock import ManualClock
from local.ecs.emulator import default_engine
from local.ecs.engine import Ecs
from local.ecs.errors import EcsError
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec, default_fleet
from local.ecs.gateway.faults import (
    AnyFault,
    BrokenBody,
    ClockSkew,
    Cut,
    Delay,
    DroppedTags,
    Faults,
    GarbledRow,
    LostPermission,
    MissingPage,
    ProxyPage,
    Refuse,
    RepeatedToken,
    SlowBody,
)
from local.ecs.gateway.gateway import PLAIN, Answer, Delivery, Gateway
from local.ecs.gateway.request_log import Effect, Entry, RequestLog
from local.ecs.gateway.throttle import Limits, Throttle
from local.ecs.ram.caller import Caller

CALLER = Caller()
REGION = {"RegionId": "cn-hangzhou"}


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(default_engine(ManualClock()))


def running(gateway: Gateway) -> str:
    """The id of an instance that can be stopped."""
    return next(
        each.instance_id
        for each in gateway.engine.instances("cn-hangzhou")
        if each.status is Status.RUNNING and not each.locks
    )


def ask(gateway: Gateway, action: str, **parameters: str) -> Answer:
    return gateway.call(action, REGION | parameters, CALLER)


def stop(gateway: Gateway, instance_id: str) -> Answer:
    return ask(gateway, "StopInstance", InstanceId=instance_id)


def ids(answer: Answer) -> list[str]:
    return [each["InstanceId"] for each in answer.body["Instances"]["Instance"]]


def test_a_success_carries_its_request_id_in_body_and_header(gateway: Gateway) -> None:
    answer = stop(gateway, running(gateway))

    request_id = answer.body["RequestId"]
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", request_id)
    trace_id = answer.headers["x-acs-trace-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", trace_id)
    headers = {"x-acs-request-id": request_id, "x-acs-trace-id": trace_id}
    assert answer == Answer("StopInstance", 200, "", {"RequestId": request_id}, headers)


def test_an_error_has_the_form_of_ecs(gateway: Gateway) -> None:
    answer = stop(gateway, "i-unknown")

    request_id = answer.headers["x-acs-request-id"]
    assert (answer.status, answer.code) == (404, "InvalidInstanceId.NotFound")
    assert answer.body == {
        "RequestId": request_id,
        "HostId": "ecs.cn-hangzhou.aliyuncs.com",
        "Code": "InvalidInstanceId.NotFound",
        "Message": "The specified InstanceId does not exist.",
        "Recommend": "https://api.aliyun.com/troubleshoot"
        f"?q=InvalidInstanceId.NotFound&product=Ecs&requestId={request_id}",
    }


def test_a_request_without_a_region_is_answered_by_the_central_host(gateway: Gateway) -> None:
    answer = gateway.call("StopInstance", {"InstanceId": "i-unknown"}, CALLER)

    assert answer.body["HostId"] == "ecs.aliyuncs.com"


def test_request_ids_are_the_same_under_the_same_seed() -> None:
    def some_ids(seed: int) -> list[str]:
        gateway = Gateway(default_engine(ManualClock()), seed=seed)
        return [ask(gateway, "DescribeRegions").body["RequestId"] for _ in range(3)]

    assert some_ids(1) == some_ids(1)
    assert some_ids(1) != some_ids(2)
    assert len(set(some_ids(1))) == 3


def test_the_log_tells_what_became_of_each_request(gateway: Gateway) -> None:
    instance_id = running(gateway)

    answers = [
        stop(gateway, instance_id),
        stop(gateway, instance_id),
        ask(gateway, "DescribeRegions"),
    ]

    assert [(each.status, each.code, each.effect) for each in gateway.log] == [
        (200, "", Effect.CHANGED),
        (403, "IncorrectInstanceStatus", Effect.NONE),
        (200, "", Effect.READ),
    ]
    assert gateway.log.entries()[0] == Entry(
        at=gateway.engine.clock.now(),
        account_id=CALLER.account_id,
        action="StopInstance",
        region="cn-hangzhou",
        parameters={"RegionId": "cn-hangzhou", "InstanceId": instance_id},
        status=200,
        code="",
        effect=Effect.CHANGED,
        request_id=answers[0].body["RequestId"],
    )


def test_a_dry_run_has_no_effect(gateway: Gateway) -> None:
    instance_id = running(gateway)

    answer = ask(gateway, "StopInstance", InstanceId=instance_id, DryRun="true")

    assert answer.code == "DryRunOperation"
    assert gateway.log.entries()[0].effect is Effect.NONE
    assert gateway.log.touched(instance_id) == ()


def test_a_throttled_request_does_not_reach_the_engine() -> None:
    clock = ManualClock()
    limits = Limits(calls={"StopInstance": 0}, retry_after=True)
    gateway = Gateway(default_engine(clock), throttle=Throttle(limits))
    clock.advance(timedelta(seconds=20))
    instance_id = running(gateway)

    answer = stop(gateway, instance_id)

    assert (answer.status, answer.code) == (400, "Throttling.User")
    assert answer.headers["x-acs-retry-after"] == "40000"
    assert answer.body["Recommend"].partition("?")[2] == "q=Throttling.User&product=Ecs"
    assert gateway.engine.instance(instance_id).status is Status.RUNNING
    assert gateway.log.entries()[0].effect is Effect.NONE


def test_what_was_refused_before_is_logged_all_the_same(gateway: Gateway) -> None:
    error = EcsError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")

    answer = gateway.refuse("StopInstance", REGION, error)

    assert (answer.status, answer.code) == (404, "InvalidAccessKeyId.NotFound")
    entry = gateway.log.entries()[0]
    assert (entry.account_id, entry.action, entry.effect) == ("", "StopInstance", Effect.NONE)
    assert answer.body["Recommend"].partition("?")[2] == "q=InvalidAccessKeyId.NotFound"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("IncorrectInstanceStatus", "The current status of the resource does not support this"),
        ("Throttling.User", "Request was denied due to user flow control."),
        ("OperationDenied.NoStock", "The requested resource is sold out"),
        ("InvalidInstanceId.NotFound", "The specified InstanceId does not exist."),
        ("Odd", "The request processing has failed due to some unknown error."),
    ],
)
def test_a_fault_that_names_a_code_alone_has_the_platforms_text(
    gateway: Gateway, code: str, text: str
) -> None:
    gateway.faults.add(Refuse(status=400, code=code))

    answer = ask(gateway, "DescribeRegions")

    assert answer.body["Message"].startswith(text)


@pytest.mark.parametrize(
    ("fault", "status", "code", "is_done"),
    [
        pytest.param(Refuse(), 500, "InternalError", False, id="error before"),
        pytest.param(Refuse(after_write=True), 500, "InternalError", True, id="error after"),
        pytest.param(Cut(), 0, "", False, id="cut before"),
        pytest.param(Cut(after_write=True), 200, "", True, id="cut after"),
        pytest.param(ProxyPage(status=504), 504, "", False, id="proxy"),
        pytest.param(ClockSkew(), 400, "InvalidTimeStamp.Expired", False, id="clock"),
        pytest.param(LostPermission(), 403, "Forbidden.RAM", False, id="permission"),
        pytest.param(Delay(seconds=1), 200, "", True, id="late"),
        pytest.param(SlowBody(seconds=1), 200, "", True, id="slow"),
        pytest.param(BrokenBody(), 200, "", True, id="broken"),
    ],
)
def test_a_fault_comes_before_the_write_or_after_it(
    gateway: Gateway,
    fault: AnyFault,
    status: int,
    code: str,
    is_done: bool,  # noqa: FBT001  # a table's column
) -> None:
    instance_id = running(gateway)
    gateway.faults.add(fault)

    answer = stop(gateway, instance_id)

    assert (answer.status, answer.code) == (status, code)
    now = gateway.engine.instance(instance_id).status
    assert now is (Status.STOPPING if is_done else Status.RUNNING)
    entry = gateway.log.entries()[0]
    assert entry.effect is (Effect.CHANGED if is_done else Effect.NONE)
    assert (entry.status, entry.faults) == (0 if isinstance(fault, Cut) else status, (fault.kind,))


def test_an_error_after_the_write_covers_what_ecs_said(gateway: Gateway) -> None:
    gateway.faults.add(Refuse(after_write=True))

    assert stop(gateway, "i-unknown").code == "InternalError"
    assert gateway.log.entries()[0].effect is Effect.NONE


@pytest.mark.parametrize(
    ("faults", "delivery"),
    [
        pytest.param((Cut(),), Delivery(cut=True), id="cut"),
        pytest.param((Delay(seconds=1), Delay(seconds=2)), Delivery(delay_s=3), id="late twice"),
        pytest.param((SlowBody(seconds=2),), Delivery(pause_s=2), id="slow"),
        pytest.param((BrokenBody(),), Delivery(truncated=True), id="broken"),
        pytest.param((ProxyPage(),), Delivery(proxy_page=True), id="proxy"),
        pytest.param((ClockSkew(),), PLAIN, id="no other"),
    ],
)
def test_some_faults_are_of_the_delivery(
    gateway: Gateway, faults: tuple[AnyFault, ...], delivery: Delivery
) -> None:
    for fault in faults:
        gateway.faults.add(fault)

    assert ask(gateway, "DescribeRegions").delivery == delivery


def pages(gateway: Gateway, count: int) -> list[Answer]:
    answers: list[Answer] = []
    token: Mapping[str, str] = {}
    for _ in range(count):
        answers.append(ask(gateway, "DescribeInstances", MaxResults="10", **token))
        token = {"NextToken": answers[-1].body["NextToken"]}
    return answers


def test_a_repeated_token_leads_back_to_its_own_page(gateway: Gateway) -> None:
    gateway.faults.add(RepeatedToken(action="DescribeInstances"))

    first, second, third = pages(gateway, 3)

    assert second.body["NextToken"] == first.body["NextToken"] != ""
    assert ids(third) == ids(second) != ids(first)


def test_a_missing_page_has_no_items_but_leads_on(gateway: Gateway) -> None:
    gateway.faults.add(MissingPage(action="DescribeInstances", times=1))

    first, second = pages(gateway, 2)

    assert ids(first) == []
    assert len(ids(second)) > 0
    assert first.body["NextToken"] != ""


def test_dropped_tags_take_nothing_else_along(gateway: Gateway) -> None:
    whole = ask(gateway, "DescribeInstances")
    gateway.faults.add(DroppedTags())

    bare = ask(gateway, "DescribeInstances")

    assert any("Tags" in each for each in whole.body["Instances"]["Instance"])
    assert bare.body["Instances"]["Instance"] == [
        {name: value for name, value in each.items() if name != "Tags"}
        for each in whole.body["Instances"]["Instance"]
    ]


@pytest.mark.parametrize(
    ("change", "garbled"),
    [
        pytest.param({"field": "CreationTime", "value": 7}, {"CreationTime": 7}, id="odd value"),
        pytest.param({"field": "InstanceId", "value": ["i"]}, {"InstanceId": ["i"]}, id="no id"),
        pytest.param({"field": "Status"}, {"Status": None}, id="null"),
        pytest.param({"field": "Status", "absent": True}, {"Status": "absent"}, id="absent"),
    ],
)
def test_one_row_is_garbled_and_no_other(
    gateway: Gateway, change: dict[str, Any], garbled: dict[str, object]
) -> None:
    whole = ask(gateway, "DescribeInstances").body["Instances"]["Instance"]
    one = whole[3]
    gateway.faults.add(GarbledRow(id=one["InstanceId"], times=1, **change))

    shown = ask(gateway, "DescribeInstances").body["Instances"]["Instance"]
    again = ask(gateway, "DescribeInstances").body["Instances"]["Instance"]

    expected = {name: value for name, value in {**one, **garbled}.items() if value != "absent"}
    assert shown[3] == expected != one
    assert [*shown[:3], *shown[4:]] == [*whole[:3], *whole[4:]]
    assert again == whole


@pytest.mark.parametrize(
    ("action", "parameters", "of", "rows"),
    [
        ("DescribeDisks", {}, "disk_id", 1),
        ("DescribeDisks", {}, "instance_id", 2),
        ("ListTagResources", {"ResourceType": "instance", "Tag.1.Key": "team"}, "instance_id", 2),
    ],
)
def test_rows_of_other_lists_are_garbled_too(
    action: str, parameters: dict[str, str], of: str, rows: int
) -> None:
    spec = InstanceSpec("db", tags={"team": "dev", "env": "dev"}, data_disks=(DiskSpec(),))
    gateway = Gateway(Ecs(Fleet((spec,)), ManualClock()))
    disk = gateway.engine.disks()[1]
    if action == "ListTagResources":
        parameters = {"ResourceType": "instance", "ResourceId.1": disk.instance_id}
    gateway.faults.add(GarbledRow(id=getattr(disk, of), field="Size", value="large"))

    body = ask(gateway, action, **parameters).body

    lists = [
        inner for outer in body.values() if isinstance(outer, dict) for inner in outer.values()
    ]
    assert [row.get("Size") for row in lists[0]].count("large") == rows


def test_a_garbled_row_can_be_any(gateway: Gateway) -> None:
    gateway.faults.add(GarbledRow(id="i-*", field="Status", value="Dreaming"))

    shown = ask(gateway, "DescribeInstances").body["Instances"]["Instance"]

    assert {each["Status"] for each in shown} == {"Dreaming"}


@pytest.mark.parametrize("fault", [MissingPage(), DroppedTags(), RepeatedToken()])
def test_what_is_no_page_is_not_spoiled(gateway: Gateway, fault: AnyFault) -> None:
    before = ask(gateway, "DescribePrice", InstanceType="ecs.g7.large").body
    gateway.faults.add(fault)

    after = ask(gateway, "DescribePrice", InstanceType="ecs.g7.large").body
    error = stop(gateway, "i-unknown")

    assert after["PriceInfo"]["Price"]["TradePrice"] == before["PriceInfo"]["Price"]["TradePrice"]
    assert error.code == "InvalidInstanceId.NotFound"


def test_items_that_are_no_objects_have_no_tags_to_drop(gateway: Gateway) -> None:
    gateway.faults.add(DroppedTags())

    answer = ask(gateway, "RunInstances", InstanceType="ecs.g7.large", ImageId="img", Amount="1")

    assert len(answer.body["InstanceIdSets"]["InstanceIdSet"]) == 1


@pytest.mark.parametrize("by_quirk", [True, False])
@pytest.mark.parametrize("empty", [True, False, None])
def test_lost_permission_empties_the_two_lists_or_has_them_refused(
    *, by_quirk: bool, empty: bool | None
) -> None:
    clock, quirks = ManualClock(), Quirks(denied_describe_is_empty=by_quirk)
    gateway = Gateway(Ecs(default_fleet(clock.now()), clock, quirks=quirks))
    gateway.faults.add(LostPermission(empty=empty))

    answers = [ask(gateway, action) for action in ("DescribeInstances", "DescribeDisks")]
    dry = ask(gateway, "DescribeInstances", DryRun="true")

    is_empty = by_quirk if empty is None else empty
    assert [each.code for each in answers] == (["", ""] if is_empty else ["Forbidden.RAM"] * 2)
    assert dry.code == "Forbidden.RAM"
    if is_empty:
        assert ids(answers[0]) == []


def test_a_list_that_is_denied_says_in_detail_who_was_denied_what(gateway: Gateway) -> None:
    gateway.faults.add(LostPermission())

    body = ask(gateway, "DescribeInstances").body

    assert list(body) == [
        "RequestId",
        "HostId",
        "Code",
        "Message",
        "Recommend",
        "AccessDeniedDetail",
    ]
    assert body["Code"] == "Forbidden.RAM"
    assert body["Message"] == (
        "User not authorized to operate on the specified resource, or this API doesn't support RAM."
    )
    detail = body["AccessDeniedDetail"]
    assert b64decode(detail.pop("EncodedDiagnosticMessage"))
    assert detail == {
        "AuthAction": "ecs:DescribeInstances",
        "AuthPrincipalType": "AssumedRoleUser",
        "AuthPrincipalDisplayName": "emulated-role:session",
        "AuthPrincipalOwnerId": Caller().account_id,
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    }


def test_permission_can_be_lost_in_one_region_alone(gateway: Gateway) -> None:
    gateway.faults.add(LostPermission(region="cn-shanghai"))

    assert ask(gateway, "DescribeInstances", RegionId="cn-shanghai").code == "Forbidden.RAM"
    assert ids(ask(gateway, "DescribeInstances")) != []


def test_a_region_can_be_out_of_reach_while_others_answer(gateway: Gateway) -> None:
    gateway.faults.add(Cut(region="cn-shanghai"))

    assert ask(gateway, "DescribeInstances", RegionId="cn-shanghai").delivery.cut
    assert not ask(gateway, "DescribeInstances").delivery.cut


def test_a_deletion_can_be_refused_as_initializing(gateway: Gateway) -> None:
    stopped = next(one for one in gateway.engine.instances() if one.status is Status.STOPPED)
    refuse = Refuse(
        action="DeleteInstance*", status=403, code="IncorrectInstanceStatus.Initializing", times=2
    )
    gateway.faults.add(refuse)

    codes = [
        ask(gateway, "DeleteInstances", **{"InstanceId.1": stopped.instance_id}).code,
        ask(gateway, "DeleteInstance", InstanceId=stopped.instance_id).code,
        ask(gateway, "DeleteInstance", InstanceId=stopped.instance_id).code,
    ]

    assert codes == [refuse.code, refuse.code, ""]


def test_a_reset_begins_anew_with_another_engine() -> None:
    gateway = Gateway(
        default_engine(ManualClock()),
        throttle=Throttle(Limits(otherwise=1)),
        faults=Faults([Delay(seconds=1)]),
        log=RequestLog(),
    )
    ask(gateway, "DescribeRegions")
    other = default_engine(ManualClock())

    gateway.reset(other)

    assert gateway.engine is other
    assert gateway.log.entries() == ()
    assert gateway.faults.snapshot() == ()
    assert ask(gateway, "DescribeRegions").status == 200


def test_threads_get_different_request_ids(gateway: Gateway) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(gateway, "DescribeRegions"), range(200)))

    assert len({each.body["RequestId"] for each in answers}) == len(gateway.log) == 200
