"""The README: it is short, its commands and events work, it names every function."""

from __future__ import annotations

import io
import json
import re
import shlex
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from rich.console import Console

from local.cli import invocation
from local.cli.main import group
from local.demo.demo import play
from local.fc.deployment import action_names, function_names
from shared.request.request import decode
from shared.request.triggers import parse
from tests.docs.pages import (
    ROOT,
    action_of,
    blocks,
    check_rows,
    codes,
    events,
    prose,
    tables,
    text_of,
)

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from tests.harness.call import Call

PAGES = ("README.md", "README.zh-CN.md")
FUNCTIONS = action_names()
MOST_LINES = 200
ACTIVATE = [".", ".venv/bin/activate"]
STAYS_OR_NEEDS_A_SERVER = {"serve", "fleet", "demo", "--endpoint", "--remote"}

both = pytest.mark.parametrize("page", PAGES)


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


@both
def test_it_is_short(page: str) -> None:
    assert len(text_of(page).splitlines()) <= MOST_LINES


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
        lines += [shlex.split(one) for one in re.findall(r"`(python -m local .*?)`", prose(page))]

        assert len(lines) >= 4
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


COUNTED = {
    "README.md": "Curfew is {en} Function Compute handlers",
    "README.zh-CN.md": "Curfew 是{zh}个函数计算",
    "docs/deploy.md": "creates {en} functions",
    "docs/deploy.zh-CN.md": "创建{zh}个函数",
    "ram/README.md": "All {en} roles",
    "ram/README.zh-CN.md": "{zh}个角色",
}
NUMBERS = {7: ("seven", "七"), 8: ("eight", "八"), 9: ("nine", "九"), 10: ("ten", "十")}


@pytest.mark.parametrize("page", COUNTED)
def test_where_the_functions_are_counted_it_is_as_many_as_there_are(page: str) -> None:
    english, chinese = NUMBERS[len(function_names())]

    assert COUNTED[page].format(en=english, zh=chinese) in text_of(page)


@both
def test_every_event_means_something_to_its_function(page: str) -> None:
    decoded = set()
    for body in events(page):
        function = body["action"]
        [message] = parse(json.dumps(body)).messages
        assert not isinstance(message, Exception)
        decode(action_of(function).request, message.request, function)
        decoded.add(function)

    assert decoded == set(FUNCTIONS)


@both
def test_every_event_does_something_to_the_default_fleet(page: str, call: Call) -> None:
    call.by_sdk = False
    for body in events(page):
        call.ecs.emulator.reset()
        answer = call(import_module(f"functions.{body['action']}").handler, body)
        counts = answer["counts"]
        done = "unchanged" if body["action"] == "describe" else "changed"
        assert counts["would_change" if body.get("dry_run") else done] > 0, body


@both
def test_every_function_has_its_row_and_an_event_of_its_own(page: str) -> None:
    (rows,) = tables(page)

    examples = {codes(function)[0]: example for function, *_, example in rows}
    check_rows(sorted(examples), function_names())
    for function in FUNCTIONS:
        assert f"(events/{function}." in examples[function]
