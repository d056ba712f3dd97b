"""Patterns with stars: what they match, and that no text keeps them busy."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.ram.policy import Policy
from local.ecs.wildcards import wildcard
from tests.harness.desk import Desk, names


def by_definition(pattern: str, text: str, *, single: bool) -> bool:
    """What a regular expression says, which is slow for many stars."""
    special = {"*": ".*", "?": "." if single else r"\?"}
    expression = "".join(special.get(each, re.escape(each)) for each in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


@pytest.mark.parametrize(
    ("pattern", "text", "is_of_the_form"),
    [
        ("web", "web", True),
        ("web", "web-1", False),
        ("web*", "web", True),
        ("*web", "a-web", True),
        ("*web", "web-1", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*ab*ab*", "xabab", True),
        ("*ab*ab*", "xab", False),
        ("w?b*", "web-1", False),
        ("w[e]b", "web", False),
        ("a*", "a\nb", True),
        ("", "", True),
        ("*", "", True),
    ],
)
def test_a_star_stands_for_anything_and_nothing_else_is_special(
    pattern: str, text: str, *, is_of_the_form: bool
) -> None:
    assert wildcard(pattern)(text) is is_of_the_form


@given(
    pattern=st.text("ab*?", max_size=8), text=st.text("ab?\n", max_size=10), single=st.booleans()
)
def test_it_says_what_a_regular_expression_says(pattern: str, text: str, *, single: bool) -> None:
    assert wildcard(pattern, single=single)(text) is by_definition(pattern, text, single=single)


@pytest.mark.parametrize("pattern", [f"{'a*' * 60}b", f"{'*a?' * 60}*b"])
def test_many_stars_do_not_keep_it_busy(pattern: str) -> None:
    assert wildcard(pattern, single=True)("a" * 5_000) is False


def test_no_filter_and_no_name_keeps_the_emulator_busy() -> None:
    desk = Desk(InstanceSpec("a" * 128))

    assert names(desk, InstanceName="a*" * 60 + "b") == []
    assert names(desk, InstanceName="a*" * 60) == ["a" * 128]


def test_no_resource_keeps_a_policy_busy() -> None:
    statement = {"Effect": "Allow", "Action": "ecs:*", "Resource": "acs:ecs:*:*:*:disk/*"}
    policy = Policy({"Version": "1", "Statement": [statement]})

    assert not policy.allows("ecs:StopInstance", f"acs:ecs:a:1:instance/{':' * 30_000}", {})
