"""Tagging, untagging, and listing tags."""

from __future__ import annotations

import pytest

from local.ecs.engine import JsonObject
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from tests.harness.desk import Desk

PLATFORM = {"acs:autoscaling:scalingGroupId": "asg-1"}
DEV = InstanceSpec("dev", tags={"env": "dev", "team": "a"})
PROD = InstanceSpec("prod", tags={"env": "prod"})


def tag(desk: Desk, *resource_ids: str, resource_type: str = "instance", **tags: str) -> JsonObject:
    return desk.ask(
        "TagResources", ResourceType=resource_type, ResourceId=resource_ids, **wire(tags)
    )


def wire(tags: dict[str, str]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for number, (key, value) in enumerate(tags.items(), 1):
        flat |= {f"Tag.{number}.Key": key, f"Tag.{number}.Value": value}
    return flat


def listed(desk: Desk, **parameters: str | tuple[str, ...]) -> list[tuple[str, str]]:
    answer = desk.ask("ListTagResources", ResourceType="instance", **parameters)
    return [(each["TagKey"], each["TagValue"]) for each in answer["TagResources"]["TagResource"]]


def test_tags_are_added_and_replaced_on_all_resources() -> None:
    desk = Desk(DEV, PROD)

    answer = tag(desk, *desk.ids(), env="test", owner="li")

    assert answer == {}
    assert [dict(each.tags) for each in desk.ecs.instances()] == [
        {"env": "test", "team": "a", "owner": "li"},
        {"env": "test", "owner": "li"},
    ]


def test_disks_snapshots_and_groups_bear_tags_too() -> None:
    desk = Desk(DEV)
    disk_id = desk.ecs.disks()[0].disk_id
    group_id = desk.ask("CreateSnapshotGroup", InstanceId=desk.instance_id)["SnapshotGroupId"]
    snapshot_id = desk.ecs.snapshots()[0].snapshot_id

    tag(desk, disk_id, resource_type="disk", keep="1")
    tag(desk, snapshot_id, resource_type="snapshot", keep="2")
    tag(desk, group_id, resource_type="snapshotgroup", keep="3")

    group = desk.ask("DescribeSnapshotGroups")["SnapshotGroups"]["SnapshotGroup"][0]
    assert desk.ecs.disks()[0].tags == {"keep": "1"}
    assert desk.ecs.snapshots()[0].tags == {"keep": "2"}
    assert group["Tags"] == {"Tag": [{"Key": "keep", "Value": "3"}]}


def test_one_unknown_resource_keeps_all_untagged() -> None:
    desk = Desk(DEV)

    refusal = desk.refusal(
        "TagResources",
        ResourceType="instance",
        ResourceId=(desk.instance_id, "i-gone"),
        Tag__1__Key="new",
    )

    assert refusal == (404, "InvalidResourceId.NotFound")
    assert "new" not in desk.instance.tags


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"ResourceType": ""}, (404, "MissingParameter.ResourceType")),
        ({"ResourceType": "ship"}, (404, "InvalidResourceType.NotFound")),
        ({"RegionId": ""}, (404, "MissingParameter.RegionId")),
        ({"RegionId": "cn-atlantis"}, (404, "InvalidRegionId.NotFound")),
        ({"ResourceId": ()}, (404, "MissingParameter.ResourceIds")),
        ({"ResourceId": ("i-1",) * 51}, (400, "NumberExceed.ResourceIds")),
        ({"Tag.1.Key": "", "Tag.1.Value": "v"}, (400, "InvalidTagKey.Malformed")),
        ({"Tag.1.Key": "k" * 129}, (400, "InvalidTagKey.Malformed")),
        ({"Tag.1.Key": "acs:k"}, (400, "InvalidTagKey.Malformed")),
        ({"Tag.1.Key": "aliyun-k"}, (400, "InvalidTagKey.Malformed")),
        ({"Tag.1.Key": "see https://x"}, (400, "InvalidTagKey.Malformed")),
        ({"Tag.1.Value": "http://x"}, (400, "InvalidTagValue.Malformed")),
        ({"Tag.2.Key": "key"}, (400, "Duplicate.TagKey")),
        ({f"Tag.{n}.Key": f"k{n}" for n in range(1, 22)}, (400, "NumberExceed.Tags")),
        ({f"Tag.{n}.Key": f"k{n}" for n in range(1, 21)}, (400, "OperationDenied.QuotaExceed")),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_wrong_tagging_is_refused(
    parameters: dict[str, str | tuple[str, ...]], refusal: tuple[int, str]
) -> None:
    desk = Desk(DEV)
    good: dict[str, str | tuple[str, ...]] = {
        "ResourceType": "instance",
        "ResourceId": (desk.instance_id,),
        "Tag.1.Key": "key",
        "Tag.1.Value": "value",
    }

    assert desk.refusal("TagResources", **(good | parameters)) == refusal
    assert dict(desk.instance.tags) == dict(DEV.tags)


def test_tagging_needs_tags_and_untagging_keys() -> None:
    desk = Desk(DEV)

    codes = [
        desk.refusal("TagResources", ResourceType="instance", ResourceId=desk.ids()),
        desk.refusal("UntagResources", ResourceType="instance", ResourceId=desk.ids()),
        desk.refusal(
            "UntagResources",
            ResourceType="instance",
            ResourceId=desk.ids(),
            TagKey=tuple(f"k{number}" for number in range(21)),
        ),
    ]

    missing = (404, "MissingParameter.Tags")
    assert codes == [missing, missing, (400, "NumberExceed.Tags")]


