"""Requests: what every function takes, what it refuses, and what the refusal says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

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
from shared.domain.selection import ByIds, ByTagsAndName, Everything, Selection
from shared.errors import InvalidEvent, Refused
from shared.request.request import Request, decode, description, require_cap_for_all
from shared.strict_json import shown
from tests.harness.actions import ACTIONS

TYPES: dict[str, type[Request]] = {name: action.request for name, action in ACTIONS.items()}
Fields = dict[str, Any]
BY_ID: Fields = {"instance_ids": ["i-1"]}
DEEP: Any = "x"
for _ in range(60):
    DEEP = [DEEP]


def refusal(fields: Fields, function: str = "stop") -> str:
    """What is said of a request that is invalid; always short."""
    with pytest.raises(InvalidEvent) as caught:
        decode(TYPES[function], fields, function)
    message = str(caught.value)
    assert len(message) < 300
    return message


VALUES: dict[str, list[object]] = {
    "text": ["false"],
    "number": [0, 1.5],
    "bool": [True],
    "list": [["i-1"]],
    "object": [{}],
}
SHARED = {
    "instance_ids": "list",
    "tags": "object",
    "name": "text",
    "all": "bool",
    "regions": "list",
    "dry_run": "bool",
    "max_instances": "number",
    "plan_id": "text",
    "notify": "bool",
    "action": "text",
}
OWN = {
    "stop": {"force": "bool", "stopped_mode": "text", "wait": "bool"},
    "start": {"wait": "bool"},
    "apply_schedule": {
        "schedule": "text",
        "enforced": "bool",
        "at": "text",
        "force": "bool",
        "stopped_mode": "text",
    },
    "release": {"force": "bool", "snapshot": "bool", "snapshot_retention_days": "number"},
    "set_auto_release": {"release_at": "text", "release_after": "text", "if_set": "text"},
    "clear_auto_release": {},
    "describe": {"prices": "bool"},
}


RIGHT = {
    (function, field): description(one, field)
    for function, one in TYPES.items()
    for field in one.__struct_fields__
}


def expected(one: type[Request], field: str) -> str:
    """What a field may hold, as an error goes on with it after "expected"."""
    text = description(one, field)
    return text[:1].lower() + text[1:]


def wrongly_typed() -> Iterator[tuple[str, str, object]]:
    """Every field of every function with null and with every value of another type."""
    for function, own in OWN.items():
        for field, right_type in {**SHARED, **own}.items():
            yield function, field, None
            for name, values in VALUES.items():
                if name != right_type:
                    yield from ((function, field, value) for value in values)


def test_every_field_of_every_function_is_in_these_tables() -> None:
    assert {name: set(one.__struct_fields__) for name, one in TYPES.items()} == {
        function: {*SHARED, *own} for function, own in OWN.items()
    }


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


IDS_RIGHT = expected(Request, "instance_ids")
HUGE = f"'{'x' * 58}…"
ID_RIGHT = 'an instance id such as "i-bp1…".'
REGION_RIGHT = 'a region id such as "cn-hangzhou".'
TAGS_RIGHT = expected(Request, "tags")
NO_STARS = 'a name that does not match every instance; omit it next to "tags", or use "all".'
NAME_RIGHT = expected(Request, "name")
REGIONS_RIGHT = expected(Request, "regions")
DRY_RUN_RIGHT = expected(Request, "dry_run")
MAX_RIGHT = expected(Request, "max_instances")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param(
            {"instance_ids": []}, f"instance_ids: [] is invalid: expected {IDS_RIGHT}", id="no-ids"
        ),
        pytest.param(
            {"instance_ids": ["i-1", ""]},
            f"instance_ids[1]: '' is invalid: expected {ID_RIGHT}",
            id="an-empty-id",
        ),
        pytest.param(
            {"instance_ids": ["i-1", None]},
            f"instance_ids[1]: null is invalid: expected {ID_RIGHT}",
            id="a-null-id",
        ),
        pytest.param(
            {"instance_ids": ["i-1\n"]},
            f"instance_ids[0]: 'i-1\\n' is invalid: expected {ID_RIGHT}",
            id="an-id-with-a-newline",
        ),
        pytest.param(
            {"instance_ids": [" i-1"]},
            f"instance_ids[0]: ' i-1' is invalid: expected {ID_RIGHT}",
            id="an-id-with-a-space",
        ),
        pytest.param(
            {"instance_ids": ["i-*"]},
            f"instance_ids[0]: 'i-*' is invalid: expected {ID_RIGHT}",
            id="an-id-with-a-star",
        ),
        pytest.param(
            {"instance_ids": ["i-\N{FULLWIDTH DIGIT ONE}"]},
            f"instance_ids[0]: 'i-\N{FULLWIDTH DIGIT ONE}' is invalid: expected {ID_RIGHT}",
            id="an-id-in-other-digits",
        ),
        pytest.param(
            {"instance_ids": ["i-1"] * 9_999 + ["d-1"]},
            f"instance_ids[9999]: 'd-1' is invalid: expected {ID_RIGHT}",
            id="one-wrong-id-of-ten-thousand",
        ),
        pytest.param(
            {"instance_ids": ["i-" + "1" * 41]},
            f"instance_ids[0]: 'i-{'1' * 41}' is invalid: expected {ID_RIGHT}",
            id="a-long-id",
        ),
        pytest.param(
            {"instance_ids": ["i-1"] * 10_001},
            f"instance_ids: {repr(['i-1'] * 20)[:59]}… is invalid: expected {IDS_RIGHT}",
            id="too-many-ids",
        ),
        pytest.param(
            {"instance_ids": DEEP},
            f"instance_ids[0]: {'[' * 59}… is invalid: expected {ID_RIGHT}",
            id="deeply-nested-ids",
        ),
        pytest.param({"tags": {}}, f"tags: {{}} is invalid: expected {TAGS_RIGHT}", id="no-tags"),
        pytest.param(
            {"tags": []}, f"tags: [] is invalid: expected {TAGS_RIGHT}", id="tags-in-a-list"
        ),
        pytest.param(
            {"tags": {"team": []}},
            f"tags: {{'team': []}} is invalid: expected {TAGS_RIGHT}",
            id="a-tag-of-no-values",
        ),
        pytest.param(
            {"tags": {"team": None}},
            f"tags: {{'team': None}} is invalid: expected {TAGS_RIGHT}",
            id="a-tag-of-null",
        ),
        pytest.param(
            {"tags": {"team": True}},
            f"tags: {{'team': True}} is invalid: expected {TAGS_RIGHT}",
            id="a-tag-of-true",
        ),
        pytest.param(
            {"tags": {"team": ["dev", 5]}},
            f"tags: {{'team': ['dev', 5]}} is invalid: expected {TAGS_RIGHT}",
            id="a-tag-value-that-is-a-number",
        ),
        pytest.param(
            {"tags": {"team": ["dev", "*"]}},
            "tags.team: ('dev', '*') is invalid: expected \"*\" alone, not in a list, for any "
            "value.",
            id="a-star-in-a-list",
        ),
        pytest.param(
            {"tags": {"": "dev"}},
            f"tags: {{'': 'dev'}} is invalid: expected {TAGS_RIGHT}",
            id="an-empty-key",
        ),
        pytest.param(
            {"tags": {"k" * 129: "dev"}},
            f"tags: {{'{'k' * 57}… is invalid: expected {TAGS_RIGHT}",
            id="a-long-key",
        ),
        pytest.param(
            {"tags": {"k": "v" * 129}},
            f"tags: {{'k': '{'v' * 52}… is invalid: expected {TAGS_RIGHT}",
            id="a-long-value",
        ),
        pytest.param(
            {"tags": {f"k{n}": "" for n in range(21)}},
            "tags: {'k0': '', 'k1': '', 'k2': '', 'k3': '', 'k4': '', 'k5': ''… is invalid: "
            "expected " + TAGS_RIGHT,
            id="more-tags-than-ecs-can-filter-by",
        ),
        pytest.param(
            {"tags": {"team`": {"$.name": 5}}},
            f"tags: {{'team`': {{'$.name': 5}}}} is invalid: expected {TAGS_RIGHT}",
            id="a-key-like-a-path",
        ),
        pytest.param(
            {"tags": {"team": "dev", "all": "x", "dry_run": True}},
            "tags: {'team': 'dev', 'all': 'x', 'dry_run': True} is invalid: expected "
            f"{TAGS_RIGHT} "
            'The field "dry_run" goes next to "tags", not inside.',
            id="a-field-inside-of-tags",
        ),
        pytest.param({"name": ""}, f"name: '' is invalid: expected {NAME_RIGHT}", id="no-name"),
        pytest.param(
            {"name": "*"},
            f"name: '*' is invalid: expected {NO_STARS}",
            id="a-name-that-matches-all",
        ),
        pytest.param(
            {"name": "* **"},
            f"name: '* **' is invalid: expected {NO_STARS}",
            id="a-name-of-stars-and-spaces",
        ),
        pytest.param(
            {"name": "*", "tags": {"team": "dev"}},
            f"name: '*' is invalid: expected {NO_STARS}",
            id="a-name-that-matches-all-beside-tags",
        ),
        pytest.param(
            {"name": "n" * 129},
            f"name: '{'n' * 58}… is invalid: expected {NAME_RIGHT}",
            id="a-long-name",
        ),
        pytest.param(
            {"all": False},
            "all: false is invalid: expected true, or omit it to select in another way.",
            id="all-false",
        ),
        pytest.param(
            {**BY_ID, "all": False},
            "all: false is invalid: expected true, or omit it to select in another way.",
            id="all-false-beside-ids",
        ),
        pytest.param(
            {**BY_ID, "regions": []},
            f"regions: [] is invalid: expected {REGIONS_RIGHT}",
            id="no-regions",
        ),
        pytest.param(
            {**BY_ID, "regions": ["cn-hangzhou", "cn-hangzhou\n"]},
            f"regions[1]: 'cn-hangzhou\\n' is invalid: expected {REGION_RIGHT}",
            id="a-region-with-a-newline",
        ),
        pytest.param(
            {**BY_ID, "regions": ["evil.example.com/"]},
            f"regions[0]: 'evil.example.com/' is invalid: expected {REGION_RIGHT}",
            id="a-region-that-is-a-host",
        ),
        pytest.param(
            {**BY_ID, "dry_run": "false"},
            f"dry_run: 'false' is invalid: expected {DRY_RUN_RIGHT}",
            id="the-text-false",
        ),
        pytest.param(
            {**BY_ID, "dry_run": 1},
            f"dry_run: 1 is invalid: expected {DRY_RUN_RIGHT}",
            id="1-for-true",
        ),
        pytest.param(
            {**BY_ID, "max_instances": 0},
            f"max_instances: 0 is invalid: expected {MAX_RIGHT}",
            id="a-cap-of-0",
        ),
        pytest.param(
            {**BY_ID, "max_instances": -5},
            f"max_instances: -5 is invalid: expected {MAX_RIGHT}",
            id="a-negative-cap",
        ),
        pytest.param(
            {**BY_ID, "max_instances": 1_000_001},
            f"max_instances: 1000001 is invalid: expected {MAX_RIGHT}",
            id="a-great-cap",
        ),
        pytest.param(
            {**BY_ID, "max_instances": 10**63},
            f"max_instances: 1{'0' * 58}… is invalid: expected {MAX_RIGHT}",
            id="a-huge-cap",
        ),
        pytest.param(
            {**BY_ID, "max_instances": 5.0},
            f"max_instances: 5.0 is invalid: expected {MAX_RIGHT}",
            id="a-cap-with-a-point",
        ),
        pytest.param(
            {**BY_ID, "plan_id": ""},
            f"plan_id: '' is invalid: expected {expected(Request, 'plan_id')}",
            id="an-empty-plan",
        ),
        pytest.param(
            {**BY_ID, "action": "start"},
            "action: this request is for start, but this function is stop: send it to start",
            id="another-functions-message",
        ),
        pytest.param(
            {"action": "release", "dry_run": "false", "nonsense": 1},
            "action: this request is for release, but this function is stop: send it to release",
            id="another-functions-message-whatever-else-is-wrong",
        ),
        pytest.param(
            {**BY_ID, "action": "x" * 100_000},
            f"action: this request is for {HUGE}, but this function is stop: send it to {HUGE}",
            id="a-huge-action",
        ),
        pytest.param(
            {**BY_ID, "instnace_ids": ["i-2"]},
            "'instnace_ids' is not a field of this request. Did you mean instance_ids?",
            id="a-misspelt-field",
        ),
        pytest.param(
            {**BY_ID, "dryrun": True},
            "'dryrun' is not a field of this request. Did you mean dry_run?",
            id="a-misspelt-dry-run",
        ),
        pytest.param(
            {**BY_ID, "DRY_RUN": True},
            "'DRY_RUN' is not a field of this request. This function knows instance_ids, tags, "
            "name, all, regions, dry_run, max_instances, plan_id, notify, action, force, "
            "stopped_mode, wait.",
            id="a-field-in-other-letters",
        ),
        pytest.param(
            {**BY_ID, "`$.name`": 1},
            "'`$.name`' is not a field of this request. Did you mean name?",
            id="a-field-like-a-path",
        ),
        pytest.param(
            {**BY_ID, "": 1},
            "'' is not a field of this request. This function knows instance_ids, tags, "
            "name, all, regions, dry_run, max_instances, plan_id, notify, action, force, "
            "stopped_mode, wait.",
            id="a-field-without-a-name",
        ),
        pytest.param(
            {**BY_ID, "f" * 100_000: 1},
            f"'{'f' * 58}… is not a field of this request. This function knows instance_ids, tags, "
            "name, all, regions, dry_run, max_instances, plan_id, notify, action, force, "
            "stopped_mode, wait.",
            id="a-field-with-a-huge-name",
        ),
        pytest.param(
            {**BY_ID, "stopped_mode": "stopcharging"},
            "stopped_mode: 'stopcharging' is invalid: expected "
            + expected(StopRequest, "stopped_mode"),
            id="a-mode-in-small-letters",
        ),
        pytest.param(
            {**BY_ID, "stopped_mode": "Object contains unknown field `x`"},
            "stopped_mode: 'Object contains unknown field `x`' is invalid: expected "
            + expected(StopRequest, "stopped_mode"),
            id="a-value-like-the-validators-words",
        ),
        pytest.param(
            {**BY_ID, "stopped_mode": "x` - at `$.tags`"},
            "stopped_mode: 'x` - at `$.tags`' is invalid: expected "
            + expected(StopRequest, "stopped_mode"),
            id="a-value-like-a-path",
        ),
        pytest.param(
            {**BY_ID, "tags": {"team": "dev"}},
            "instance_ids and tags: only one way of selecting is allowed; specify one of "
            '"instance_ids", "tags" and/or "name", "all"',
            id="ids-and-tags",
        ),
        pytest.param(
            {**BY_ID, "tags": {"team": "dev"}, "name": "ci-*", "all": True},
            "instance_ids and tags and name and all: only one way of selecting is allowed; "
            "specify one of "
            '"instance_ids", "tags" and/or "name", "all"',
            id="all-ways-at-once",
        ),
        pytest.param(
            {"name": "ci-*", "all": True},
            "name and all: only one way of selecting is allowed; specify one of "
            '"instance_ids", "tags" and/or "name", "all"',
            id="name-and-all",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_was_there_and_what_would_be_right(
    fields: Fields, message: str
) -> None:
    assert refusal(fields) == message


@pytest.mark.parametrize(
    ("function", "field", "value"),
    [
        ("release", "snapshot_retention_days", 0),
        ("release", "snapshot_retention_days", 65_537),
        ("release", "snapshot_retention_days", 7.0),
        ("release", "snapshot", "false"),
        ("release", "force", 1),
        ("set_auto_release", "if_set", "Keep"),
        ("set_auto_release", "if_set", ""),
        ("start", "wait", "true"),
        ("stop", "wait", 0),
    ],
)
def test_a_functions_own_fields_are_held_to_as_strictly(
    function: str, field: str, value: object
) -> None:
    assert refusal({**BY_ID, field: value}, function) == (
        f"{field}: {value!r} is invalid: expected {expected(TYPES[function], field)}"
    )


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


def schema_of(request_type: type[Request]) -> dict[str, Any]:
    schema = msgspec.json.schema(request_type)
    definition: dict[str, Any] = schema["$defs"][request_type.__name__]
    return definition


JSON_TYPES = {"list": "array", "object": "object", "text": "string", "bool": "boolean"}
OWN_SAMPLES: dict[str, list[Fields]] = {
    "stop": [{"force": True, "stopped_mode": "StopCharging", "wait": False}],
    "start": [{"wait": False}],
    "release": [{"force": True, "snapshot": False, "snapshot_retention_days": 30}],
    "set_auto_release": [
        {"release_at": "2026-11-24T20:00:00+08:00"},
        {"release_after": "2h", "if_set": "later"},
    ],
    "clear_auto_release": [],
    "describe": [{"prices": True}],
}


@pytest.mark.parametrize("function", TYPES)
def test_the_schema_knows_the_fields_that_decoding_knows(function: str) -> None:
    schema = schema_of(TYPES[function])

    assert set(schema["properties"]) == {*SHARED, *OWN[function]}
    assert schema["additionalProperties"] is False
    assert schema["required"] == []
    assert schema["properties"]["all"]["const"] is True


@pytest.mark.parametrize("function", TYPES)
def test_the_schema_has_the_types_that_decoding_has(function: str) -> None:
    properties = schema_of(TYPES[function])["properties"]
    types = {**SHARED, **OWN[function]}

    assert {name: one["type"] for name, one in properties.items() if "type" in one} == {
        name: JSON_TYPES.get(types[name], "integer")
        for name in properties
        if "enum" not in properties[name]
    }
    assert {name: one["enum"] for name, one in properties.items() if "enum" in one} == {
        "stop": {"stopped_mode": ["KeepCharging", "StopCharging"]},
        "apply_schedule": {"stopped_mode": ["KeepCharging", "StopCharging"]},
        "set_auto_release": {"if_set": ["earlier", "keep", "later", "replace"]},
    }.get(function, {})


@pytest.mark.parametrize(
    ("function", "fields"),
    [
        (function, {**selecting, **own})
        for function, samples in OWN_SAMPLES.items()
        for own in ({}, {"dry_run": True, "max_instances": 5, "action": function}, *samples)
        for selecting in (
            BY_ID,
            {"tags": {"team": ["dev", "qa"], "env": "*"}, "name": "ci-*"},
            {"all": True, "max_instances": 5, "regions": ["cn-hangzhou"]},
        )
    ],
)
def test_the_schema_accepts_what_decoding_accepts(function: str, fields: Fields) -> None:
    properties = schema_of(TYPES[function])["properties"]

    decode(TYPES[function], json.loads(json.dumps(fields)), function)

    assert set(fields) <= set(properties)
    for field, value in fields.items():
        assert value in properties[field].get("enum", [value])


@pytest.mark.parametrize(
    ("field", "sender"),
    [
        ("payload", "a timer's event"),
        ("Message", "an MNS topic's event"),
        ("body", "an HTTP event"),
        ("data", "an EventBridge event"),
        ("parameter", "a Log Service event"),
        ("requestPayload", "a failure destination's record"),
    ],
)
def test_a_part_of_a_trigger_is_told_as_that(field: str, sender: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        decode(Request, {field: '{"instance_ids": ["i-1"]}'}, "stop")

    assert str(caught.value) == (
        f"'{field}' is not a field of this request but of {sender}, which has the request inside "
        "it: send only what is inside, or the whole event"
    )
