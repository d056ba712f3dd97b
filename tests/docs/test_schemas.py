"""docs/requests: the schemas are what the types say now, and judge as the functions judge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from local.fc.deployment import EVENTS, action_names
from shared.action import Action, RequestTime
from shared.base.errors import InvalidEvent, Refused
from shared.request.request import Request, decode, require_cap_for_all
from shared.request.triggers import Message, parse
from shared.settings.settings import Settings
from tests.docs.json_schema import fits
from tools import schemas
from tools.schemas import TARGET, path_of, schema_of, text_of

FUNCTIONS = action_names()
NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
Fields = dict[str, Any]

SELECTIONS: dict[str, object] = {
    "instance_ids": ["i-bp1example"],
    "tags": {"team": "dev"},
    "name": "dev-*",
    "all": True,
}
REST: dict[str, object] = {"max_instances": 5, "dry_run": True}
TIMES: dict[str, object] = {"release_at": "2026-11-25T20:00:00+08:00", "release_after": "2h"}

VALUES: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    1.5,
    1_000_000,
    1_000_001,
    65_536,
    65_537,
    "",
    " ",
    "*",
    "* *",
    "x",
    "a*b",
    "x" * 128,
    "x" * 129,
    "stop",
    "release",
    "keep",
    "later",
    "StopCharging",
    "stopcharging",
    "2h",
    "2h\n",
    "0h",
    "2 h",
    "29m",
    "30m",
    "9m",
    "100m",
    "9999999d",
    "2026-11-25T20:00:00+08:00",
    "2026-11-25T12:00Z",
    "2026-11-25t12:00:00.125z",
    "2026-11-25 12:00Z",
    "2026-11-25T12:00:00",
    "2026-11-25",
    "workdays 08:30-20:00",
    [],
    ["x"],
    ["*"],
    [""],
    [None],
    ["i-1"],
    ["i-1\n"],
    ["i-1", "i-1"],
    ["i-" + "a" * 40],
    ["i-" + "a" * 41],
    ["i-bp1_"],
    ["cn-hangzhou"],
    ["cn-hangzhou-finance-1"],
    ["CN-hangzhou"],
    ["cn-hangzhou\n"],
    ["cn-hangzhou"] * 100,
    ["cn-hangzhou"] * 101,
    {},
    {"k": "v"},
    {"k": ""},
    {"k": "*"},
    {"k": ["a", "b"]},
    {"k": ["a", "*"]},
    {"k": []},
    {"instance_ids": ["i-1"]},
    {"instance_ids": []},
    {"instance_ids": ["1"]},
    {"tags": {}},
    {"tags": {"k": "v"}},
    {"tags": {"k": "*"}},
    {"tags": {"k": "v*"}},
    {"tags": {"k*": "v"}},
    {"tags": {"k": ["v", "w"]}},
    {"tags": {"k": ["v", "*"]}},
    {"name": "x*"},
    {"name": "* *"},
    {"name": "x", "all": True},
    ["owner", "team"],
    ["own*"],
    "mon-fri",
    "workdays, sat",
    " mon#1 fri#last ",
    "mon..fri",
    ["workdays", "2026-12-24..2027-01-03"],
    ["mon fri"],
    ["mon", ""],
    {"k": None},
    {"k": 1},
    {"": "v"},
    {"k" * 128: "v"},
    {"k" * 129: "v"},
    {"k": "v" * 129},
    {str(number): "v" for number in range(20)},
    {str(number): "v" for number in range(21)},
)


GRAMMARS = frozenset({"schedule"})
"""Fields of which a schema says only how long they may be."""


@cache
def schema(function: str) -> Mapping[str, Any]:
    written: Mapping[str, Any] = json.loads(path_of(function).read_text(encoding="utf-8"))
    return written


def accepts(function: str, fields: Fields) -> bool:
    """Whether a function would begin with this request; a selection of nothing included."""
    action: Action[Request] = import_module(f"functions.{function}").ACTION
    try:
        request = decode(action.request, fields, function)
        if not action.only_reads:
            require_cap_for_all(request)
        action.rule(request, RequestTime(NOW, NOW, Settings()))
    except (InvalidEvent, Refused):
        return False
    return True


def right(function: str) -> Fields:
    """A request that the function takes."""
    time = {"release_after": "2h"} if function == "set_auto_release" else {}
    return {"instance_ids": ["i-bp1example"], **time}


def some_of(fields: Mapping[str, object]) -> Iterator[Fields]:
    """Every way of leaving some of these out."""
    for chosen in product((False, True), repeat=len(fields)):
        yield {
            key: value for (key, value), there in zip(fields.items(), chosen, strict=True) if there
        }


def own_fields(function: str) -> list[str]:
    """Its own fields; those that all share are judged once, with describe."""
    shared = set() if function == "describe" else set(Request.__struct_encode_fields__) - {"action"}
    return [field for field in schema(function)["properties"] if field not in shared]


def samples() -> Iterator[tuple[str, str, Fields]]:
    """Every request of every sample event: the file's name, its function, the request."""
    for path in sorted(EVENTS.glob("*.json")):
        for message in parse(path.read_bytes()).messages:
            assert isinstance(message, Message)
            yield path.name, path.name.partition(".")[0], dict(message.request)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_schema_is_what_the_types_say_now(function: str) -> None:
    assert path_of(function).read_text(encoding="utf-8") == text_of(function), "run make schemas"


def test_every_function_has_a_schema_and_nothing_else_has() -> None:
    assert sorted(path.name for path in TARGET.iterdir()) == [
        path_of(function).name for function in FUNCTIONS
    ]


def test_the_command_writes_every_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "TARGET", tmp_path / "requests")

    schemas.main()

    assert {path.name: path.read_text() for path in (tmp_path / "requests").iterdir()} == {
        f"{function}.schema.json": text_of(function) for function in FUNCTIONS
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_field_is_described(function: str) -> None:
    fields = schema_of(function)["properties"]

    assert [name for name, field in fields.items() if not field["description"]] == []


def test_every_sample_event_holds_a_request_that_its_schema_takes() -> None:
    wrong = [name for name, function, fields in samples() if not fits(fields, schema(function))]

    assert wrong == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_schema_and_function_agree_on_which_fields_go_together(function: str) -> None:
    times = TIMES if function == "set_auto_release" else {}
    requests = list(some_of({**SELECTIONS, **REST, **times}))

    assert [one for one in requests if fits(one, schema(function)) != accepts(function, one)] == []
    assert 0 < sum(accepts(function, one) for one in requests) < len(requests)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_schema_and_function_agree_on_every_value_of_every_field(function: str) -> None:
    judged_apart = []
    for field in own_fields(function):
        base = right(function)
        if field in SELECTIONS:
            del base["instance_ids"]
        if field == "release_at":
            del base["release_after"]
        for value in VALUES:
            fields = {**base, "dry_run": True, "max_instances": 5, field: value}
            says, takes = fits(fields, schema(function)), accepts(function, fields)
            if (takes and not says) or (says and not takes and field not in GRAMMARS):
                judged_apart.append({field: value})

    assert judged_apart == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_unknown_field_is_in_no_schema(function: str) -> None:
    fields = {**right(function), "instance_id": "i-bp1example"}

    assert not fits(fields, schema(function))
    assert not accepts(function, fields)
