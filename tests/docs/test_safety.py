"""The page on safety: its tests exist, both languages say the same, and its examples are true."""

from __future__ import annotations

import ast
import re
from datetime import timedelta

import pytest

from shared.domain.guards import Guard, Harm
from shared.domain.instance import Instance, Status
from shared.times import CHINA, parse_instant
from tests.docs.pages import leads_somewhere, links
from tests.harness.stage import NOW, REGION, ROOT

PAGES = ("safety.md", "safety.zh-CN.md")
TEST = re.compile(r"`((?:tests/[\w/]*)?test_\w+\.py)::(\w+)`")


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text()


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_the_page_names_exists(page: str) -> None:
    named = TEST.findall(text(page))
    missing = []
    for path, name in named:
        file = ROOT / (path if "/" in path else f"tests/safety/{path}")
        functions = {
            node.name
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.FunctionDef)
        }
        missing += [] if name in functions else [f"{path}::{name}"]

    assert len(named) > 40
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_promise_names_its_test(page: str) -> None:
    promises = re.split(r"^## ", text(page), flags=re.MULTILINE)[1:-2]
    bullets = [
        bullet
        for section in promises
        for bullet in re.split(r"^\* ", section, flags=re.MULTILINE)[1:]
    ]

    assert [bullet for bullet in bullets if not TEST.search(bullet)] == []


def test_both_languages_name_the_same_tests_in_the_same_order() -> None:
    assert TEST.findall(text(PAGES[0])) == TEST.findall(text(PAGES[1]))


def test_both_languages_have_the_same_sections_and_rows() -> None:
    def shape(page: str) -> list[str]:
        return [
            line[:2] for line in text(page).splitlines() if line[:2] in {"# ", "##", "* ", "| "}
        ]

    assert shape(PAGES[0]) == shape(PAGES[1])


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    file = ROOT / "docs" / page

    assert [one for one in links(file) if not leads_somewhere(file, one)] == []


@pytest.mark.parametrize("page", PAGES)
def test_keep_until_means_what_the_page_says(page: str) -> None:
    rows = re.findall(r"^\| `(20[^`]+)` \| `([^`]+)`", text(page), re.MULTILINE)
    assert len(rows) == 5

    for value, until in rows:
        kept = Instance("i-1", REGION, NOW, Status.RUNNING, tags={"curfew:keep-until": value})
        guard, end = Guard(Harm.OUTAGE, CHINA), parse_instant(until)
        assert guard.reason(kept, end - timedelta(seconds=1)) == f"tag curfew:keep-until {value}"
        assert guard.reason(kept, end) == ""
