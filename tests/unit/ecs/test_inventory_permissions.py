"""An inventory that is empty, and why: nothing there, or no permission to see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local.ecs.account.quirks import Quirks
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import MissingPage
from shared.base.errors import AccessDenied, Unavailable
from shared.domain.selection import ByIds, ByTagsAndName, Everything, Selection
from shared.ecs.transport import ErrorResponse
from tests.harness.call import Call
from tests.unit.ecs.pages import DEV, emulated, fleet, page, scripted

NOTHING: Mapping[str, Any] = {
    "Version": "1",
    "Statement": [{"Effect": "Deny", "Action": "ecs:*", "Resource": "*"}],
}
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
