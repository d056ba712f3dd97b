"""The queries of docs/deploy on the log that real runs write, with SQLite in Log Service's place.

Log Service speaks Presto's SQL; what these queries use of it SQLite has, too, or gets from here.
"""

from __future__ import annotations

import json
import re
import sqlite3
from functools import lru_cache
from typing import Any

import pytest

from local.report.times import minute_of
from tests.docs.pages import blocks
from tools.nights import play

QUERIES = [
    one.text.partition(" | ")[2]
    for one in blocks("docs/deploy.md")
    if one.language == "text" and "SELECT" in one.text
]


def scalar(text: str, path: str) -> str | None:
    value: Any = json.loads(text) if text else None
    for key in path.removeprefix("$.").split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else json.dumps(value)


def extracted(text: str, pattern: str) -> str | None:
    found = re.search(pattern, text)
    return found[0] if found else None


@lru_cache
def logged() -> list[tuple[int, str]]:
    """Time and message of each line of two days of runs; of other lines the time before."""
    rows, now = [], 0
    for line in play(days=2).decode().splitlines():
        found = re.search(r'"(?:seen_at|ended_at)": "([^"]+)"', line)
        now = minute_of(found[1]) * 60 if found else now
        rows.append((now, line))
    return rows


def answer(query: str, *more: str) -> list[dict[str, Any]]:
    base = sqlite3.connect(":memory:")
    base.row_factory = sqlite3.Row
    base.create_function("json_extract_scalar", 2, scalar)
    base.create_function("regexp_extract", 2, extracted)
    base.create_function("from_unixtime", 1, lambda seconds: seconds)
    base.execute("CREATE TABLE log (__time__ INTEGER, message TEXT)")
    base.executemany("INSERT INTO log VALUES (?, ?)", logged())
    base.executemany("INSERT INTO log VALUES (?, ?)", enumerate(more))
    found = [dict(row) for row in base.execute(query)]
    base.close()
    return found


def query_with(words: str) -> str:
    [query] = [one for one in QUERIES if words in one]
    return query


@pytest.mark.parametrize("query", QUERIES, ids=lambda one: one.split("AS ")[-1].split()[0])
def test_every_query_runs(query: str) -> None:
    answer(query)


def test_the_dashboard_has_every_run() -> None:
    runs = answer(query_with("AS retry"))

    assert [one["action"] for one in runs].count("stop") == 2
    assert {one["outcome"] for one in runs} == {"complete"}


def test_what_runs_has_its_price_by_owner() -> None:
    owners = {one["owner"]: one for one in answer(query_with("AS an_hour"))}

    assert {"li.na", "wang.wei", "chen.jie", "zhao.min", "sun.li"} <= set(owners)
    assert owners["li.na"]["currency"] == "CNY"
    assert owners["li.na"]["an_hour"] > owners["li.na"]["ends_when_off"] > 1


def test_hours_off_have_their_money_by_owner() -> None:
    owners = {one["owner"]: one for one in answer(query_with("AS money"))}

    assert owners["chen.jie"]["hours"] > 50
    assert owners["chen.jie"]["money"] > owners["sun.li"]["money"] > 10


@pytest.mark.parametrize("words", ["AS an_hour", "AS money"])
def test_an_owner_counts_however_the_key_is_spelt(words: str) -> None:
    price = {"hour": 2.0, "ends": 1.0, "currency": "CNY"}
    states = ({"status": "Running", "list_price": price}, {"stopped_mode": "StopCharging"})
    rows = [{"log": "instance", "id": "i-9", "tags": {"Owner": "he.hua"}, **one} for one in states]

    owners = [one["owner"] for one in answer(query_with(words), *map(json.dumps, rows))]

    assert owners.count("he.hua") == 1


def test_runs_are_counted() -> None:
    assert answer(query_with("AS runs")) == [{"runs": 8}]
