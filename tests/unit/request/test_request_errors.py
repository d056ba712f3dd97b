"""What the refusal of a request says: what was there, and what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from functions.stop import StopRequest
from shared.base.errors import InvalidEvent
from shared.request.request import Request, decode
from tests.unit.request.fields import BY_ID, TYPES, Fields, expected, refusal

DEEP: Any = "x"
for _ in range(60):
    DEEP = [DEEP]
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
            "name, all, except, older_than, without_tags, days, regions, dry_run, "
            "max_instances, plan_id, notify, action, force, stopped_mode, wait.",
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
            "name, all, except, older_than, without_tags, days, regions, dry_run, "
            "max_instances, plan_id, notify, action, force, stopped_mode, wait.",
            id="a-field-without-a-name",
        ),
        pytest.param(
            {**BY_ID, "f" * 100_000: 1},
            f"'{'f' * 58}… is not a field of this request. This function knows instance_ids, tags, "
            "name, all, except, older_than, without_tags, days, regions, dry_run, "
            "max_instances, plan_id, notify, action, force, stopped_mode, wait.",
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
