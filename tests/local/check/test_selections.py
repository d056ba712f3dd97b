"""Whether two requests can select the same instance."""

from __future__ import annotations

from typing import Any

import pytest

from local.check.selections import are_apart

DEV = {"tags": {"env": "dev"}}

APART: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "another value": (DEV, {"tags": {"env": "prod"}}),
    "none of several values": (DEV, {"tags": {"env": ["prod", "test"], "team": "a"}}),
    "other ids": ({"instance_ids": ["i-1"]}, {"instance_ids": ["i-2", "i-3"]}),
    "other regions": ({**DEV, "regions": ["cn-hangzhou"]}, {**DEV, "regions": ["cn-beijing"]}),
    "excepted by value": ({"all": True, "except": DEV}, DEV),
    "excepted by several values": (
        {"all": True, "except": {"tags": {"env": ["dev", "test"]}}},
        {"tags": {"env": ["test", "dev"]}},
    ),
    "excepted whatever its value": ({"all": True, "except": {"tags": {"env": "*"}}}, DEV),
    "without the tag": ({"all": True, "without_tags": ["owner", "env"]}, DEV),
}
TOGETHER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the same": (DEV, DEV),
    "another tag": (DEV, {"tags": {"team": "a"}}),
    "any value": (DEV, {"tags": {"env": "*"}}),
    "one of several values": (DEV, {"tags": {"env": ["prod", "dev"]}}),
    "all": (DEV, {"all": True}),
    "an id": (DEV, {"instance_ids": ["i-1"]}),
    "names": ({"name": "a*"}, {"name": "b*"}),
    "one region of several": (
        {**DEV, "regions": ["cn-hangzhou"]},
        {**DEV, "regions": ["cn-beijing", "cn-hangzhou"]},
    ),
    "regions of one alone": ({**DEV, "regions": ["cn-hangzhou"]}, DEV),
    "another value excepted": ({"all": True, "except": {"tags": {"env": "prod"}}}, DEV),
    "one value of any excepted": ({"all": True, "except": DEV}, {"tags": {"env": "*"}}),
    "a name excepted": ({"all": True, "except": {"name": "dev-*"}}, DEV),
    "without another tag": ({"all": True, "without_tags": ["owner"]}, DEV),
}


@pytest.mark.parametrize(("one", "other"), APART.values(), ids=APART)
def test_what_is_certainly_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (are_apart(one, other), are_apart(other, one)) == (True, True)


@pytest.mark.parametrize(("one", "other"), TOGETHER.values(), ids=TOGETHER)
def test_what_can_be_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (are_apart(one, other), are_apart(other, one)) == (False, False)


@pytest.mark.parametrize(
    "broken",
    [{"tags": "env"}, {"tags": {"env": 1}}, {"except": ["x"]}, {"regions": "x"}, {"tags": None}],
)
def test_what_the_function_would_refuse_is_no_reason_to_stumble(broken: dict[str, Any]) -> None:
    assert isinstance(are_apart(broken, DEV), bool)
    assert isinstance(are_apart(DEV, broken), bool)
