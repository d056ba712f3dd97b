"""docs/reference: it names all there is, and what it shows is what happens."""

from __future__ import annotations

import ast
import json
import re
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from local.fc.deployment import action_names
from shared.domain.plan import Result
from shared.report.response import HTTP_STATUS
from shared.request.request import Request, decode
from shared.request.triggers import Trigger, parse
from tests.docs.pages import ROOT, action_of, check_rows, codes, events, report, tables, text_of

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from tests.harness.call import Call

PAGES = ("docs/reference.md", "docs/reference.zh-CN.md")
TABLES = ("fields", "own fields", "results", "errors", "triggers", "guards", "env")
VARIABLE = re.compile(r"(ECS|CURFEW|ALIBABA_CLOUD|FC)_[A-Z_]+|[A-Z]+_PROXY")

both = pytest.mark.parametrize("page", PAGES)


def table(page: str, name: str) -> list[list[str]]:
    return tables(page)[TABLES.index(name)]


def first_cells(page: str, name: str) -> list[str]:
    return [code for row in table(page, name) for code in codes(row[0])]


@both
def test_every_event_means_something_to_its_function(page: str) -> None:
    for body in events(page):
        [message] = parse(json.dumps(body)).messages
        assert not isinstance(message, Exception)
        decode(action_of(body["action"]).request, message.request, body["action"])

    assert len(events(page)) == 2


@both
def test_the_report_is_what_the_event_before_it_is_answered(page: str, call: Call) -> None:
    said = report(page)
    asked, confirmed = events(page)
    handler = import_module("functions.stop").handler

    answer = call(handler, asked)
    done = call(handler, confirmed)

    varying = ("request_id", "seconds", "ended_at")
    assert list(answer) == list(said)
    assert {**answer, **dict.fromkeys(varying)} == {**said, **dict.fromkeys(varying)}
    assert done["counts"] == {**said["counts"], "would_change": 0, "changed": 1}


@both
def test_there_are_these_tables(page: str) -> None:
    assert len(tables(page)) == len(TABLES)


@both
def test_every_field_of_every_request_has_its_row(page: str) -> None:
    shared = Request.__struct_encode_fields__
    own = {
        (function, field)
        for function in action_names()
        for field in action_of(function).request.__struct_encode_fields__
        if field not in shared
    }
    rows = [
        (function, codes(field)[0])
        for functions, field, *_ in table(page, "own fields")
        for function in codes(functions)
    ]

    check_rows(first_cells(page, "fields"), shared)
    check_rows(sorted(rows), sorted(own))


@both
def test_every_result_has_its_row(page: str) -> None:
    check_rows(sorted(first_cells(page, "results")), sorted(one.value for one in Result))


@both
def test_every_error_has_its_row_with_its_status(page: str) -> None:
    rows = {codes(error)[0]: int(status) for error, status, *_ in table(page, "errors")}

    assert rows == {error.__name__: status for error, status in HTTP_STATUS.items()}


@both
def test_every_trigger_has_its_row(page: str) -> None:
    check_rows(first_cells(page, "triggers"), [one.value for one in Trigger])


@both
def test_every_environment_variable_has_its_row(page: str) -> None:
    known = {
        node.value
        for path in (ROOT / "shared").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and VARIABLE.fullmatch(node.value)
    }

    assert len(known) > 10
    assert set(first_cells(page, "env")) == known


@both
def test_every_field_of_a_report_is_named(page: str) -> None:
    text = text_of(page)
    fields = {*report(page), *report(page)["instances"][0], "instances_omitted"}

    missing = [name for name in fields if f'"{name}"' not in text and f"`{name}`" not in text]

    assert missing == []
