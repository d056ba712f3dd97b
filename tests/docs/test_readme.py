"""The README: its commands and events work, it names all there is, and both languages agree."""

from __future__ import annotations

import ast
import io
import json
import re
import shlex
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from local.cli import invocation
from local.cli.main import group
from local.demo.demo import play
from local.fc.deployment import function_names
from shared.action import Action
from shared.domain.plan import Result
from shared.report.response import HTTP_STATUS
from shared.request.request import Request, decode
from shared.request.triggers import Trigger, parse
from tests.docs.pages import (
    PAGES,
    ROOT,
    Block,
    blocks,
    codes,
    events,
    leads_somewhere,
    links,
    prose,
    report,
    tables,
    text_of,
)

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from local.ecs.testing import FakeEcs
    from tests.harness.calling import Call

FUNCTIONS = function_names()
TABLES = ("functions", "fields", "own fields", "results", "errors", "triggers", "guards", "env")
ACTIVATE = [".", ".venv/bin/activate"]
STAYS_OR_NEEDS_A_SERVER = {"serve", "fleet", "demo", "--endpoint", "--remote"}
VARIABLE = re.compile(r"(ECS|CURFEW|ALIBABA_CLOUD|FC)_[A-Z_]+|[A-Z]+_PROXY")

both = pytest.mark.parametrize("page", PAGES)


def action_of(function: str) -> Action[Request]:
    action: Action[Request] = import_module(f"functions.{function}").ACTION
    return action


def table(page: str, name: str) -> list[list[str]]:
    return tables(page)[TABLES.index(name)]


def first_cells(page: str, name: str) -> list[str]:
    return [code for row in table(page, name) for code in codes(row[0])]


def commands(page: str) -> list[list[str]]:
    """The lines of the shell blocks as words."""
    return [
        words
        for block in blocks(page, "sh")
        for line in block.text.splitlines()
        if (words := shlex.split(line, comments=True))
    ]


def pipeline(words: list[str]) -> list[list[str]]:
    """The commands that a line joins by pipes."""
    found: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            found.append([])
        else:
            found[-1].append(word)
    return found


class TestCommands:
    @pytest.fixture(autouse=True)
    def _as_a_newcomer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(invocation, "SPEED", 600.0)
        for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
            monkeypatch.delenv(name, raising=False)

    @both
    def test_every_make_target_exists(self, page: str) -> None:
        makefile = (ROOT / "Makefile").read_text()
        known = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
        targets = {words[1] for words in commands(page) if words[0] == "make"}
        targets |= set(re.findall(r"`make ([a-z-]+)`", prose(page)))

        assert targets >= {"demo", "test"}
        assert targets <= known

    @both
    def test_every_command_line_works(self, page: str) -> None:
        lines = [one for one in commands(page) if one[0] != "make" and one != ACTIVATE]

        assert len(lines) > 4
        for line in lines:
            output: str | None = None
            for words in pipeline(line):
                assert words[:3] == ["python", "-m", "local"]
                asks = ["--help"] if STAYS_OR_NEEDS_A_SERVER & set(words) else []
                result = CliRunner().invoke(group, [*words[3:], *asks], input=output)
                assert result.exit_code == 0, (line, result.output)
                output = result.stdout

    def test_the_first_commands_are_demo_and_test(self) -> None:
        assert [words[:2] for words in commands(PAGES[0])][:2] == [
            ["make", "demo"],
            ["make", "test"],
        ]

    def test_what_the_page_shows_of_the_demo_is_what_the_demo_shows(self) -> None:
        shown = _without_looks(blocks(PAGES[0], "text")[0].text).splitlines()
        screen = io.StringIO()

        assert play(Console(file=screen, width=80), 60.0)

        lines = [line.rstrip() for line in _without_looks(screen.getvalue()).splitlines()]
        first = lines.index(shown[0])
        assert lines[first : first + len(shown)] == shown


def _without_looks(text: str) -> str:
    """A step of the demo without the number of its looks: a slow machine takes more of them."""
    return re.sub(r"\d+ read-only", "… read-only", text)


