"""Which prices of a log are believed; the others are told, and count for nothing."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from local.report.entry import Price
from local.report.remarks import remarks
from local.report.words import LANGUAGES, Words
from tests.local.cli.test_report import report
from tests.local.report.lines import line, run, started, text_of
from tests.local.report.test_night import night_of

PRICE = {"hour": 0.7, "ends": 0.6, "currency": "CNY"}
DOLLARS = {"hour": 0.1, "ends": 0.1, "currency": "USD"}
EN = Words("en")


def off(number: int, price: object, **fields: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # any field
    """A night of one instance, with a price."""
    own = {"id": f"i-{number}", "name": f"n-{number}", **fields}
    return [line(**own, list_price=price), started(**own)]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"ends": 0.71}, id="more-ends-than-there-is"),
        pytest.param({"hour": -0.7, "ends": -0.8}, id="negative"),
        pytest.param({"ends": -0.1}, id="negative-end"),
        pytest.param({"hour": 1e6 + 1}, id="too-much"),
        pytest.param({"currency": "cny"}, id="small-letters"),
        pytest.param({"currency": "CNY\n"}, id="line-end"),
        pytest.param({"currency": "¥"}, id="sign"),
        pytest.param({"currency": ""}, id="none"),
    ],
)
def test_a_price_that_can_be_none_is_told_and_does_not_count(fields: dict[str, Any]) -> None:
    night = night_of(*off(1, {**PRICE, **fields}), *off(2, PRICE))

    assert night.total.money == pytest.approx({"CNY": 7.5})
    assert (night.total.minutes, night.total.unpriced) == (1500, 750)
    assert night.impossible == 1
    assert "1 line states a price that cannot be right: the price does not count." in remarks(
        night, EN
    )


@pytest.mark.parametrize("ends", [0, 0.7])
def test_all_of_a_price_may_end_or_nothing(ends: float) -> None:
    assert Price(0.7, ends, "CNY").is_possible


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", '"0.6"', "null"])
def test_a_line_whose_price_is_no_number_is_told_and_does_not_count(
    tmp_path: Path, number: str
) -> None:
    log = tmp_path / "a.log"
    text = text_of(*off(1, {**PRICE, "ends": 0.123456}), run())
    log.write_text(text.replace("0.123456", number), encoding="utf-8")

    done = report(log)

    assert done.exit_code == 0
    assert "1 of 3 lines cannot be read" in done.stderr
    assert "CNY" not in done.stdout


def test_a_believed_price_stays_where_a_later_one_cannot_be_right() -> None:
    later = {"action": "describe", "seen_at": "2020-11-24T12:00:00+08:00", "request_id": "2"}
    wrong = started(**later, list_price={**PRICE, "ends": 5})

    assert night_of(*off(1, PRICE), wrong).total.money == pytest.approx({"CNY": 7.5})


def test_another_currency_than_the_regions_does_not_count() -> None:
    lines = [*off(1, PRICE), *off(2, PRICE), *off(3, DOLLARS)]

    for order in (lines, lines[::-1]):
        night = night_of(*order)
        assert night.total.money == pytest.approx({"CNY": 15.0})
        assert (night.total.unpriced, night.other_currency) == (750, 1)
        assert (
            "1 instance has a price in another currency than its region: that price does not count."
        ) in remarks(night, EN)


def test_of_as_many_prices_the_earlier_currency_is_believed() -> None:
    early = off(1, PRICE, seen_at="2020-11-23T19:59:00+08:00")[0]
    late = off(2, DOLLARS)

    for order in permutations([early, *late]):
        assert night_of(*order).total.money == {}
        assert night_of(*order, *off(1, None)[1:]).total.money == pytest.approx({"CNY": 7.51})


def test_the_price_that_an_instance_has_in_the_regions_currency_counts() -> None:
    later = {"seen_at": "2020-11-24T12:00:00+08:00", "action": "describe", "request_id": "2"}
    lines = [*off(1, PRICE), *off(2, PRICE), started(id="i-2", **later, list_price=DOLLARS)]

    night = night_of(*lines)

    assert night.total.money == pytest.approx({"CNY": 15.0})
    assert night.other_currency == 1


@pytest.mark.parametrize("place", ["region", "account"])
def test_each_region_and_account_has_its_own_currency(place: str) -> None:
    lines = [*off(1, PRICE, **{place: "1"}), *off(2, DOLLARS, **{place: "2"})]

    night = night_of(*lines)

    assert night.total.money == pytest.approx({"CNY": 7.5, "USD": 1.25})
    assert night.other_currency == 0


def test_lines_that_two_exports_hold_are_one_vote() -> None:
    lines = [*off(1, PRICE), *off(2, PRICE), *off(3, DOLLARS)]

    assert night_of(*lines, *lines[-2:] * 9).total.money == pytest.approx({"CNY": 15.0})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [1, 2])
def test_both_remarks_are_there_in_both_languages(language: str, number: int) -> None:
    lines = [one for at in range(number) for one in off(at, {**PRICE, "ends": 5})]
    lines += [one for at in range(number) for one in off(10 + at, DOLLARS)]
    lines += [one for at in range(number + 1) for one in off(20 + at, PRICE)]

    told = list(remarks(night_of(*lines), Words(language)))

    assert [one.count(f"{number} ") for one in told if "价格" in one or "price" in one][-2:] == [
        1,
        1,
    ]
