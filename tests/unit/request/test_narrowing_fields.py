"""The fields that narrow: what they mean, what is refused, and what the refusal says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from shared.base.errors import InvalidEvent
from shared.domain.narrowing import Kept, Narrowing
from shared.request.explained import description
from shared.request.fields import Except
from shared.request.request import Request, decode
from tests.harness.actions import ACTIONS

AT = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
BY_TAG: dict[str, Any] = {"tags": {"team": "dev"}}


def expected(of: type[Except | Request], field: str) -> str:
    """What the refusal of a value says would be right."""
    right = description(of, field)
    return f"is invalid: expected {right[0].lower()}{right[1:]}"


EXCEPT, OLDER, WITHOUT = (
    expected(Request, field) for field in ("except", "older_than", "without_tags")
)
TAGS, IDS, NAME = (expected(Except, field) for field in ("tags", "instance_ids", "name"))
FUNCTION_KNOWS = f"This function knows {', '.join(Request.__struct_encode_fields__)}."
KNOWS = 'It knows instance_ids, tags, name; tag keys go inside "tags".'


@pytest.mark.parametrize(
    ("fields", "narrowing"),
    [
        pytest.param({}, Narrowing(), id="nothing"),
        pytest.param(
            {
                "except": {
                    "instance_ids": ["i-2", "i-1", "i-2"],
                    "tags": {"env": ["prod", "live"], "owner": "*"},
                    "name": "db-*",
                }
            },
            Narrowing(
                Kept(
                    frozenset({"i-1", "i-2"}),
                    (("env", frozenset({"prod", "live"})), ("owner", None)),
                    "db-*",
                )
            ),
            id="except",
        ),
        pytest.param(
            {"older_than": "90m"},
            Narrowing(older_than="90m", created_by=AT - timedelta(minutes=90)),
            id="older_than",
        ),
        pytest.param(
            {"older_than": "999999d"},
            Narrowing(older_than="999999d", created_by=datetime(1, 1, 1, tzinfo=timezone.utc)),
            id="older-than-the-calendar",
        ),
        pytest.param(
            {"without_tags": ["owner", "team"]},
            Narrowing(without_tags=("owner", "team")),
            id="without_tags",
        ),
    ],
)
@pytest.mark.parametrize("function", ACTIONS)
def test_every_function_reads_them_alike(
    function: str, fields: dict[str, Any], narrowing: Narrowing
) -> None:
    request = decode(ACTIONS[function].request, {**BY_TAG, **fields}, function)

    assert request.narrowing(AT) == narrowing


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"except": {}}, f"except: {{}} {EXCEPT}", id="empty-except"),
        pytest.param({"except": []}, f"except: [] {EXCEPT}", id="except-list"),
        pytest.param(
            {"except": {"tag": {"a": "b"}}},
            "'tag' is not a field of except. Did you mean tags?",
            id="misspelt-in-except",
        ),
        pytest.param(
            {"except": {"env": "prod"}},
            f"'env' is not a field of except. {KNOWS}",
            id="a-tag-beside-tags",
        ),
        pytest.param(
            {"except": {"payload": "x"}},
            f"'payload' is not a field of except. {KNOWS}",
            id="no-trigger-in-except",
        ),
        pytest.param(
            {"except": {"instance_ids": []}},
            f"except.instance_ids: [] {IDS}",
            id="no-ids",
        ),
        pytest.param(
            {"except": {"instance_ids": ["i-1", "web"]}},
            "except.instance_ids[1]: 'web' is invalid: expected an instance id such as \"i-bp1…\".",
            id="no-id",
        ),
        pytest.param(
            {"except": {"instance_ids": None}},
            f"except.instance_ids: null {IDS}",
            id="null-in-except",
        ),
        pytest.param({"except": {"tags": {}}}, f"except.tags: {{}} {TAGS}", id="no-tags"),
        pytest.param(
            {"except": {"tags": {"env": "prod*"}}},
            f"except.tags: {{'env': 'prod*'}} {TAGS}",
            id="a-pattern-that-keeps-nobody",
        ),
        pytest.param(
            {"except": {"tags": {"curfew:*": "*"}}},
            f"except.tags: {{'curfew:*': '*'}} {TAGS}",
            id="a-pattern-of-keys",
        ),
        pytest.param(
            {"except": {"tags": {"env": ["prod", "*"]}}},
            "except.tags.env: ('prod', '*') is invalid: expected \"*\" alone, not in a list, for "
            "any value.",
            id="a-star-in-a-list",
        ),
        pytest.param(
            {"except": {"name": " * "}},
            "except.name: ' * ' is invalid: expected a name that does not match every instance, "
            "or none is left.",
            id="every-name",
        ),
        pytest.param({"except": {"name": ""}}, f"except.name: '' {NAME}", id="empty-name"),
        pytest.param({"older_than": "1w"}, f"older_than: '1w' {OLDER}", id="weeks"),
        pytest.param({"older_than": ""}, f"older_than: '' {OLDER}", id="no-age"),
        pytest.param({"older_than": "0d"}, f"older_than: '0d' {OLDER}", id="zero"),
        pytest.param({"older_than": 14}, f"older_than: 14 {OLDER}", id="number"),
        pytest.param({"without_tags": []}, f"without_tags: [] {WITHOUT}", id="no-keys"),
        pytest.param(
            {"without_tags": "owner"},
            f"without_tags: 'owner' {WITHOUT}",
            id="a-key-alone",
        ),
        pytest.param(
            {"without_tags": ["owner", "cost*"]},
            f"without_tags[1]: 'cost*' {WITHOUT}",
            id="a-pattern",
        ),
        pytest.param({"without_tags": [""]}, f"without_tags[0]: '' {WITHOUT}", id="empty-key"),
        pytest.param(
            {"excpet": {"name": "x"}},
            "'excpet' is not a field of this request. Did you mean except?",
            id="misspelt-except",
        ),
        pytest.param(
            {"` - at `$.except`": 1, "except": {"name": "x"}},
            f"'` - at `$.except`' is not a field of this request. {FUNCTION_KNOWS}",
            id="a-name-like-a-path",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_was_there_and_what_would_be_right(
    fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidEvent) as caught:
        decode(Request, {**BY_TAG, **fields}, "stop")

    assert str(caught.value) == message
    assert len(message) < 400
