"""Lists as they should not be: pages missing or repeated, rows garbled, permission lost."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import pytest

from local.ecs.account.quirks import Quirks
from local.ecs.clock import ManualClock
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec, default_fleet
from local.ecs.gateway.faults import (
    AnyFault,
    DroppedTags,
    GarbledRow,
    LostPermission,
    MissingPage,
    RepeatedToken,
)
from local.ecs.gateway.gateway import Answer, Gateway
from local.ecs.ram.caller import Caller
from tests.emulator.gateway.asking import ask, stop


def ids(answer: Answer) -> list[str]:
    return [each["InstanceId"] for each in answer.body["Instances"]["Instance"]]


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


def test_one_tag_is_dropped_and_the_others_stay() -> None:
    specs = (
        InstanceSpec("db", instance_id="i-db", tags={"team": "dev", "env": "prod"}),
        InstanceSpec("web", instance_id="i-web", tags={"env": "prod"}),
    )
    gateway = Gateway(Ecs(Fleet(specs), ManualClock()))
    gateway.faults.add(DroppedTags(key="env"))

    db, web = ask(gateway, "DescribeInstances").body["Instances"]["Instance"]
    listed = ask(
        gateway,
        "ListTagResources",
        **{"ResourceType": "instance", "ResourceId.1": "i-db", "ResourceId.2": "i-web"},
    ).body["TagResources"]["TagResource"]

    assert db["Tags"] == {"Tag": [{"TagKey": "team", "TagValue": "dev"}]}
    assert "Tags" not in web
    assert [(each["ResourceId"], each["TagKey"]) for each in listed] == [("i-db", "team")]


def test_tags_that_are_garbled_have_none_to_drop(gateway: Gateway) -> None:
    gateway.faults.add(GarbledRow(id="*", field="Tags", value=7))
    gateway.faults.add(DroppedTags(key="env"))

    shown = ask(gateway, "DescribeInstances").body["Instances"]["Instance"]

    assert {each["Tags"] for each in shown} == {7}


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
