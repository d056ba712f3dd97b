"""The inventory of a region: read to its end or not believed, and nothing believed blindly."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import MissingPage, Refuse, RepeatedToken
from shared.base.errors import Unavailable
from shared.domain.selection import ByIds, ByTagsAndName, Everything, Selection
from tests.harness.call import Call
from tests.unit.ecs.pages import DEV, START, emulated, fleet, page, row, scripted

SELECTIONS: list[tuple[str, Selection, set[str]]] = [
    ("ids", ByIds(("i-2", "i-9", "i-1")), {"i-1", "i-2"}),
    ("tag", DEV, {"i-1", "i-3"}),
    ("tag-of-any-value", ByTagsAndName((("team", None),)), {"i-1", "i-2", "i-3"}),
    (
        "tag-of-several-values",
        ByTagsAndName((("team", frozenset({"dev", "ops"})),)),
        {"i-1", "i-2", "i-3"},
    ),
    ("two-tags", ByTagsAndName((("team", None), ("env", frozenset({"ci"})))), {"i-3"}),
    ("empty-value", ByTagsAndName((("env", frozenset({""})),)), {"i-2"}),
    ("name", ByTagsAndName(name="web-*"), {"i-1", "i-2"}),
    ("name-and-tag", ByTagsAndName((("team", frozenset({"dev"})),), "web-*"), {"i-1"}),
    ("all", Everything(), {"i-1", "i-2", "i-3", "i-4"}),
    ("nothing-there", ByTagsAndName(name="absent"), set()),
]


@pytest.mark.parametrize(
    ("selection", "ids"),
    [(selection, ids) for _, selection, ids in SELECTIONS],
    ids=[name for name, _, _ in SELECTIONS],
)
def test_the_inventory_is_what_is_selected(call: Call, selection: Selection, ids: set[str]) -> None:
    call.fleet(
        InstanceSpec("web-1", instance_id="i-1", tags={"team": "dev"}),
        InstanceSpec("web-2", instance_id="i-2", tags={"team": "ops", "env": ""}),
        InstanceSpec("db-1", instance_id="i-3", tags={"team": "dev", "env": "ci"}),
        InstanceSpec("db-2", instance_id="i-4"),
        InstanceSpec("web-3", instance_id="i-5", tags={"team": "dev"}, region="cn-shanghai"),
    )

    assert set(emulated(call).select(selection).instances) == ids


@pytest.mark.parametrize(("count", "calls"), [(99, 1), (100, 1), (101, 2), (250, 3)])
def test_a_listing_is_read_to_its_last_page_with_as_few_calls_as_can_be(
    call: Call, count: int, calls: int
) -> None:
    call.fleet(*fleet(count))

    found = emulated(call).select(Everything()).instances

    assert sorted(found) == [f"i-{number:04}" for number in range(count)]
    assert call.actions() == ["DescribeInstances"] * calls


def test_a_page_that_cannot_be_read_leaves_no_inventory(call: Call) -> None:
    call.fleet(*fleet(250))
    call.ecs.faults.add(Refuse(skip=1))

    with pytest.raises(Unavailable, match="DescribeInstances in cn-hangzhou"):
        emulated(call).select(Everything())


def test_a_page_that_fails_four_times_is_still_read(call: Call) -> None:
    call.fleet(*fleet(250))
    call.ecs.faults.add(Refuse(skip=1, times=4))

    assert len(emulated(call).select(Everything()).instances) == 250


def test_pages_that_go_in_a_circle_are_no_inventory(call: Call) -> None:
    call.fleet(*fleet(250))
    call.ecs.faults.add(RepeatedToken())

    with pytest.raises(Unavailable, match="the pages repeat"):
        emulated(call).select(Everything())


def test_each_page_is_asked_for_with_the_token_of_the_one_before() -> None:
    ecs, pages = scripted({"": page([row("i-1")], "one"), "one": page([row("i-2")])})

    ecs.select(Everything())

    first = {"RegionId": "cn-hangzhou", "MaxResults": "100"}
    assert pages.sent == [first, {**first, "NextToken": "one"}]


def test_a_circle_of_several_pages_is_noticed_too() -> None:
    ecs, pages = scripted(
        {
            "": page([row("i-1")], "one"),
            "one": page([row("i-2")], "two"),
            "two": page([row("i-3")], "one"),
        }
    )

    with pytest.raises(Unavailable, match="the pages repeat"):
        ecs.select(Everything())

    assert len(pages.sent) == 3


def test_a_missing_page_does_not_hide_the_pages_after_it() -> None:
    ecs, _ = scripted({"": page([], "one"), "one": page([row("i-1")], None)})

    assert list(ecs.select(Everything()).instances) == ["i-1"]


def test_an_instance_on_two_pages_counts_once_as_it_was_last_seen() -> None:
    ecs, _ = scripted(
        {
            "": page([row("i-1"), row("i-2")], "one"),
            "one": page([row("i-2", "Stopped"), row("i-3")]),
        }
    )

    found = ecs.select(Everything()).instances

    assert [(one.id, one.status.value, one.seen_at - START) for one in found.values()] == [
        ("i-1", "Running", timedelta(0)),
        ("i-2", "Stopped", timedelta(seconds=1)),
        ("i-3", "Running", timedelta(seconds=1)),
    ]


def test_looking_again_asks_for_a_hundred_ids_a_call(call: Call) -> None:
    call.fleet(*fleet(250))
    ids = [f"i-{number:04}" for number in range(250)]

    assert sorted(emulated(call).look(ids)) == ids
    asked = [json.loads(one.parameters["InstanceIds"]) for one in call.ecs.log]
    assert [len(one) for one in asked] == [100, 100, 50]


def test_what_one_look_missed_a_second_finds(call: Call) -> None:
    call.fleet(*fleet(2))
    call.ecs.faults.add(MissingPage(action="DescribeInstances", times=1))

    assert sorted(emulated(call).look_twice(["i-0000", "i-0001"])) == ["i-0000", "i-0001"]
