"""The inventory of a region: read to its end or not believed, and nothing believed blindly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from local.ecs.account.quirks import Quirks
from local.ecs.clock import ManualClock
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import DroppedTags, LostPermission, MissingPage, Refuse, RepeatedToken
from shared.clock import Deadline
from shared.domain.instance import Instance, Status
from shared.domain.selection import ByIds, ByTagsAndName, Everything, Selection
from shared.ecs.client import Client
from shared.ecs.inventory import Inventory
from shared.ecs.transport import ErrorResponse
from shared.errors import AccessDenied, Unavailable
from tests.harness.call import Call
from tests.harness.invocation import bounded

START = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
DEV = ByTagsAndName((("team", frozenset({"dev"})),))
DEV_TAGS, OPS_TAGS = ({"Tag": [{"TagKey": "team", "TagValue": team}]} for team in ("dev", "ops"))
NOTHING: Mapping[str, Any] = {
    "Version": "1",
    "Statement": [{"Effect": "Deny", "Action": "ecs:*", "Resource": "*"}],
}


def row(instance_id: str, status: str = "Running", **other: object) -> dict[str, object]:
    return {
        "InstanceId": instance_id,
        "Status": status,
        "OperationLocks": {"LockReason": []},
        "DeletionProtection": False,
        **other,
    }


@dataclass(slots=True)
class Pages:
    """Answers of DescribeInstances by the token that they are asked for with."""

    clock: ManualClock
    by_token: Mapping[str, Mapping[str, Any]]
    dry_run: Mapping[str, Any] | Exception = field(
        default_factory=lambda: ErrorResponse(400, "DryRunOperation", "")
    )
    sent: list[Mapping[str, str]] = field(default_factory=list)

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        assert operation in {"DescribeInstances", "ListTagResources"}
        assert timeout_s > 0
        self.sent.append(parameters)
        self.clock.sleep(1)
        if "DryRun" in parameters:
            if isinstance(self.dry_run, Exception):
                raise self.dry_run
            return self.dry_run
        return self.by_token[parameters.get("NextToken", "")]


def page(rows: Sequence[Mapping[str, object]], token: str | None = "") -> dict[str, object]:
    return {"Instances": {"Instance": list(rows)}, "NextToken": token}


def scripted(
    by_token: Mapping[str, Mapping[str, Any]], dry_run: Mapping[str, Any] | Exception | None = None
) -> tuple[Inventory, Pages]:
    clock = ManualClock(START)
    pages = Pages(clock, by_token)
    if dry_run is not None:
        pages.dry_run = dry_run
    api = Client("cn-hangzhou", pages, clock, Deadline.after(START, timedelta(minutes=10)))
    return Inventory(api, bounded), pages


def emulated(call: Call) -> Inventory:
    return Inventory(call.api(), bounded)


def fleet(count: int, **tags: str) -> list[InstanceSpec]:
    return [
        InstanceSpec(f"web-{number}", instance_id=f"i-{number:04}", tags=tags)
        for number in range(count)
    ]


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


EMPTY_LOOKS = [
    pytest.param(lambda ecs: ecs.select(DEV).instances, id="tags"),
    pytest.param(lambda ecs: ecs.select(ByTagsAndName(name="web-*")).instances, id="name"),
    pytest.param(lambda ecs: ecs.select(Everything()).instances, id="all"),
    pytest.param(lambda ecs: ecs.select(ByIds(("i-0001",))).instances, id="ids"),
    pytest.param(lambda ecs: ecs.look(["i-0001"]), id="look"),
    pytest.param(lambda ecs: ecs.look_twice(["i-0001"]), id="look-twice"),
    pytest.param(lambda ecs: ecs.size(), id="size"),
]


@pytest.mark.parametrize("is_empty", [True, False], ids=["empty", "refused"])
@pytest.mark.parametrize("look", EMPTY_LOOKS)
def test_an_empty_answer_for_want_of_permission_is_no_answer(
    call: Call,
    look: Any,  # noqa: ANN401  # a table of lambdas
    *,
    is_empty: bool,
) -> None:
    call.fleet(*fleet(3, team="dev"), quirks=Quirks(denied_describe_is_empty=is_empty))
    call.ecs.restrict(NOTHING)

    with pytest.raises(AccessDenied, match=r"ecs:DescribeInstances .*in cn-hangzhou"):
        look(emulated(call))


@pytest.mark.parametrize("look", EMPTY_LOOKS)
def test_an_empty_answer_with_permission_is_the_truth(call: Call, look: Any) -> None:  # noqa: ANN401  # a table of lambdas
    call.fleet()

    assert not look(emulated(call))
    assert "DryRunOperation" in [one.code for one in call.ecs.log]


@pytest.mark.parametrize("look", EMPTY_LOOKS)
@pytest.mark.parametrize(
    "dry_run",
    [
        pytest.param({"RequestId": "1"}, id="success"),
        pytest.param(ErrorResponse(500, "InternalError", ""), id="server-error"),
        pytest.param(ErrorResponse(400, "InvalidParameter", ""), id="refused"),
    ],
)
def test_an_empty_answer_that_no_dry_run_explains_is_not_believed(
    look: Any,  # noqa: ANN401  # a table of lambdas
    dry_run: Mapping[str, Any] | Exception,
) -> None:
    ecs, _ = scripted({"": page([])}, dry_run)

    with pytest.raises(Unavailable, match=r"^DescribeInstances in cn-hangzhou: "):
        look(ecs)


def test_an_answer_to_a_dry_run_that_is_no_yes_is_told_as_such() -> None:
    ecs, _ = scripted({"": page([])}, {"RequestId": "1"})

    with pytest.raises(
        Unavailable, match="does not say whether the function is allowed to see any"
    ):
        ecs.size()


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


def test_tags_that_either_shows_are_believed(call: Call) -> None:
    call.fleet(*fleet(1, team="dev"))

    (checked,) = emulated(call).with_tags_checked([seen("i-0000", {"curfew:protect": ""})])

    assert checked.tags == {"team": "dev", "curfew:protect": ""}


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


def test_tags_of_others_are_not_taken_for_an_instances_own() -> None:
    others = {"ResourceId": "i-other", "ResourceType": "instance"}
    tag = {**others, "TagKey": "curfew:protect", "TagValue": ""}
    ecs, _ = scripted({"": {"TagResources": {"TagResource": [tag]}}})

    assert [one.tags for one in ecs.with_tags_checked([seen("i-mine")])] == [{}]


def test_permission_that_is_lost_between_two_batches_is_noticed(call: Call) -> None:
    call.fleet(*fleet(150))
    call.ecs.faults.add(LostPermission(skip=1, empty=True))

    with pytest.raises(AccessDenied):
        emulated(call).look([f"i-{number:04}" for number in range(150)])


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


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="no-list"),
        pytest.param({"Instances": []}, id="a-list-too-high-up"),
        pytest.param({"Instances": {}}, id="half-wrapped"),
        pytest.param({"Instances": {"Instance": None}}, id="null"),
        pytest.param({"Instances": {"Instance": {}}}, id="object"),
        pytest.param({"Instances": {"Instance": ["i-1"]}}, id="bare-ids"),
        pytest.param(page([{"Status": "Running"}]), id="no-id"),
        pytest.param(page([{**row("i-1"), "InstanceId": ["i-1"]}]), id="id-of-another-type"),
        pytest.param(page([{**row("i-1"), "InstanceId": "vm-1", "Status": 1}]), id="no-such-id"),
        pytest.param(page([row("i-1")], ["a token"]), id="token-of-another-type"),  # type: ignore[arg-type]  # that is the case
    ],
)
def test_an_answer_of_another_shape_means_nothing(answer: Mapping[str, Any]) -> None:
    ecs, _ = scripted({"": answer})

    with pytest.raises(Unavailable):
        ecs.select(Everything())
    with pytest.raises(Unavailable):
        ecs.look(["i-1"])


SICK: Mapping[str, Mapping[str, object]] = {
    "no-status": {"Status": None},
    "status-of-another-type": {"Status": 5},
    "unreadable-release-time": {"AutoReleaseTime": "soon"},
    "release-time-of-another-type": {"AutoReleaseTime": 5},
    "tag-without-key": {"Tags": {"Tag": [{"TagValue": "x"}]}},
    "tags-null": {"Tags": None},
    "locks-half-wrapped": {"OperationLocks": {}},
    "eip-of-another-type": {"EipAddress": "eip-1"},
}
"""What keeps a row from being read, though it names its instance."""

EACH_SICKNESS = pytest.mark.parametrize("fields", SICK.values(), ids=SICK)


@EACH_SICKNESS
@pytest.mark.parametrize("selection", [Everything(), ByIds(("i-1", "i-2"))], ids=["all", "ids"])
def test_a_row_that_cannot_be_read_says_so_and_the_others_are_read(
    selection: Selection, fields: Mapping[str, object]
) -> None:
    ecs, _ = scripted({"": page([{**row("i-1"), **fields}, row("i-2")])})

    found = ecs.select(selection)

    sick, well = found.instances.values()
    assert (sick.id, sick.region, sick.status) == ("i-1", "cn-hangzhou", Status.UNKNOWN)
    assert sick.unreadable.startswith("ECS returned an unreadable instance: ")
    assert (well.id, well.status, well.unreadable) == ("i-2", Status.RUNNING, "")
    assert found.strays == ()


@EACH_SICKNESS
def test_a_later_look_at_a_row_that_cannot_be_read_says_so_too(
    fields: Mapping[str, object],
) -> None:
    ecs, _ = scripted({"": page([{**row("i-1"), **fields}, row("i-2")])})

    looked = ecs.look(["i-1", "i-2"])

    assert {key: bool(one.unreadable) for key, one in looked.items()} == {"i-1": True, "i-2": False}


def sick(**fields: object) -> dict[str, object]:
    return {**row("i-sick"), "Status": None, **fields}


@pytest.mark.promise("S23")
@pytest.mark.parametrize(
    ("selection", "fields", "meant"),
    [
        pytest.param(DEV, {"Tags": DEV_TAGS}, True, id="its-tags-are-readable-and-fit"),
        pytest.param(DEV, {"Tags": None}, True, id="found-by-a-tag-that-cannot-be-read"),
        pytest.param(DEV, {"Tags": OPS_TAGS}, False, id="its-tags-are-readable-and-do-not-fit"),
        pytest.param(
            ByTagsAndName(name="web-*"), {"InstanceName": "web-1"}, True, id="its-name-fits"
        ),
        pytest.param(
            ByTagsAndName(name="web-*"), {"InstanceName": "db-1"}, False, id="its-name-does-not"
        ),
        pytest.param(
            ByTagsAndName(name="web-*"),
            {"InstanceName": 5},
            True,
            id="found-by-a-name-that-cannot-be-read",
        ),
        pytest.param(
            ByTagsAndName(DEV.tags, "web-*"),
            {"Tags": DEV_TAGS, "InstanceName": "db-1"},
            False,
            id="its-tags-fit-and-its-name-does-not",
        ),
        pytest.param(
            ByTagsAndName(DEV.tags, "web-*"),
            {"Tags": None, "InstanceName": "db-1"},
            False,
            id="found-by-a-tag-that-cannot-be-read-and-its-name-does-not-fit",
        ),
        pytest.param(
            ByTagsAndName(DEV.tags, "web-*"),
            {"Tags": None, "InstanceName": None},
            True,
            id="found-by-a-tag-and-nothing-of-it-can-be-read",
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_meant_if_the_filter_or_what_can_be_read_says_so(
    selection: Selection,
    fields: Mapping[str, object],
    meant: bool,  # noqa: FBT001  # a column of the table
) -> None:
    well = row("i-well", Tags=DEV_TAGS, InstanceName="web-0")
    ecs, _ = scripted({"": page([well, sick(**fields)])})

    found = ecs.select(selection)

    assert list(found.instances) == ["i-well", *(["i-sick"] if meant else [])]
    assert [one.id for one in found.strays] == ([] if meant else ["i-sick"])


@pytest.mark.parametrize(
    ("selection", "hint"),
    [
        (ByTagsAndName((("Team", None),)), "the tag key Team; the tag key team exists"),
        (
            ByTagsAndName((("team", frozenset({"deb"})),)),
            "team=deb; team=dev exists",
        ),
        (ByTagsAndName(name="wed-*"), "the name wed-*; the name web-0 exists"),
    ],
    ids=["key", "value", "name"],
)
def test_where_nothing_is_found_what_comes_near_is_told(
    call: Call, selection: Selection, hint: str
) -> None:
    call.fleet(*fleet(1, team="dev"))

    found = emulated(call).select(selection)

    assert found.instances == {}
    assert found.hint == f"no instance has {hint}."


def test_a_filter_that_left_everything_out_for_once_is_asked_again(call: Call) -> None:
    call.fleet(*fleet(3, team="dev"))
    call.ecs.faults.add(MissingPage(action="DescribeInstances", times=1))

    assert len(emulated(call).select(DEV).instances) == 3


def test_beyond_the_first_page_a_filter_that_left_everything_out_is_asked_again(call: Call) -> None:
    call.fleet(*fleet(120), InstanceSpec("far", instance_id="i-far", tags={"team": "dev"}))
    call.ecs.faults.add(MissingPage(action="DescribeInstances", times=1))

    assert list(emulated(call).select(DEV).instances) == ["i-far"]


def test_after_an_empty_answer_by_mistake_only_the_selected_are_found(call: Call) -> None:
    call.fleet(*fleet(3, team="dev"), InstanceSpec(instance_id="i-stranger", tags={"a": "b"}))
    call.ecs.faults.add(MissingPage(action="DescribeInstances", times=1))

    found = emulated(call).select(ByTagsAndName(tags=(("team", frozenset({"dev"})),)))

    assert len(found.instances) == 3
    assert "i-stranger" not in found.instances
