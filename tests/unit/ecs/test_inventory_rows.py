"""Answers and rows of another shape: what cannot be read is told, the others are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.base.errors import Unavailable
from shared.domain.instance import Status
from shared.domain.selection import ByIds, ByTagsAndName, Everything, Selection
from tests.unit.ecs.pages import DEV, DEV_TAGS, OPS_TAGS, page, row, scripted


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
