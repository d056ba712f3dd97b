"""Pages in two languages say the same: their headings, code, tables, items and links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, blocks, leads_somewhere, links, prose, tables

CHINESE = sorted([*ROOT.glob("*.zh-CN.md"), *(ROOT / "docs").glob("*.zh-CN.md")])
PAIRS = [
    (str(page.relative_to(ROOT)).replace(".zh-CN", ""), str(page.relative_to(ROOT)))
    for page in CHINESE
]
EVERY = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "ram").glob("*.md")})

each_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])


def test_the_pages_for_users_are_in_both_languages() -> None:
    names = {Path(english).stem for english, _ in PAIRS}

    assert names >= {"README", "reference", "architecture", "safety", "emulator", "fidelity"}
    assert names >= {"common-requests", "deploy", "recipes"}


@each_pair
def test_both_have_the_same_headings(pair: tuple[str, str]) -> None:
    levels = [re.findall(r"^#+ ", prose(page), re.MULTILINE) for page in pair]

    assert levels[0] == levels[1]


@each_pair
def test_both_have_the_same_code(pair: tuple[str, str]) -> None:
    english, chinese = (
        [Block(one.language, one.without_comments()) for one in blocks(page)] for page in pair
    )

    assert english == chinese


@each_pair
def test_both_have_the_same_tables(pair: tuple[str, str]) -> None:
    shapes = [[[len(row) for row in one] for one in tables(page)] for page in pair]

    assert shapes[0] == shapes[1]


@each_pair
def test_both_have_the_same_items_and_paragraphs_in_bold(pair: tuple[str, str]) -> None:
    marks = [re.findall(r"^(?:[-*] |\*\*)", prose(page), re.MULTILINE) for page in pair]

    assert marks[0] == marks[1]


@each_pair
def test_each_links_to_the_other_and_to_the_same_pages(pair: tuple[str, str]) -> None:
    targets = [
        [one.partition("#")[0].replace(".zh-CN", "") for one in links(ROOT / page)] for page in pair
    ]

    assert {Path(page).name for page in pair} <= {
        Path(one).name for page in pair for one in links(ROOT / page)
    }
    assert sorted(targets[0]) == sorted(targets[1])


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [one for one in links(page) if not leads_somewhere(page, one)] == []


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_front_page_leads_to_every_other(page: str) -> None:
    targets = {one.partition("#")[0].replace(".zh-CN", "") for one in links(ROOT / page)}
    pages = {english for english, _ in PAIRS} - {"README.md"}

    assert pages <= targets
