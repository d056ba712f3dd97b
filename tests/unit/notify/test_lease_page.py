"""The page behind a link, whole: its headers, its parts, and its language."""

from __future__ import annotations

import re

import pytest

from shared.notify.lease_page import HEADERS, TITLES, Shown, answer, language_of
from shared.notify.words import Spoken

FACTS = [("name", "ci <1>"), ("id", "i-1"), ("release", "")]


@pytest.mark.parametrize(
    ("language", "tag", "facts", "buttons"),
    [
        ("en", "en", ("Name", "Instance"), ("Keep 1 day", "Keep 3 days")),
        ("zh", "zh-CN", ("名称", "实例"), ("保留 1 天", "保留 3 天")),
    ],
)
def test_a_page_has_what_there_is_to_say_and_nothing_else(
    language: Spoken, tag: str, facts: tuple[str, str], buttons: tuple[str, str]
) -> None:
    made = answer(Shown(200, "choose", FACTS, (1, 3)), language)

    page = made.pop("body")
    title, text = TITLES["choose"][language]
    assert made == {
        "statusCode": 200,
        "headers": {**HEADERS, "Content-Language": tag},
        "isBase64Encoded": False,
    }
    assert page.startswith(f'<!doctype html><html lang="{tag}"><head><meta charset="utf-8">')
    assert page.partition("<body>")[2] == (
        f"<main><h1>{title}</h1><p>{text}</p>"
        f"<dl><div><dt>{facts[0]}</dt><dd>ci &lt;1&gt;</dd></div>"
        f"<div><dt>{facts[1]}</dt><dd>i-1</dd></div></dl>"
        f'<form method="post"><button name="days" value="1">{buttons[0]}</button>'
        f'<button name="days" value="3">{buttons[1]}</button></form></main></body></html>'
    )


@pytest.mark.parametrize("what", TITLES)
def test_of_what_there_is_not_there_is_no_part(what: str) -> None:
    title, text = TITLES[what]["en"]

    page = answer(Shown(410, what), "en")["body"]

    assert page.partition("<body>")[2] == (
        f"<main><h1>{title}</h1><p>{text}</p></main></body></html>"
    )
    assert f"<title>{title} - Curfew</title>" in page


def test_a_detail_stands_at_the_foot_and_is_escaped() -> None:
    page = answer(Shown(503, "failed", detail="<b>\u202e"), "en")["body"]

    assert re.findall("<footer>(.*?)</footer>", page) == [r"&lt;b&gt;\u202e"]


def test_a_head_has_the_headers_alone() -> None:
    made = answer(Shown(405, "method"), "en", with_body=False)

    assert (made["statusCode"], made["body"]) == (405, "")
    assert made["headers"] == {**HEADERS, "Content-Language": "en", "Allow": "GET, HEAD, POST"}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-TW;q=0.5, en;q=0.4", "zh"),
        ("en, zh", "en"),
        ("zh, en;q=1", "en"),
        ("zh;q=1, en;q=0.999", "zh"),
        ("zhuang, en;q=0.1", "en"),
        ("ZH-cn", "zh"),
        ("zh;q=2, en;q=0.1", "zh"),
        ("zh;q=x;q=0.1, en;q=0.5", "en"),
    ],
)
def test_a_language_is_weighed_as_browsers_weigh_it(accepted: str, language: Spoken) -> None:
    assert language_of(accepted) == language