class TestEvents:
    @both
    def test_every_event_means_something_to_its_function(self, page: str) -> None:
        decoded = set()
        for body in events(page):
            function = body["action"]
            [message] = parse(json.dumps(body)).messages
            assert not isinstance(message, Exception)
            decode(action_of(function).request, message.request, function)
            decoded.add(function)

        assert decoded == set(FUNCTIONS)

    @both
    def test_every_event_does_something_to_the_default_fleet(self, page: str, call: Call) -> None:
        call.by_sdk = False
        for body in events(page):
            call.ecs.emulator.reset()
            answer = call(import_module(f"functions.{body['action']}").handler, body)
            counts = answer["counts"]
            done = "unchanged" if body["action"] == "describe" else "changed"
            assert counts["would_change" if body.get("dry_run") else done] > 0, body

    @both
    def test_the_report_is_what_the_event_before_it_is_answered(
        self, page: str, call: Call
    ) -> None:
        said = report(page)
        asked, confirmed = [one for one in events(page) if one["action"] == "stop"][-2:]
        handler = import_module("functions.stop").handler

        answer = call(handler, asked)
        done = call(handler, confirmed)

        varying = ("request_id", "seconds")
        assert list(answer) == list(said)
        assert {**answer, **dict.fromkeys(varying)} == {**said, **dict.fromkeys(varying)}
        assert done["counts"] == {**said["counts"], "would_change": 0, "changed": 1}

    def test_the_example_of_a_test_passes(self, fake_ecs: FakeEcs) -> None:
        [example] = blocks(PAGES[0], "python")
        names: dict[str, Any] = {}

        exec(example.text, names)  # noqa: S102  # our own example

        [test] = [value for name, value in names.items() if name.startswith("test_")]
        test(fake_ecs)
        assert fake_ecs.log.actions() == ("StopInstance",)


class TestNames:
    @both
    def test_there_are_these_tables(self, page: str) -> None:
        assert len(tables(page)) == len(TABLES)

    @both
    def test_every_function_has_its_row_and_an_event_of_its_own(self, page: str) -> None:
        rows = table(page, "functions")

        assert sorted(first_cells(page, "functions")) == list(FUNCTIONS)
        for function, *_, example in rows:
            assert f"(events/{codes(function)[0]}." in example

    @both
    def test_every_field_of_every_request_has_its_row(self, page: str) -> None:
        shared = Request.__struct_fields__
        own = {
            (function, field)
            for function in FUNCTIONS
            for field in action_of(function).request.__struct_fields__
            if field not in shared
        }
        rows = [
            (function, codes(field)[0])
            for functions, field, *_ in table(page, "own fields")
            for function in codes(functions)
        ]

        assert tuple(first_cells(page, "fields")) == shared
        assert len(rows) == len(own)
        assert set(rows) == own

    @both
    def test_every_result_has_its_row(self, page: str) -> None:
        assert sorted(first_cells(page, "results")) == sorted(one.value for one in Result)

    @both
    def test_every_error_has_its_row_with_its_status(self, page: str) -> None:
        rows = {codes(error)[0]: int(status) for error, status, *_ in table(page, "errors")}

        assert rows == {error.__name__: status for error, status in HTTP_STATUS.items()}

    @both
    def test_every_trigger_has_its_row(self, page: str) -> None:
        assert first_cells(page, "triggers") == [one.value for one in Trigger]

    @both
    def test_every_environment_variable_has_its_row(self, page: str) -> None:
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
    def test_every_field_of_a_report_is_named(self, page: str) -> None:
        text = text_of(page)
        fields = {*report(page), *report(page)["instances"][0], "instances_omitted"}

        missing = [name for name in fields if f'"{name}"' not in text and f"`{name}`" not in text]

        assert missing == []

    @both
    def test_the_walk_names_modules_that_exist(self, page: str) -> None:
        walk = blocks(page, "text")[1].without_comments().splitlines()
        names = [name for line in walk[1:] for name in re.findall(r"(\w+)(?:\.\w+)?,?", line)]
        modules = {path.stem for path in (ROOT / "shared").rglob("*.py")}

        assert len(names) > 9
        assert [name for name in names if name not in modules] == []


class TestLanguages:
    def test_both_have_the_same_headings(self) -> None:
        levels = [re.findall(r"^#+ ", prose(page), re.MULTILINE) for page in PAGES]

        assert levels[0] == levels[1]

    def test_both_have_the_same_code(self) -> None:
        english, chinese = (
            [Block(one.language, one.without_comments()) for one in blocks(page)] for page in PAGES
        )

        assert english == chinese

    def test_both_have_the_same_tables(self) -> None:
        shapes = [[[len(row) for row in one] for one in tables(page)] for page in PAGES]

        assert shapes[0] == shapes[1]

    def test_both_have_the_same_items_and_paragraphs_in_bold(self) -> None:
        marks = [re.findall(r"^(?:- |\*\*)", prose(page), re.MULTILINE) for page in PAGES]

        assert marks[0] == marks[1]

    @both
    def test_every_link_leads_somewhere(self, page: str) -> None:
        targets = links(ROOT / page)

        assert len(targets) > 20
        assert [one for one in targets if not leads_somewhere(ROOT / page, one)] == []
