"""The schema of a request's type says what decoding does."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from shared.request.request import Request, decode
from tests.unit.request.fields import BY_ID, OWN, SHARED, TYPES, Fields


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


@pytest.mark.parametrize("function", OWN)
def test_the_schema_knows_the_fields_that_decoding_knows(function: str) -> None:
    schema = schema_of(TYPES[function])

    assert set(schema["properties"]) == {*SHARED, *OWN[function]}
    assert schema["additionalProperties"] is False
    assert schema["required"] == []
    assert schema["properties"]["all"]["const"] is True


@pytest.mark.parametrize("function", OWN)
def test_the_schema_has_the_types_that_decoding_has(function: str) -> None:
    properties = schema_of(TYPES[function])["properties"]
    types = {**SHARED, **OWN[function]}

    assert properties["except"]["$ref"] == "#/$defs/Except"
    assert {name: one["type"] for name, one in properties.items() if "type" in one} == {
        name: JSON_TYPES.get(types[name], "integer")
        for name in properties
        if "enum" not in properties[name] and name not in {"days", "except"}
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
