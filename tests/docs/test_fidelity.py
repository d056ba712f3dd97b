"""docs/fidelity.md, both languages: each row names tests that exist, each switch is true."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import fields
from datetime import timedelta

import pytest

from local.ecs.account.quirks import DEFAULT_QUIRKS, Quirks
from local.ecs.engine import ACTIONS
from tests.docs.pages import ROOT, tables, text_of

PAGES = ("docs/fidelity.md", "docs/fidelity.zh-CN.md")
BEHAVIOURS = 50
each_page = pytest.mark.parametrize("page", PAGES)


def behaviours(page: str) -> list[list[str]]:
    return [row for rows in tables(page) for row in rows if "test_" in row[-1]]


@pytest.fixture(scope="module")
def there() -> Counter[str]:
    """How many tests have each name."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    return Counter(
        name for text in texts for name in re.findall(r"^ *def (test_\w+)", text, re.MULTILINE)
    )


@each_page
def test_every_behaviour_has_a_source_and_tests_that_are_there(
    page: str, there: Counter[str]
) -> None:
    rows = behaviours(page)

    assert len(rows) >= BEHAVIOURS
    assert all(len(row) == 3 and all(row) for row in rows)
    named = {one for row in rows for one in re.findall(r"`(test_\w+)`", row[2])}
    assert {name: there[name] for name in named if there[name] != 1} == {}


def test_both_languages_name_the_same_sources_and_tests() -> None:
    english, chinese = PAGES

    assert [row[1:] for row in behaviours(english)] == [row[1:] for row in behaviours(chinese)]


@each_page
def test_every_switch_is_there_with_its_default(page: str) -> None:
    names = {field.name for field in fields(Quirks)}
    (rows,) = [rows for rows in tables(page) if {row[0].strip("`") for row in rows} == names]
    said = " ".join(row[0] for row in behaviours(page))
    mentioned = set(re.findall(r"(?:switch|开关) `(\w+)`", said))

    assert [row[0].strip("`") for row in rows] == [field.name for field in fields(Quirks)]
    for name, default, _ in rows:
        value = getattr(DEFAULT_QUIRKS, name.strip("`"))
        shown = value.total_seconds() if isinstance(value, timedelta) else value
        assert json.loads(default.strip("`")) == shown
    assert names <= mentioned


@each_page
def test_every_operation_is_there(page: str) -> None:
    text = text_of(page)
    listed = text[text.rindex("\n## ") :].split("\n\n")[1]

    said = set(re.findall(r"\b[A-Z][a-z]+[A-Z]\w+\b", listed))
    assert said == ACTIONS, "the last section names every operation that is emulated"