@pytest.mark.parametrize(
    ("parameters", "left"),
    [
        ({"TagKey": ("team", "absent")}, {"env": "dev", **PLATFORM}),
        ({"All": "true"}, PLATFORM),
        ({"All": "true", "TagKey": ("team",)}, {"env": "dev", **PLATFORM}),
        ({"TagKey": tuple(PLATFORM)}, {"env": "dev", "team": "a", **PLATFORM}),
    ],
    ids=["keys", "all", "keys-win", "platform"],
)
def test_untagging_takes_off_what_is_named_but_never_the_platforms(
    parameters: dict[str, str | tuple[str, ...]], left: dict[str, str]
) -> None:
    desk = Desk(InstanceSpec("member", tags={**DEV.tags, **PLATFORM}))

    desk.ask("UntagResources", ResourceType="instance", ResourceId=desk.ids(), **parameters)

    assert desk.instance.tags == left


def test_tags_are_listed_by_resource_by_tag_and_by_filter() -> None:
    desk = Desk(DEV, PROD, InstanceSpec("bare"))

    found = [
        listed(desk, ResourceId=desk.ids()[1:2]),
        listed(desk, Tag__1__Key="team"),
        listed(desk, Tag__1__Key="env", Tag__1__Value="prod"),
        listed(desk, TagFilter__1__TagKey="env", TagFilter__1__TagValues__1="prod"),
        listed(desk, TagFilter__1__TagKey="env"),
        listed(desk, ResourceId=desk.ids(), Tag__1__Key="team"),
        listed(desk, ResourceId=desk.ids()[2:]),
    ]

    dev, prod = [("env", "dev"), ("team", "a")], [("env", "prod")]
    assert found == [prod, dev, prod, prod, dev + prod, dev, []]


def test_tags_are_listed_beyond_1000_resources_page_by_page() -> None:
    desk = Desk(*(InstanceSpec(f"web-{n}", tags={"env": "dev", "n": str(n)}) for n in range(120)))
    token, pages = "", []

    while True:
        answer = desk.ask(
            "ListTagResources", ResourceType="instance", Tag__1__Key="env", NextToken=token
        )
        pages.append([each["ResourceId"] for each in answer["TagResources"]["TagResource"]])
        token = answer["NextToken"]
        if not token:
            break

    assert [len(page) for page in pages] == [50, 50, 50, 50, 40]
    assert list(dict.fromkeys(each for page in pages for each in page)) == list(desk.ids())


def test_tags_of_named_resources_come_in_pages_too() -> None:
    desk = Desk(*(InstanceSpec(f"web-{n}", tags={"env": "dev", "n": str(n)}) for n in range(50)))
    ids = desk.ids()

    first = desk.ask("ListTagResources", ResourceType="instance", ResourceId=ids)
    token = first["NextToken"]
    rest = desk.ask("ListTagResources", ResourceType="instance", ResourceId=ids, NextToken=token)

    rows = [*first["TagResources"]["TagResource"], *rest["TagResources"]["TagResource"]]
    assert [each["TagValue"] for each in rows if each["TagKey"] == "n"] == [
        str(number) for number in range(50)
    ]
    assert (len(rows), rest["NextToken"]) == (100, "")


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({}, (404, "MissingParameter.ResourceIds")),
        ({"ResourceId": ("i-1",) * 51}, (400, "NumberExceed.ResourceIds")),
        ({"TagFilter.1.TagValues.1": "dev"}, (400, "InvalidTag.Mismatch")),
        ({"Tag.1.Key": "env", "NextToken": "x"}, (400, "InvalidParameter")),
    ],
    ids=str,
)
def test_a_wrong_question_about_tags_is_refused(
    parameters: dict[str, str | tuple[str, ...]], refusal: tuple[int, str]
) -> None:
    code = Desk(DEV).refusal("ListTagResources", ResourceType="instance", **parameters)

    assert code == refusal


@pytest.mark.parametrize(
    "parameters",
    [
        {"Tag.1.Key": "env", "TagFilter.1.TagKey": "team"},
        {"TagFilter.1.TagKey": "env"}
        | {f"TagFilter.1.TagValues.{number}": str(number) for number in range(1, 7)},
    ],
    ids=["both kinds", "six values"],
)
def test_a_tag_filter_stands_alone_and_has_five_values(parameters: dict[str, str]) -> None:
    code = Desk(DEV).refusal("ListTagResources", ResourceType="instance", **parameters)

    assert code == (400, "InvalidParameter")


def test_tags_of_disks_are_listed_as_such() -> None:
    desk = Desk(InstanceSpec("db", system_disk=DiskSpec(tags={"keep": "yes"})))

    answer = desk.ask("ListTagResources", ResourceType="disk", Tag__1__Key="keep")

    assert answer == {
        "NextToken": "",
        "TagResources": {
            "TagResource": [
                {
                    "ResourceId": desk.ecs.disks()[0].disk_id,
                    "ResourceType": "disk",
                    "TagKey": "keep",
                    "TagValue": "yes",
                }
            ]
        },
    }


def test_somebody_else_may_tag_and_untag() -> None:
    desk = Desk(DEV)

    desk.ecs.tag(desk.instance_id, {"curfew:protect": ""})
    desk.ecs.untag(desk.instance_id, "team", "absent")

    assert desk.instance.tags == {"env": "dev", "curfew:protect": ""}
