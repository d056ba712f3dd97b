"""docs/safety: tests hold each promise, both languages agree, the examples are true."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from shared.base.times import CHINA, parse_instant, to_zone_text
from shared.domain.guards import TAG_GUARDS, Guard, Harm
from shared.domain.instance import Instance, Status
from tests.docs.pages import ROOT, codes, leads_somewhere, links, tables
from tests.harness.stage import NOW, REGION
from tools import promises
from tools.promises import TARGET, marked_tests, promises_of, text_of

PAGES = [ROOT / "docs" / name for name in ("safety.md", "safety.zh-CN.md")]
each_page = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


@pytest.fixture(scope="module")
def marked() -> Mapping[str, list[str]]:
    """Which tests hold which promise."""
    return marked_tests()


@pytest.mark.parametrize("promise", promises_of(PAGES[0]))
def test_every_promise_is_held_by_a_test(promise: str, marked: Mapping[str, list[str]]) -> None:
    assert marked[promise]


def test_every_mark_is_of_a_promise(marked: Mapping[str, list[str]]) -> None:
    assert sum(len(tests) for tests in marked.values()) > 100
    assert marked.keys() <= promises_of(PAGES[0]).keys()


def test_every_mark_is_at_a_test(marked: Mapping[str, list[str]]) -> None:
    """Where else it stands it would count for nothing."""
    written = [
        node
        for path in (ROOT / "tests").rglob("*.py")
        if "mark.promise" in (text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.promise"
    ]
    counted = sum(len(tests) for tests in marked.values())

    assert sum(len(mark.args) for mark in written) == counted


@each_page
def test_every_bullet_is_a_promise_with_an_id(page: Path) -> None:
    sections = re.split(r"^## ", page.read_text("utf-8"), flags=re.MULTILINE)[1:-2]
    bullets = re.findall(r"^\* (.*)", "".join(sections), re.MULTILINE)

    assert len(bullets) == len(promises_of(page)) > 40
    assert [one for one in bullets if not re.match(r"\*\*S\d+\. ", one)] == []


def test_both_languages_make_the_same_promises_in_the_same_order() -> None:
    english, chinese = (list(promises_of(page)) for page in PAGES)

    assert english == chinese == [f"S{number}" for number in range(1, len(english) + 1)]


def test_the_index_of_tests_is_what_the_marks_say_now(marked: Mapping[str, list[str]]) -> None:
    now = text_of(promises_of(PAGES[0]), marked)

    assert TARGET.read_text(encoding="utf-8") == now, "run make promises"


def test_the_command_writes_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "TARGET", tmp_path / "promises.md")

    promises.main()

    assert (tmp_path / "promises.md").read_text("utf-8") == TARGET.read_text("utf-8")


def test_marks_are_read_from_tests_alone_and_one_test_can_hold_several(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_one.py").write_text(
        '@pytest.mark.promise("S1", "S2")\n@pytest.mark.other("S3")\ndef test_it(): ...\n'
        '@pytest.mark.promise("S4")\ndef helper(): ...\n'
        'class TestMore:\n    @pytest.mark.promise("S1")\n    def test_more(self): ...\n'
    )

    assert marked_tests(tmp_path) == {
        "S1": ["tests/test_one.py::test_it", "tests/test_one.py::test_more"],
        "S2": ["tests/test_one.py::test_it"],
    }


def test_both_languages_have_the_same_sections_and_rows() -> None:
    def shape(page: Path) -> list[str]:
        lines = page.read_text("utf-8").splitlines()
        return [line[:2] for line in lines if line[:2] in {"# ", "##", "* ", "| "}]

    assert shape(PAGES[0]) == shape(PAGES[1])


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [one for one in links(page) if not leads_somewhere(page, one)] == []


@pytest.mark.promise("S33")
@each_page
def test_keep_until_means_what_the_page_says(page: Path) -> None:
    rows = re.findall(r"^\| `(20[^`]+)` \| `([^`]+)`", page.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == 5

    for value, until in rows:
        kept = Instance("i-1", REGION, NOW, Status.RUNNING, tags={"curfew:keep-until": value})
        guard, end = Guard(Harm.OUTAGE, CHINA), parse_instant(until)
        in_china = f" (= {to_zone_text(end, CHINA)})" if value.endswith("Z") else ""
        reason = f"tag curfew:keep-until {value}{in_china}"
        assert guard.reason(kept, end - timedelta(seconds=1)) == reason
        assert guard.reason(kept, end) == ""


ANSWERS = {"yes": True, "no": False, "是": True, "否": False}
COLUMNS = (Harm.OUTAGE, Harm.COST, Harm.LOSS)


@pytest.mark.parametrize(
    "page", ["safety.md", "safety.zh-CN.md", "reference.md", "reference.zh-CN.md"]
)
def test_every_tag_that_guards_has_its_row(page: str) -> None:
    rows = [row for table in tables(f"docs/{page}") for row in table if row[-1] in ANSWERS]
    by_key = {
        keys[0]: {harm for harm, cell in zip(COLUMNS, row[1:], strict=True) if ANSWERS[cell]}
        for row in rows
        if (keys := codes(row[0])) and keys[0].startswith("curfew:")
    }

    assert by_key == {key: set(guard.harms) for key, guard in TAG_GUARDS.items()}
