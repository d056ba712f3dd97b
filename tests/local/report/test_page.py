"""The page: it says what the table says, and obeys nothing that a log holds."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from local.report.entry import Entry
from local.report.night import Gathering
from local.report.page import render
from local.report.source import Counts
from local.report.words import LANGUAGES, Words
from shared.base.times import CHINA
from tests.local.report.lines import line, run, started

EVIL = '</style><script>alert(1)</script><b onclick="x">&amp;{{ 7 * 191 }}\u202e\u0000'
PRICE = {"hour": 0.7, "ends": 0.6, "currency": "CNY"}
VOID = {"meta", "link", "br"}


def page_of(*lines: dict[str, Any], language: str = "en", counts: Counts | None = None) -> str:
    gathering = Gathering()
    for one in lines:
        gathering.add(msgspec.convert(one, Entry))
    return render(gathering.night(CHINA, 30), Words(language), [counts or Counts("a.log", 3, 3)])


class Reader(HTMLParser):
    """The texts and tags of a page; whether what was opened was closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(" ".join(data.split()))


HOSTILE = {
    "id": EVIL,
    "name": EVIL,
    "reason": f"{EVIL}: still billed, unreadable",
    "tags": {EVIL: EVIL},
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_a_log_holds_becomes_part_of_the_page(language: str) -> None:
    plain = Reader(page_of(line(list_price=PRICE), started(), run(), language=language))
    hostile = page_of(
        line(**HOSTILE),
        line(**{**HOSTILE, "result": "failed", "code": EVIL, "id": "i-2"}),
        line(**{**HOSTILE, "result": "skipped", "id": "i-3"}),
        started(**HOSTILE),
        {"log": "error", "action": EVIL, "error": EVIL, "message": EVIL},
        run(outcome=EVIL),
        language=language,
        counts=Counts(EVIL, 1, 1),
    )

    read = Reader(hostile)

    assert read.open == []
    assert set(read.tags) <= set(plain.tags) | {"ul", "li", "p"}
    assert read.tags.count("style") == 1
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert "1337" not in hostile
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u0000\u200b-\u200f]", hostile)
    assert sum("<script>alert(1)</script>" in one for one in read.texts) > 5


def test_nothing_comes_from_elsewhere_and_nothing_runs() -> None:
    read = Reader(page_of(line(list_price=PRICE), started(), run()))

    assert not set(read.tags) & {"script", "img", "iframe", "object", "embed", "base", "form", "a"}
    addresses = [value for name, value in read.attributes if name in {"href", "src", "srcset"}]
    assert [one for one in addresses if not str(one).startswith("data:image/svg+xml,")] == []
    [policy] = [value for _, value in read.attributes if str(value).startswith("default-src")]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_it_says_hours_money_and_owners() -> None:
    said = Reader(page_of(line(list_price=PRICE), started(), run())).texts

    for text in ("Fleet report", "23 to 24 November 2020", "12", "CNY 7.50", "li.na"):
        assert text in said, text


def test_a_sum_without_all_its_prices_says_so_and_hours_alone_have_none() -> None:
    said = Reader(page_of(line(list_price=PRICE), started(), line(id="i-2"), started(id="i-2")))
    unpriced = Reader(page_of(line(), started()))

    assert said.texts.count("CNY 7.50 + ?") == 2  # in all, and of the owner
    assert not [one for one in unpriced.texts if one == "?"]


def test_a_sum_breaks_before_another_currency_alone() -> None:
    abroad = {"id": "i-2", "region": "us-west-1"}
    dollars = {**PRICE, "currency": "USD"}

    page = page_of(
        *(line(list_price=PRICE), started(), line(**abroad, list_price=dollars), started(**abroad)),
        *(line(id="i-3"), started(id="i-3")),
    )

    assert "CNY\u00a07.50 +\u00a0USD\u00a07.50\u00a0+\u00a0?" in page


def test_every_table_and_each_of_its_rows_and_columns_has_a_name() -> None:
    page = page_of(line(list_price=PRICE), started(), run())
    headers = re.findall(r"<th( .*?)?>(.*?)</th>", page, re.DOTALL)
    labels = re.findall(r'<table [^>]*aria-labelledby="(.*?)"', page)

    assert all(
        'scope="' in attributes and re.sub("<.*?>", "", text) for attributes, text in headers
    )
    assert [text for attributes, text in headers if "row" in attributes and "li.na" in text]
    assert len(labels) == page.count("<table") == 2
    assert [page.count(f'id="{one}"') for one in labels] == [1, 1]


def test_a_strip_says_in_words_how_many_it_shows() -> None:
    later = {"action": "describe", "seen_at": "2020-11-24T12:00:00+08:00"}
    others = [started(id=f"i-{number}", **later) for number in range(2, 1202)]

    said = Reader(page_of(line(), started(), started(**later), *others)).texts

    assert "Most at once: 0 on, 1 off since Curfew stopped it, 0 off otherwise" in said
    assert "Most at once: 1,201 on, 1 off since Curfew stopped it, 0 off otherwise" in said


def test_one_of_anything_is_not_called_by_its_plural() -> None:
    one = Reader(page_of(line(), run(), counts=Counts("a.log", 1, 1))).texts
    two = Reader(page_of(line(), line(id="i-2"), run(), run(request_id="2"))).texts

    assert {"instance", "run", "a.log: 1 line, 1 of Curfew, 0 of others, 0 broken."} <= set(one)
    assert {"instances", "runs", "a.log: 3 lines, 3 of Curfew, 0 of others, 0 broken."} <= set(two)


def test_what_avoided_nothing_has_no_bar() -> None:
    page = page_of(line(), started(), line(id="i-2", tags={"owner": "amy"}))

    assert re.findall(r'<bdi>(.*?)</bdi>(<span class="bar")?', page) == [
        ("li.na", '<span class="bar"'),
        ("amy", ""),
    ]


def test_it_speaks_chinese() -> None:
    page = page_of(line(list_price=PRICE), started(), language="zh")

    assert '<html lang="zh-CN">' in page
    assert {"2020年11月23日至11月24日", "11月23日 周一", "节省的运行小时"} <= set(
        Reader(page).texts
    )


def test_a_strip_is_as_high_as_the_share_that_was_on() -> None:
    """One of two is on from 08:30; both were off before, by Curfew."""
    later = {"action": "describe", "result": "unchanged", "seen_at": "2020-11-24T12:00:00+08:00"}
    page = page_of(line(), line(id="i-2"), started(), started(**later), line(id="i-2", **later))

    strips = re.findall(r"<svg.*?</svg>", page, re.DOTALL)

    assert [dict(re.findall(r'<path class="(\w+)" d="(.*?)"', one)) for one in strips] == [
        {"ours": "M0 100H80V0H96V100Z", "off": "M0 100H80V0H96V100Z"},
        {
            "on": "M0 100H34V50H48V100H96V100Z",
            "ours": "M0 100H0V0H48V100H96V100Z",
            "off": "M0 100H0V0H48V100H96V100Z",
        },
    ]


def test_what_is_too_much_for_a_page_is_counted() -> None:
    many = [
        line(id=f"i-{number}", name=f"web-{number:03}", result="failed", reason=f"no {kind}")
        for kind in range(60)
        for number in range(20)
    ]

    page = page_of(*many)

    assert "and 20 more reasons" in page
    assert page.count("and 8 more<") == 40


def test_a_log_without_times_still_gives_a_page() -> None:
    page = page_of(line(seen_at="", reason="stop: still billed"))

    assert Reader(page).open == []
    assert "1 line has no time" in page
    assert "<svg" not in page
