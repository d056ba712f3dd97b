"""``make schemas``: docs/requests/<function>.schema.json, one JSON Schema for each request.

Fields, types, limits and descriptions come from the request types. What no type can say, how fields
go together, is added here; a test holds both against what the functions accept. A schema cannot say
what depends on the time: how far ahead a release time must be; nor the grammar of a schedule.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from local.fc.deployment import action_names

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "requests"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

_ONE_WAY_OF_SELECTING: list[Schema] = [
    {"title": "exactly these instances", "required": ["instance_ids"]},
    {
        "title": "those with these tags, this name, or both",
        "anyOf": [{"required": ["tags"]}, {"required": ["name"]}],
    },
    {"title": "every instance in the regions", "required": ["all"]},
]
_NOT_EVERY_NAME: Schema = {"name": {"pattern": "[^* ]"}}
_NO_STAR_IN_A_LIST: Schema = {
    "tags": {
        "additionalProperties": {
            "if": {"type": "array"},
            "then": {"items": {"not": {"const": "*"}}},
        }
    }
}
_PARTS: Schema = {**_NOT_EVERY_NAME, **_NO_STAR_IN_A_LIST}
_TAGS_AND_NAMES: Schema = {"properties": {**_PARTS, "except": {"properties": _PARTS}}}
_ALL_WITH_CAP: Schema = {
    "if": {"required": ["all"]},
    "then": {"required": ["max_instances"]},
}
_STATED_DRY_RUN: Schema = {
    "title": "a release by anything but instance_ids states dry_run, or the plan that it confirms",
    "anyOf": [{"required": [field]} for field in ("instance_ids", "dry_run", "plan_id")],
}
_ONE_TIME: Schema = {
    "title": "one of the two times",
    "oneOf": [{"required": ["release_at"]}, {"required": ["release_after"]}],
}
_INSTANT = r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)(?!\n)$"
_TIMES: Schema = {
    "properties": {
        "release_at": {"pattern": _INSTANT},
        "release_after": {
            "pattern": r"^(([3-9][0-9]|[1-9][0-9]{2,5})m|[1-9][0-9]{0,5}[hd])(?!\n)$"
        },
    }
}
_AT: Schema = {
    "title": "a plan as of another time is a dry run",
    "if": {"required": ["at"]},
    "then": {
        "required": ["dry_run"],
        "properties": {"at": {"pattern": _INSTANT}, "dry_run": {"const": True}},
    },
}
_WEEKDAY = "(mon|tue|wed|thu|fri|sat|sun)"
_DATE = r"\d{4}-\d\d-\d\d"
_DAY_WORD = (
    rf"({_WEEKDAY}(-{_WEEKDAY})?|{_WEEKDAY}#([1-5]|last)|daily|workdays|offdays"
    rf"|{_DATE}(\.\.{_DATE})?)"
)
_DAYS: Schema = {
    "title": "day words; Curfew reads them in any case",
    "properties": {
        "days": {
            "pattern": rf"^[\s,]*{_DAY_WORD}([\s,]+{_DAY_WORD})*[\s,]*$",
            "items": {"pattern": rf"^\s*{_DAY_WORD}\s*$"},
        }
    },
}
_NO_DAYS: Schema = {"title": "days stand in the schedule", "not": {"required": ["days"]}}
_OWN_RULES: dict[str, list[Schema]] = {
    "apply_schedule": [_AT, _NO_DAYS],
    "release": [_STATED_DRY_RUN],
    "set_auto_release": [_ONE_TIME, _TIMES],
}


def main() -> None:
    """Write the schema of every function."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for function in action_names():
        path_of(function).write_text(text_of(function), encoding="utf-8")


def path_of(function: str) -> Path:
    """Where a function's schema is written."""
    return TARGET / f"{function}.schema.json"


def text_of(function: str) -> str:
    """A function's schema as it is written."""
    return json.dumps(schema_of(function), ensure_ascii=False, indent=2) + "\n"


def schema_of(function: str) -> Schema:
    """The JSON Schema, draft 2020-12, of the requests that a function takes."""
    module = import_module(f"functions.{function}")
    action = module.ACTION
    definitions = msgspec.json.schema(action.request)["$defs"]
    body, kept = definitions[action.request.__name__], definitions["Except"]
    properties = body["properties"]
    properties["except"] = {**kept, **properties["except"]}
    del properties["except"]["$ref"], properties["except"]["title"]
    caps = [] if action.only_reads else [_ALL_WITH_CAP]
    return {
        "$schema": DIALECT,
        "title": f"Request to {function}",
        "description": (module.__doc__ or "").partition("\n")[0],
        "type": "object",
        "properties": {**properties, "action": {**properties["action"], "const": function}},
        "additionalProperties": False,
        "oneOf": _ONE_WAY_OF_SELECTING,
        "allOf": [_TAGS_AND_NAMES, _DAYS, *caps, *_OWN_RULES.get(function, [])],
    }


if __name__ == "__main__":
    main()
