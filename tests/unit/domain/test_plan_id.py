"""The name of a plan: the same for the same, another for anything else, and checked on return."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base.errors import InvalidEvent
from shared.domain.plan_id import digest, digest_in, make_plan_id, not_in_plan

REQUEST = {"tags": {"team": "dev"}, "force": True}
ASKED = digest("release", ["cn-hangzhou"], REQUEST)


def same(ids: Iterable[str]) -> dict[str, str]:
    """Members of a plan that does the same to all of them."""
    return {one: one for one in ids}


IDS = st.lists(st.integers(0, 60).map("i-{}".format), unique=True, max_size=30)


@given(planned=IDS, others=IDS)
def test_a_plan_knows_its_own_instances_and_no_others(
    planned: list[str], others: list[str]
) -> None:
    plan_id = make_plan_id(ASKED, same(planned))

    assert digest_in(plan_id) == ASKED
    assert not_in_plan(plan_id, same([*planned, *others])) == [
        one for one in others if one not in planned
    ]


def test_a_plan_of_one_knows_it_whichever_it_is() -> None:
    ids = [f"i-{number}" for number in range(500)]

    assert [one for one in ids if not_in_plan(make_plan_id(ASKED, same([one])), same([one]))] == []


def test_the_order_of_instances_does_not_matter() -> None:
    assert make_plan_id(ASKED, same(["i-1", "i-2"])) == make_plan_id(ASKED, same(["i-2", "i-1"]))


def test_a_plan_id_is_short_and_safe_to_paste() -> None:
    plan_id = make_plan_id(ASKED, same([f"i-{number}" for number in range(100)]))

    assert len(plan_id) < 700
    assert set(plan_id) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@pytest.mark.parametrize("field", ["dry_run", "max_instances", "notify", "plan_id", "action"])
def test_what_does_not_shape_a_plan_does_not_name_it(field: str) -> None:
    assert digest("release", ["cn-hangzhou"], {**REQUEST, field: "x"}) == ASKED


@pytest.mark.parametrize(
    "other",
    [
        digest("stop", ["cn-hangzhou"], REQUEST),
        digest("release", ["cn-beijing"], REQUEST),
        digest("release", ["cn-hangzhou", "cn-beijing"], REQUEST),
        digest("release", ["cn-hangzhou"], {**REQUEST, "force": False}),
        digest("release", ["cn-hangzhou"], {**REQUEST, "snapshot": False}),
        digest("release", ["cn-hangzhou"], {"tags": {"team": "ops"}, "force": True}),
        digest("release", ["cn-hangzhou"], {"tags": {"team": "dev"}}),
    ],
    ids=["action", "region", "regions", "value", "another-field", "selection", "a-field-less"],
)
def test_whatever_shapes_a_plan_names_it(other: str) -> None:
    assert other != ASKED


def test_the_same_fields_in_another_order_are_the_same_plan() -> None:
    regions = ["cn-beijing", "cn-hangzhou"]
    turned = dict(reversed(REQUEST.items()))

    assert digest("release", regions, REQUEST) == digest("release", regions[::-1], turned)


WHOLE = make_plan_id(ASKED, same(["i-1", "i-2"]))


@pytest.mark.parametrize(
    "plan_id",
    [
        pytest.param("", id="empty"),
        pytest.param("p1", id="prefix"),
        pytest.param("p1-", id="prefix-and-dash"),
        pytest.param("p1--", id="dashes"),
        pytest.param(f"p1-{ASKED}", id="no-instances"),
        pytest.param(WHOLE.replace("p1-", "p2-"), id="another-version"),
        pytest.param(WHOLE[:-1], id="cut-off"),
        pytest.param(WHOLE + "=", id="padded"),
        pytest.param(WHOLE + "!", id="other-characters"),
        pytest.param(WHOLE + "é", id="not-ascii"),
        pytest.param(f" {WHOLE}", id="space"),
    ],
)
def test_what_is_no_plan_id_is_an_invalid_event(plan_id: str) -> None:
    with pytest.raises(InvalidEvent, match="expected the whole text from the report of a dry run"):
        not_in_plan(plan_id, same(["i-1"]))


@pytest.mark.parametrize("text", ["", "p1", f"p1-{ASKED}", f"{WHOLE}!", f" {WHOLE}"])
def test_what_is_no_plan_id_names_nothing_that_was_asked(text: str) -> None:
    assert digest_in(text) == ""


def test_what_lies_across_two_instances_of_a_plan_is_none_of_them() -> None:
    member = base64.urlsafe_b64decode(
        make_plan_id(ASKED, same(["i-1"])).removeprefix(f"p1-{ASKED}-") + "="
    )
    shifted = base64.urlsafe_b64encode(b"ab" + member + b"cde").decode().rstrip("=")

    assert not_in_plan(f"p1-{ASKED}-{shifted}", same(["i-1"])) == ["i-1"]


@given(st.text(max_size=80))
def test_no_text_whatever_confirms_an_instance_or_fails_otherwise(text: str) -> None:
    try:
        others = not_in_plan(text, same(["i-1"]))
    except InvalidEvent:
        return
    assert others == ["i-1"]
