"""Requests: what every function takes, what it refuses, and what the refusal says."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from pytest_mock import MockerFixture

from functions.release import ReleaseRequest
from functions.set_auto_release import SetAutoReleaseRequest
from functions.start import StartRequest
from functions.stop import StopRequest
from shared.base.errors import InvalidEvent, Refused
from shared.base.strict_json import shown
from shared.domain.selection import ByIds, ByTagsAndName, Everything, Selection
from shared.request.explained import description
from shared.request.request import Request, decode, require_cap_for_all
from tests.unit.request.fields import BY_ID, OWN, SHARED, TYPES, Fields, expected, refusal

VALUES: dict[str, list[object]] = {
    "text": ["false"],
    "number": [0, 1.5],
    "bool": [True],
    "list": [["i-1"]],
    "object": [{}],
}

RIGHT = {
    (function, field): description(one, field)
    for function, one in TYPES.items()
    for field in one.__struct_encode_fields__
}


def wrongly_typed() -> Iterator[tuple[str, str, object]]:
    """Every field of every function with null and with every value of another type."""
    for function, own in OWN.items():
        for field, right_type in {**SHARED, **own}.items():
            yield function, field, None
            for name, values in VALUES.items():
                if name not in right_type.split(" or "):
                    yield from ((function, field, value) for value in values)


def test_every_field_of_every_function_is_in_these_tables() -> None:
    fields = {name: set(one.__struct_encode_fields__) for name, one in TYPES.items()}
    in_tables = {function: {*SHARED, *own} for function, own in OWN.items()}

    assert in_tables == fields, "say in OWN (fields.py) which fields it has, and of which type"


def test_nothing_is_coerced_and_null_is_no_value() -> None:
    for function, field, value in wrongly_typed():
        fields = {**BY_ID, "max_instances": 5, field: value}
        if field == "action" and isinstance(value, str):
            continue
        message = refusal(fields, function)
        assert (
            message
            == f"{field}: {shown(value)} is invalid: expected {expected(TYPES[function], field)}"
        )


def test_every_field_says_what_would_be_right() -> None:
    assert [field for field, right in RIGHT.items() if not right.endswith(".")] == []


@pytest.mark.parametrize(
    ("function", "field"),
    [
        (function, field)
        for function, own in OWN.items()
        for field in sorted({name for others in OWN.values() for name in others} - set(own))
    ],
)
def test_another_functions_field_is_refused(function: str, field: str) -> None:
    assert refusal({**BY_ID, field: True}, function).startswith(
        f"{field!r} is not a field of this request. "
    )


@pytest.mark.parametrize("function", TYPES)
@pytest.mark.parametrize("other", TYPES)
def test_a_message_for_another_function_is_refused(function: str, other: str) -> None:
    fields = {**BY_ID, "action": other}

    if function == other:
        assert decode(TYPES[function], fields, function).action == other
    else:
        assert refusal(fields, function) == (
            f"action: this request is for {other}, but this function is {function}: send it to "
            f"{other}"
        )


@pytest.mark.parametrize("function", TYPES)
@pytest.mark.parametrize("fields", [{}, {"dry_run": True}, {"regions": ["cn-hangzhou"]}], ids=str)
def test_a_request_that_selects_nothing_is_refused(function: str, fields: Fields) -> None:
    with pytest.raises(Refused) as caught:
        decode(TYPES[function], fields, function)

    assert str(caught.value) == (
        'nothing is selected: specify "instance_ids", or "tags" and/or "name", or "all"'
    )


@pytest.mark.parametrize(
    ("fields", "selection"),
    [
        pytest.param(BY_ID, ByIds(("i-1",)), id="ids"),
        pytest.param(
            {"instance_ids": ["i-2", "i-1", "i-2"]}, ByIds(("i-2", "i-1")), id="each-id-once"
        ),
        pytest.param(
            {"tags": {"team": "dev"}},
            ByTagsAndName((("team", frozenset({"dev"})),)),
            id="a-tag",
        ),
        pytest.param({"tags": {"team": "*"}}, ByTagsAndName((("team", None),)), id="any-value"),
        pytest.param(
            {"tags": {"team": ""}}, ByTagsAndName((("team", frozenset({""})),)), id="empty-value"
        ),
        pytest.param(
            {"tags": {"team": ["dev", "qa"], "env": ["ci"]}},
            ByTagsAndName((("team", frozenset({"dev", "qa"})), ("env", frozenset({"ci"})))),
            id="values-of-tags",
        ),
        pytest.param(
            {"tags": {"team": "d*"}},
            ByTagsAndName((("team", frozenset({"d*"})),)),
            id="a-star-within-a-value-is-a-star",
        ),
        pytest.param({"name": "ci-*"}, ByTagsAndName(name="ci-*"), id="name"),
        pytest.param(
            {"name": "ci-*", "tags": {"team": "dev"}},
            ByTagsAndName((("team", frozenset({"dev"})),), "ci-*"),
            id="name-and-tags",
        ),
        pytest.param({"all": True, "max_instances": 5}, Everything(), id="all"),
    ],
)
@pytest.mark.parametrize("function", TYPES)
def test_every_function_selects_alike(function: str, fields: Fields, selection: Selection) -> None:
    assert decode(TYPES[function], fields, function).selection() == selection


def test_what_is_left_out_is_the_safe_choice() -> None:
    assert decode(StopRequest, BY_ID, "stop") == StopRequest(
        instance_ids=("i-1",), force=False, stopped_mode=UNSET, wait=True
    )
    assert decode(StartRequest, BY_ID, "start") == StartRequest(instance_ids=("i-1",), wait=True)
    assert decode(ReleaseRequest, BY_ID, "release") == ReleaseRequest(
        instance_ids=("i-1",), force=False, snapshot=True, snapshot_retention_days=7
    )
    assert decode(SetAutoReleaseRequest, BY_ID, "set_auto_release") == SetAutoReleaseRequest(
        instance_ids=("i-1",), release_at=UNSET, release_after=UNSET, if_set="replace"
    )


@pytest.mark.parametrize("function", TYPES)
def test_what_is_stated_is_kept(function: str) -> None:
    fields = {
        **BY_ID,
        "regions": ["cn-hangzhou", "ap-southeast-1"],
        "dry_run": False,
        "max_instances": 1_000_000,
        "plan_id": "p1-x-y",
        "notify": False,
        "action": function,
    }

    request = decode(TYPES[function], fields, function)

    assert msgspec.to_builtins(request, builtin_types=(tuple,)) == {
        **msgspec.to_builtins(decode(TYPES[function], BY_ID, function)),
        **fields,
        "instance_ids": ("i-1",),
        "regions": ("cn-hangzhou", "ap-southeast-1"),
    }


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"all": True}, True),
        ({"all": True, "max_instances": 5}, False),
        ({"all": True, "dry_run": True}, True),
        (BY_ID, False),
        ({"name": "ci-*"}, False),
    ],
)
def test_all_comes_only_with_an_explicit_cap(
    fields: Fields,
    refused: bool,  # noqa: FBT001  # a column of the table
) -> None:
    request = decode(StopRequest, fields, "stop")

    if not refused:
        require_cap_for_all(request)
        return
    with pytest.raises(Refused) as caught:
        require_cap_for_all(request)
    assert str(caught.value) == (
        '"all" selects every instance, so it must come with "max_instances": '
        "the most that may change"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=5,
)
KEYS = st.sampled_from([*SHARED, *(field for own in OWN.values() for field in own)])


@settings(max_examples=60)
@given(st.sampled_from(sorted(TYPES)), st.dictionaries(KEYS | st.text(), JSON, max_size=4))
def test_nothing_but_two_short_errors_is_raised(function: str, fields: Fields) -> None:
    try:
        request = decode(TYPES[function], fields, function)
    except (InvalidEvent, Refused) as error:
        assert len(str(error)) < 300  # noqa: PT017  # most requests raise, some do not
    else:
        assert isinstance(request.selection(), ByIds | ByTagsAndName | Everything)


def test_what_the_validator_says_of_no_field_is_quoted_in_part(mocker: MockerFixture) -> None:
    mocker.patch("msgspec.convert", side_effect=msgspec.ValidationError("odd " * 100))

    assert refusal(BY_ID) == f"the request is invalid: {'odd ' * 50}"


def test_a_field_without_a_description_has_none_to_show() -> None:
    class Bare(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
        level: int = 0

    assert description(Bare, "level") == ""
