"""As much of JSON Schema (draft 2020-12) as docs/requests uses, judged with the standard library.

A keyword that is not known here is an error: it would otherwise be believed without being checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]

_ANNOTATIONS = {"$schema", "title", "description", "default"}
_TYPES: Mapping[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}


def fits(value: Any, schema: Schema) -> bool:  # noqa: ANN401  # any JSON
    """Does a JSON value satisfy a schema?"""
    return all(
        _fits(value, keyword, wanted, schema)
        for keyword, wanted in schema.items()
        if keyword not in _ANNOTATIONS and keyword != "then"
    )


def _fits(value: Any, keyword: str, wanted: Any, schema: Schema) -> bool:  # noqa: ANN401, C901, PLR0911, PLR0912  # one a keyword
    match keyword:
        case "type":
            return _TYPES[wanted](value)
        case "const":
            return type(value) is type(wanted) and bool(value == wanted)
        case "enum":
            return value in wanted
        case "not":
            return not fits(value, wanted)
        case "if":
            return not fits(value, wanted) or fits(value, schema["then"])
        case "allOf":
            return all(fits(value, one) for one in wanted)
        case "anyOf":
            return any(fits(value, one) for one in wanted)
        case "oneOf":
            return sum(fits(value, one) for one in wanted) == 1
        case "pattern":
            return not isinstance(value, str) or re.search(wanted, value) is not None
        case "minimum":
            return not _TYPES["integer"](value) or value >= wanted
        case "maximum":
            return not _TYPES["integer"](value) or value <= wanted
        case "minLength" | "minItems" | "minProperties":
            return not _has_length(value, keyword) or len(value) >= wanted
        case "maxLength" | "maxItems" | "maxProperties":
            return not _has_length(value, keyword) or len(value) <= wanted
        case "items":
            return not isinstance(value, list) or all(fits(one, wanted) for one in value)
        case "required":
            return not isinstance(value, dict) or value.keys() >= set(wanted)
        case "propertyNames":
            return not isinstance(value, dict) or all(fits(key, wanted) for key in value)
        case "properties":
            return not isinstance(value, dict) or all(
                fits(value[key], one) for key, one in wanted.items() if key in value
            )
        case "additionalProperties":
            return not isinstance(value, dict) or _others_fit(value, wanted, schema)
    raise AssertionError(f"{keyword} is a keyword that these tests do not know")


def _has_length(value: object, keyword: str) -> bool:
    of = {"Length": str, "Items": list, "Properties": dict}
    return isinstance(value, of[keyword[3:]])


def _others_fit(value: Mapping[str, Any], wanted: bool | Schema, schema: Schema) -> bool:  # noqa: FBT001  # JSON Schema's own
    others = [one for key, one in value.items() if key not in schema.get("properties", {})]
    if isinstance(wanted, bool):
        return wanted or not others
    return all(fits(one, wanted) for one in others)
