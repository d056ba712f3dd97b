"""What comes near a selection that matched nothing: keys, values, names, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.hints import FIELDS, nearest
from shared.domain.instance import Instance, Status
from shared.domain.selection import ByIds, ByTagsAndName, Everything, Selection, selects
from shared.request.request import Request

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
WILDCARD = ' "*" inside a value is not a wildcard; "*" alone means any value.'


def instance(name: str = "", **tags: str) -> Instance:
    return Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, name=name, tags=tags)


def tagged(tags: Mapping[str, tuple[str, ...] | None], name: str = "*") -> ByTagsAndName:
    return ByTagsAndName(
        tuple((key, frozenset(values) if values else None) for key, values in tags.items()), name
    )


PAGE = [
    instance("web-1", team="dev", env="ci"),
    instance("web-2", team="ops", env="prod"),
    instance("数据库-1", Owner="li.wei"),
]


@pytest.mark.parametrize(
    ("selection", "hint"),
    [
        pytest.param(
            tagged({"Team": None}),
            "no instance has the tag key Team; the tag key team exists.",
            id="key-in-another-case",
        ),
        pytest.param(
            tagged({"owner": ("li.wei",)}),
            "no instance has the tag key owner; the tag key Owner exists.",
            id="key-in-another-case-with-its-value",
        ),
        pytest.param(
            tagged({"teams": ("dev",)}),
            "no instance has the tag key teams; the tag key team exists.",
            id="key-misspelt",
        ),
        pytest.param(
            tagged({"cost-centre": None}),
            "no instance has the tag key cost-centre.",
            id="key-that-nothing-comes-near",
        ),
        pytest.param(
            tagged({"team": ("Dev",)}),
            "no instance has team=Dev; team=dev exists.",
            id="value-in-another-case",
        ),
        pytest.param(
            tagged({"env": ("prd",)}),
            "no instance has env=prd; env=prod exists.",
            id="value-misspelt",
        ),
        pytest.param(
            tagged({"team": ("de*",)}),
            f"no instance has team=de*; team=dev exists.{WILDCARD}",
            id="value-with-a-wildcard",
        ),
        pytest.param(
            tagged({"team": ("*-x*",)}),
            f"no instance has team=*-x*.{WILDCARD}",
            id="wildcard-that-nothing-comes-near",
        ),
        pytest.param(
            tagged({"team": ("dev",), "env": ("prod",)}),
            "each of the tags exists, but no instance has all of them.",
            id="tags-of-different-instances",
        ),
        pytest.param(
            tagged({"team": ("dev",), "Owner": ("li.wie",)}),
            "no instance read has Owner=li.wie; Owner=li.wei exists.",
            id="second-of-two-tags",
        ),
        pytest.param(
            tagged({}, "wbe-1"),
            "no instance has the name wbe-1; the name web-1 exists.",
            id="name-misspelt",
        ),
        pytest.param(
            tagged({}, "WEB-1"),
            "no instance has the name WEB-1; the name web-1 exists.",
            id="name-in-another-case",
        ),
        pytest.param(
            tagged({}, "数剧库-1"),
            "no instance has the name 数剧库-1; the name 数据库-1 exists.",
            id="name-in-chinese",
        ),
        pytest.param(
            tagged({"team": ("dev",)}, "web-2"),
            "there are instances with the tags, and with the name, but none with both.",
            id="name-of-one-with-other-tags",
        ),
    ],
)
def test_what_comes_near_is_told(selection: Selection, hint: str) -> None:
    assert nearest(selection, PAGE) == hint


@pytest.mark.parametrize(
    ("selection", "is_all", "hint"),
    [
        (tagged({"team": ("dev",), "env": ("prd",)}), True, "no instance has env=prd; "),
        (tagged({"team": ("dev",), "env": ("prd",)}), False, "no instance read has env=prd; "),
        (tagged({"team": ("dev ",)}), False, "no instance has team='dev '; team=dev exists."),
        (tagged({"env": ("a=b",)}), False, "no instance has env='a=b'."),
    ],
)
def test_what_was_not_all_looked_at_is_said_so_and_what_cannot_be_seen_is_quoted(
    selection: Selection,
    is_all: bool,  # noqa: FBT001  # a table's column
    hint: str,
) -> None:
    assert nearest(selection, PAGE, is_all=is_all).startswith(hint)


@pytest.mark.parametrize(
    ("stated", "named"), [("teams", "team"), ("Teams", "Team"), ("TEAMS", "TEAM"), ("tEam", "team")]
)
def test_of_spellings_in_another_case_the_nearest_is_told(stated: str, named: str) -> None:
    page = [instance(**{key: "dev"}) for key in ("team", "TEAM", "Team")]

    assert nearest(tagged({stated: None}), page).endswith(f"; the tag key {named} exists.")


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_inside_of_tags_is_told(field: str) -> None:
    told = nearest(tagged({field: ("cn-beijing",)}), PAGE)

    assert told.endswith(f'the field "{field}" goes next to "tags".')
    assert "goes next to" not in nearest(tagged({"cost-centre": None}), PAGE)


def test_the_fields_of_every_request_are_known_as_such() -> None:
    assert set(FIELDS) >= set(Request.__struct_encode_fields__)


@pytest.mark.parametrize("selection", [Everything(), ByIds(("i-2",))], ids=["all", "ids"])
def test_only_tags_and_names_have_something_near(selection: Selection) -> None:
    assert nearest(selection, PAGE) == ""


def test_where_there_is_nothing_nothing_comes_near() -> None:
    assert nearest(tagged({"team": ("dev",)}), []) == ""


@given(
    st.dictionaries(st.text(max_size=5), st.none() | st.tuples(st.text(max_size=5)), max_size=3),
    st.text(max_size=8),
)
def test_whatever_is_asked_for_a_hint_is_a_sentence(
    tags: Mapping[str, tuple[str, ...] | None], name: str
) -> None:
    selection = tagged(tags, name)
    assume(not any(selects(selection, one) for one in PAGE))

    hint = nearest(selection, PAGE)

    assert hint == hint.strip()
    assert hint.endswith(".")
