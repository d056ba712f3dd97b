"""What the inventory makes of tags: a filter is checked, and none shown are asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec
import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import DroppedTags, LostPermission
from shared.base.errors import AccessDenied, Unavailable
from shared.domain.instance import Instance, Status
from shared.domain.selection import ByTagsAndName, Everything, Selection
from tests.harness.call import Call
from tests.unit.ecs.pages import (
    DEV,
    DEV_TAGS,
    OPS_TAGS,
    START,
    emulated,
    fleet,
    page,
    row,
    scripted,
)


@pytest.mark.parametrize(
    ("selection", "filters"),
    [
        pytest.param(Everything(), {}, id="all"),
        pytest.param(ByTagsAndName(name="web-*"), {"InstanceName": "web-*"}, id="name"),
        pytest.param(DEV, {"Tag.1.Key": "team", "Tag.1.Value": "dev"}, id="tag"),
        pytest.param(
            ByTagsAndName((("team", frozenset({"dev"})),), "web-*"),
            {"Tag.1.Key": "team", "Tag.1.Value": "dev"},
            id="never-tag-and-name-together",
        ),
        pytest.param(
            ByTagsAndName((("team", frozenset({"dev", "ops"})), ("env", None))),
            {"Tag.1.Key": "team", "Tag.2.Key": "env"},
            id="one-of-several-values-by-the-key",
        ),
        pytest.param(
            ByTagsAndName((("env", frozenset({""})),)), {"Tag.1.Key": "env"}, id="empty-value"
        ),
    ],
)
def test_ecs_narrows_what_it_can(selection: Selection, filters: Mapping[str, str]) -> None:
    tags = {"Tag": [{"TagKey": key, "TagValue": "x"} for key in ("team", "env")]}
    ecs, pages = scripted({"": page([row("i-1", Tags=tags)])})

    ecs.select(selection)

    assert pages.sent == [{"RegionId": "cn-hangzhou", "MaxResults": "100", **filters}]


def test_who_was_found_by_a_tag_and_shows_none_is_looked_at_again(call: Call) -> None:
    call.fleet(*fleet(120, team="dev"))
    call.ecs.faults.add(DroppedTags(times=1))

    found = emulated(call).select(DEV).instances

    assert len(found) == 120
    assert all(one.tags == {"team": "dev"} for one in found.values())
    asked = [json.loads(one.parameters.get("InstanceIds", "[]")) for one in call.ecs.log]
    assert [len(one) for one in asked] == [0, 0, 100]


def test_who_was_found_by_a_tag_and_never_shows_one_is_found_without(call: Call) -> None:
    call.fleet(*fleet(5, team="dev"))
    call.ecs.faults.add(DroppedTags())

    found = emulated(call).select(DEV)

    assert {key: dict(one.tags) for key, one in found.instances.items()} == {
        f"i-000{number}": {} for number in range(5)
    }
    assert len(call.ecs.log) == 2


def test_who_lost_its_tags_and_has_another_name_is_not_found(call: Call) -> None:
    call.fleet(*fleet(2, team="dev"))
    call.ecs.faults.add(DroppedTags())

    found = emulated(call).select(ByTagsAndName(DEV.tags, "web-0"))

    assert (list(found.instances), found.strays) == (["i-0000"], ())


def test_who_was_found_by_a_tag_and_is_gone_a_moment_later_is_not_found() -> None:
    ecs, _ = scripted({"": page([row("i-1", Tags=DEV_TAGS), row("i-2")])})
    ecs = msgspec.structs.replace(ecs, side_by_side=lambda *_, **__: [{}])

    assert list(ecs.select(DEV).instances) == ["i-1"]


@pytest.mark.parametrize("count", [999, 1000, 1001, 1150])
def test_a_tag_filter_at_its_limit_is_not_believed(call: Call, count: int) -> None:
    call.fleet(*fleet(count, team="dev"), InstanceSpec("odd", instance_id="i-odd"))

    found = emulated(call).select(DEV).instances

    assert len(found) == count
    assert "i-odd" not in found
    filtered = [one for one in call.ecs.log if "Tag.1.Key" in one.parameters]
    unfiltered = len(call.ecs.log) - len(filtered)
    assert (len(filtered), unfiltered) == (10, 0 if count < 1000 else -(-(count + 1) // 100))


def test_a_filter_that_ecs_ignores_selects_nothing_else() -> None:
    ecs, pages = scripted({"": page([row("i-1", Tags=DEV_TAGS), row("i-2", Tags=OPS_TAGS)])})

    assert list(ecs.select(DEV).instances) == ["i-1"]
    assert len(pages.sent) == 1


def test_who_was_found_by_a_tag_and_shows_but_others_is_looked_at_again() -> None:
    other = {"Tag": [{"TagKey": "env", "TagValue": "ci"}]}
    ecs, pages = scripted({"": page([row("i-1", Tags=DEV_TAGS), row("i-2", Tags=other)])})

    assert list(ecs.select(DEV).instances) == ["i-1", "i-2"]
    assert [json.loads(one.get("InstanceIds", "[]")) for one in pages.sent] == [[], ["i-2"]]


def test_what_was_not_asked_for_by_id_is_not_looked_at() -> None:
    ecs, _ = scripted({"": page([row("i-1"), row("i-2"), row("i-3")])})

    assert list(ecs.look(["i-2"])) == ["i-2"]


def seen(instance_id: str, tags: Mapping[str, str] | None = None) -> Instance:
    return Instance(instance_id, "cn-hangzhou", START, Status.RUNNING, tags=tags or {})


def asked_for_tags(call: Call) -> list[int]:
    return [
        sum(name.startswith("ResourceId.") for name in one.parameters)
        for one in call.ecs.log
        if one.action == "ListTagResources" and "NextToken" not in one.parameters
    ]


def test_those_that_show_no_tag_are_asked_for_fifty_a_call(call: Call) -> None:
    call.fleet(*fleet(120, team="dev", env=""), InstanceSpec("bare", instance_id="i-bare"))
    ids = [f"i-{number:04}" for number in range(120)]

    checked = emulated(call).with_tags_checked([seen(one) for one in [*ids, "i-bare"]])

    assert [one.id for one in checked] == [*ids, "i-bare"]
    assert [one.tags for one in checked] == [{"team": "dev", "env": ""}] * 120 + [{}]
    assert all(one.tags_checked for one in checked)
    assert asked_for_tags(call) == [50, 50, 21]


def test_who_was_asked_for_is_not_asked_for_again(call: Call) -> None:
    call.fleet(*fleet(3, team="dev"))
    ecs = emulated(call)
    (checked,) = ecs.with_tags_checked([seen("i-0001")])

    assert ecs.with_tags_checked([checked]) == [checked]
    assert asked_for_tags(call) == [1]


def test_what_either_shows_is_there_and_the_later_value_counts(call: Call) -> None:
    call.fleet(InstanceSpec("web", instance_id="i-web", tags={"team": "ops", "owner": "li"}))

    (checked,) = emulated(call).with_tags_checked([seen("i-web", {"team": "dev", "env": "ci"})])

    assert checked.tags == {"team": "ops", "env": "ci", "owner": "li"}
    assert checked.tags_checked


@pytest.mark.parametrize(
    ("shown", "is_checked"),
    [({"team": "dev"}, False), ({"acs:rm:rgId": "rg-1"}, True), ({}, True)],
    ids=["own", "the-platforms", "none"],
)
def test_who_shows_tags_of_which_the_second_answer_has_none_is_not_checked(
    call: Call,
    shown: dict[str, str],
    is_checked: bool,  # noqa: FBT001  # a table's column
) -> None:
    call.fleet(InstanceSpec("web", instance_id="i-web"))

    (answered,) = emulated(call).with_tags_checked([seen("i-web", shown)])

    assert (answered.tags, answered.tags_checked) == (shown, is_checked)


def test_one_dry_run_tells_whether_no_tags_at_all_are_the_truth(call: Call) -> None:
    call.fleet(*fleet(120))

    checked = emulated(call).with_tags_checked([seen(f"i-{n:04}") for n in range(120)])

    assert [one.tags for one in checked] == [{}] * 120
    assert [one.parameters.get("DryRun", "") for one in call.ecs.log] == ["", "", "", "true"]


def test_where_some_tags_are_shown_no_permission_is_missing(call: Call) -> None:
    call.fleet(*fleet(60), InstanceSpec("kept", instance_id="i-kept", tags={"curfew:protect": ""}))

    emulated(call).with_tags_checked([*(seen(f"i-{n:04}") for n in range(60)), seen("i-kept")])

    assert asked_for_tags(call) == [50, 11]


def test_tags_that_may_not_be_listed_are_not_taken_for_none(call: Call) -> None:
    call.fleet(*fleet(1))
    call.ecs.faults.add(LostPermission(action="ListTagResources"))

    with pytest.raises(AccessDenied, match="ecs:ListTagResources"):
        emulated(call).with_tags_checked([seen("i-0000")])


OTHERS = {
    "ResourceId": "i-other",
    "ResourceType": "instance",
    "TagKey": "curfew:protect",
    "TagValue": "",
}


def test_tags_of_others_are_not_taken_for_an_instances_own() -> None:
    mine = {**OTHERS, "ResourceId": "i-mine", "TagKey": "team", "TagValue": "dev"}
    ecs, _ = scripted({"": {"TagResources": {"TagResource": [OTHERS, mine]}}})

    assert [one.tags for one in ecs.with_tags_checked([seen("i-mine")])] == [{"team": "dev"}]


def test_tags_of_others_alone_do_not_say_that_an_instance_has_none() -> None:
    ecs, _ = scripted({"": {"TagResources": {"TagResource": [OTHERS]}}})

    with pytest.raises(Unavailable, match=r"^ListTagResources in cn-hangzhou: ECS shows other"):
        ecs.with_tags_checked([seen("i-mine")])


def test_permission_that_is_lost_between_two_batches_is_noticed(call: Call) -> None:
    call.fleet(*fleet(150))
    call.ecs.faults.add(LostPermission(skip=1, empty=True))

    with pytest.raises(AccessDenied):
        emulated(call).look([f"i-{number:04}" for number in range(150)])
