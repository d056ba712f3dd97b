"""What is off by Curfew and no saving: subscriptions, spot instances, stops in KeepCharging."""

from __future__ import annotations

from typing import Any

import pytest

from local.report.history import State
from local.report.remarks import remarks
from local.report.words import Words
from tests.local.report.lines import line, run, started
from tests.local.report.test_night import NIGHT_MINUTES, look, night_of
from tests.local.report.test_page import page_of
from tests.local.report.test_table import shown

PRICE = {"list_price": {"hour": 0.7, "ends": 0.6, "currency": "CNY"}}
NO_SAVING: dict[str, dict[str, Any]] = {
    "keep-charging": {"stopped_mode": "KeepCharging"},
    "subscription": {"charge_type": "PrePaid"},
    "subscription-in-economical-mode": {"charge_type": "PrePaid", "stopped_mode": "StopCharging"},
    "spot": {"spot": True},
}
AT_22 = "2020-11-23T22:00:00+08:00"


def lasting(fields: dict[str, Any]) -> dict[str, Any]:
    """Those of the fields that a running instance has, too."""
    return {key: value for key, value in fields.items() if key != "stopped_mode"}


@pytest.mark.parametrize("fields", NO_SAVING.values(), ids=list(NO_SAVING))
def test_no_hour_of_it_counts_as_avoided_and_no_money(fields: dict[str, Any]) -> None:
    night = night_of(line(**fields, **PRICE), started(**lasting(fields)))

    assert (night.total.minutes, night.total.unpriced, night.total.money) == (0, 0, {})
    assert night.total.unsaved == NIGHT_MINUTES
    assert sum(night.days[0].states[State.OURS]) > 0
    assert [one.saving.minutes for one in night.groups["owner"]] == [0]


@pytest.mark.parametrize("fields", NO_SAVING.values(), ids=list(NO_SAVING))
@pytest.mark.parametrize(
    ("language", "headline", "remark"),
    [
        ("en", "0 hours avoided", "Not counted: 12 hours of stops by Curfew that save nothing"),
        ("zh", "节省 0 个运行小时", "停机但不算节省的 12 小时"),
    ],
)
def test_its_hours_are_told_apart(
    fields: dict[str, Any], language: str, headline: str, remark: str
) -> None:
    lines = [line(**fields, **PRICE), started(**lasting(fields)), run()]

    table = " ".join(shown(*lines, language=language))
    page = page_of(*lines, language=language)

    assert headline in table
    assert remark in table
    assert remark in page
    assert "CNY" not in table + page


def test_it_is_not_spoken_of_where_there_is_none() -> None:
    assert list(remarks(night_of(line(**PRICE), started()), Words("en"))) == []


@pytest.mark.parametrize("before", NO_SAVING.values(), ids=list(NO_SAVING))
def test_what_is_paid_for_otherwise_later_saves_from_then_on(before: dict[str, Any]) -> None:
    later = look(AT_22, **PRICE)

    total = night_of(line(**before), later, started()).total

    assert (total.unsaved, total.minutes) == (120, NIGHT_MINUTES - 120)
    assert total.money == pytest.approx({"CNY": 0.6 * 10.5})


@pytest.mark.parametrize("after", NO_SAVING.values(), ids=list(NO_SAVING))
def test_what_turns_out_to_be_none_never_was_one(after: dict[str, Any]) -> None:
    later = look(AT_22, **after)

    total = night_of(line(**PRICE), later, started(**lasting(after))).total

    assert (total.minutes, total.money) == (0, {})
    assert total.unsaved == NIGHT_MINUTES


@pytest.mark.parametrize("is_first", [1, 0])
def test_a_spot_instance_that_a_log_tells_is_one_in_responses_too(is_first: int) -> None:
    response = [line(stopped_mode=""), started()]
    at = "2020-11-23T12:00:00+08:00" if is_first else "2020-11-24T12:00:00+08:00"
    told = started(action="describe", result="unchanged", seen_at=at, started_at="", spot=True)

    total = night_of(*response, told).total

    assert (total.minutes, total.unsaved) == (0, NIGHT_MINUTES)
    assert night_of(*response).total.minutes == NIGHT_MINUTES
