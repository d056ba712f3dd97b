"""Several accounts in one report: told apart where there are several, and not before."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest

from local.report.entry import Answer, Entry
from local.report.night import Gathering, Night
from shared.base.times import CHINA
from tests.local.report.lines import EVENING, line, run, started
from tests.local.report.test_night import night_of
from tests.local.report.test_page import page_of
from tests.local.report.test_table import shown

DEV, PROD = "1000000000000001", "2000000000000002"
PRICE = {"hour": 0.7, "ends": 0.6, "currency": "CNY"}
HALF_PAST = "2020-11-23T20:30:00+08:00"


def two_accounts(first: str = DEV, second: str = PROD) -> list[dict[str, Any]]:
    """One id in each, of one name and owner: one off for half a night, one left alone."""
    return [
        line(account=first, list_price=PRICE),
        started(account=first),
        line(account=second, result="skipped", reason="tag curfew:protect", request_id="2"),
        line(account=second, result="failed", reason="no", code="X", request_id="3"),
        {"log": "error", "action": "stop", "error": "Refused", "message": "m", "account": second},
    ]


def groups(night: Night) -> list[tuple[str, str, int, int]]:
    return [
        (one.account, one.value, one.machines, one.saving.minutes)
        for one in (*night.accounts, *night.groups["owner"])
    ]


def test_one_id_in_two_accounts_is_two_instances() -> None:
    night = night_of(*two_accounts())

    assert night.machines == 2
    assert groups(night) == [
        (DEV, "", 1, 750),
        (PROD, "", 1, 0),
        (DEV, "li.na", 1, 750),
        (PROD, "li.na", 1, 0),
    ]
    assert [one.names for one in night.guarded] == [[f"web-1 ({PROD})"]]
    assert [one.names for one in night.failed] == [[PROD], [f"web-1 ({PROD})"]]


@pytest.mark.parametrize("account", [DEV, ""])
def test_one_account_is_not_spoken_of(account: str) -> None:
    lines = two_accounts(account, account)

    told = "\n".join(shown(*lines)) + page_of(*lines)

    assert night_of(*lines).accounts == ()
    assert "account" not in told.partition("</style>")[2].lower()
    assert DEV not in told


@pytest.mark.parametrize(("language", "title"), [("en", "By account"), ("zh", "按账号")])
def test_table_and_page_show_accounts_apart(language: str, title: str) -> None:
    lines = [*two_accounts(), line(id="i-9", name="old-1")]

    table, page = shown(*lines, language=language), page_of(*lines, language=language)

    unknown = {"en": "not in the logs", "zh": "日志中没有账号"}[language]
    for text in (title, f"li.na ({DEV})", f"web-1 ({PROD})", unknown):
        assert any(text in one for one in table), text
        assert text in page
    assert [one.split() for one in table if one.strip().startswith(DEV)] == [
        [DEV, "1", "12", "CNY", "7.50"]
    ]


def test_lines_without_account_are_of_the_one_that_has_the_id() -> None:
    lines = [line(), line(account=DEV, seen_at=HALF_PAST, request_id="2"), started(request_id="3")]

    for order in permutations(lines):
        night = night_of(*order)
        assert (night.machines, night.total.minutes, night.accounts) == (1, 750, ())


def test_what_was_seen_last_counts_whether_its_line_has_an_account_or_not() -> None:
    old = line(name="old", tags={"owner": "old"}, list_price=PRICE, reason="a: still billed")
    new = line(name="new", tags={"owner": "new"}, account=DEV, seen_at=HALF_PAST, reason="b")
    other = line(id="i-2", account=PROD)

    for order in permutations([old, new, other]):
        night = night_of(*order)
        assert {one.value for one in night.groups["owner"]} == {"new", "li.na"}
        assert night.total.money == {"CNY": pytest.approx(0.3)}
        assert night.billed == []


def test_lines_without_account_of_an_id_in_two_accounts_stand_alone() -> None:
    night = night_of(*two_accounts(), line())

    assert [(one.account, one.machines) for one in night.accounts] == [
        (DEV, 1),
        ("", 1),
        (PROD, 1),
    ]


def test_an_answer_beside_its_log_is_the_same_run() -> None:
    row = {key: line()[key] for key in list(line())[7:18]}
    answer = {"action": "stop", "request_id": "1-66aa", "dry_run": False, "outcome": "complete"}
    report = msgspec.convert({**answer, "ended_at": EVENING, "instances": [row]}, Answer)
    logged = [line(account=DEV), run(account=DEV)]
    gathering = Gathering()
    for entry in [
        *map(to_entry, logged),
        *(e for one in report.all_reports() for e in one.entries()),
    ]:
        gathering.add(entry)

    night = gathering.night(CHINA, 30)

    assert (night.machines, sum(night.runs.values())) == (1, 1)


def to_entry(one: dict[str, Any]) -> Entry:
    return msgspec.convert(one, Entry)
