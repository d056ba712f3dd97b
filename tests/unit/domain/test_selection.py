"""Selections: which instances are meant, whatever ECS's own filters let through."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.instance import Instance, Status
from shared.domain.selection import (
    ByIds,
    ByTagsAndName,
    Everything,
    Selection,
    has_other_value,
    misspelt_keys,
    selects,
)

SEEN_AT = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
INSTANCE = Instance(
    "i-1",
    "cn-hangzhou",
    SEEN_AT,
    Status.RUNNING,
    name="ci-runner-7",
    tags={"team": "dev", "env": "", "curfew:protect": "yes"},
)
DEV = frozenset({"dev"})


@pytest.mark.parametrize(
    ("selection", "is_meant"),
    [
        pytest.param(ByIds(("i-1",)), True, id="its-id"),
        pytest.param(ByIds(("i-0", "i-1")), True, id="among-ids"),
        pytest.param(ByIds(("i-10",)), False, id="another-id"),
        pytest.param(ByIds(("I-1",)), False, id="id-in-other-letters"),
        pytest.param(Everything(), True, id="everything"),
        pytest.param(ByTagsAndName((("team", DEV),)), True, id="tag"),
        pytest.param(
            ByTagsAndName((("team", frozenset({"qa", "dev"})),)), True, id="one-of-values"
        ),
        pytest.param(ByTagsAndName((("team", None),)), True, id="any-value"),
        pytest.param(ByTagsAndName((("env", frozenset({""})),)), True, id="the-empty-value"),
        pytest.param(ByTagsAndName((("env", None),)), True, id="any-value-even-the-empty-one"),
        pytest.param(ByTagsAndName((("team", frozenset({"qa"})),)), False, id="other-value"),
        pytest.param(ByTagsAndName((("team", frozenset({"Dev"})),)), False, id="other-letters"),
        pytest.param(ByTagsAndName((("team", frozenset({""})),)), False, id="empty-is-not-any"),
        pytest.param(ByTagsAndName((("owner", None),)), False, id="tag-that-it-lacks"),
        pytest.param(ByTagsAndName((("owner", frozenset({""})),)), False, id="lacking-is-no-value"),
        pytest.param(ByTagsAndName((("team", DEV), ("env", None))), True, id="all-tags"),
        pytest.param(ByTagsAndName((("team", DEV), ("owner", None))), False, id="one-tag-lacks"),
        pytest.param(ByTagsAndName((("team", DEV),), "ci-*"), True, id="tag-and-name"),
        pytest.param(ByTagsAndName((("team", DEV),), "web-*"), False, id="tag-but-not-name"),
        pytest.param(ByTagsAndName((("owner", None),), "ci-*"), False, id="name-but-not-tag"),
    ],
)
def test_a_selection_means_what_it_says(
    selection: Selection,
    is_meant: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert selects(selection, INSTANCE) is is_meant


@pytest.mark.parametrize(
    ("selection", "has_other"),
    [
        pytest.param(ByTagsAndName((("team", DEV),)), False, id="the-value"),
        pytest.param(ByTagsAndName((("team", None),)), False, id="any-value"),
        pytest.param(ByTagsAndName((("team", frozenset({"qa"})),)), True, id="another"),
        pytest.param(ByTagsAndName((("owner", DEV),)), False, id="no-such-key"),
        pytest.param(
            ByTagsAndName((("owner", None), ("team", frozenset({"qa"})))), True, id="another-of-two"
        ),
        pytest.param(ByTagsAndName((), "web-*"), False, id="not-its-name"),
        pytest.param(ByIds(("i-0",)), False, id="not-its-id"),
        pytest.param(Everything(), False, id="everything"),
    ],
)
def test_only_a_key_that_is_shown_has_another_value(
    selection: Selection,
    has_other: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert has_other_value(selection, INSTANCE) is has_other


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("ci-runner-7", "ci-runner-7", True),
        ("ci-runner-7", "ci-runner-77", False),
        ("ci", "ci-runner-7", False),
        ("ci-*", "ci-", True),
        ("ci-*", "xci-", False),
        ("*-7", "ci-runner-7", True),
        ("*-7", "ci-runner-78", False),
        ("*run*", "ci-runner-7", True),
        ("*run*", "ci-7", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("ab*ba", "aba", False),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("a*b*b*c", "a-b-c", False),
        ("a*bb*b", "abb", False),
        ("a**b", "ab", True),
        ("*", "", True),
        ("CI-*", "ci-runner-7", False),
        ("ci.runner?7", "ci-runner-7", False),
        ("[c]i-*", "ci-runner-7", False),
        ("*\n", "x", False),
        ("x", "x\n", False),
    ],
)
def test_a_star_stands_for_any_text_and_all_else_for_itself(
    pattern: str,
    name: str,
    fits: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert selects(ByTagsAndName(name=pattern), replace(INSTANCE, name=name)) is fits


@given(st.text("ab*", max_size=8), st.text("ab*\n", max_size=12))
def test_names_fit_as_the_same_regular_expression_says(pattern: str, name: str) -> None:
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))

    fits = selects(ByTagsAndName(name=pattern), replace(INSTANCE, name=name))

    assert fits is (re.fullmatch(expression, name, re.DOTALL) is not None)


def test_a_pattern_of_many_stars_takes_no_long_time() -> None:
    meant = selects(ByTagsAndName(name="a*" * 64 + "b"), replace(INSTANCE, name="a" * 100_000))

    assert meant is False


@pytest.mark.parametrize(
    ("selection", "keys"),
    [
        pytest.param(ByTagsAndName(tags=(("Team", None),)), [("team", "Team")], id="any-value"),
        pytest.param(ByTagsAndName(tags=(("Team", DEV),)), [("team", "Team")], id="its-value"),
        pytest.param(ByTagsAndName(tags=(("Team", frozenset({"ops"})),)), [], id="another-value"),
        pytest.param(ByTagsAndName(tags=(("teams", None),)), [], id="another-key"),
        pytest.param(ByTagsAndName(tags=(("team", DEV),)), [], id="selected"),
        pytest.param(
            ByTagsAndName(tags=(("Team", DEV), ("env", None))), [("team", "Team")], id="one-of-two"
        ),
        pytest.param(ByTagsAndName(tags=(("Team", DEV), ("x", None))), [], id="not-all-tags"),
        pytest.param(ByTagsAndName((("Team", DEV),), "web-*"), [], id="another-name"),
        pytest.param(ByIds(("i-10",)), [], id="by-ids"),
        pytest.param(Everything(), [], id="all"),
    ],
)
def test_keys_that_only_their_spelling_keeps_from_being_selected(
    selection: Selection, keys: list[tuple[str, str]]
) -> None:
    assert misspelt_keys(selection, INSTANCE) == keys
