"""Bugs in what Curfew tells, for the invariants of reports, rows and reasons to find."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

import functions.release
import shared.converge.fleet
import shared.converge.survey
import shared.converge.target
import shared.domain.power
import shared.report.report
import shared.run
from shared.converge.target import Target
from shared.domain.plan import Judge, Result, Row
from shared.report.report import Report
from tests.simulation import planted
from tests.simulation.planted import Planted, only


def _a_retention_told_from_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(self: Any, _: Any) -> str:  # noqa: ANN401  # passed on
        return f"{self.retention_days} days"

    monkeypatch.setattr(functions.release.ReleaseRule, "_end_in_words", asked)


def _an_address_given_up_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.domain.power.StopRule, "changed", lambda *_: "")


def _a_rest_that_nobody_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions.release, "_outliving", lambda _: [])


def _gone_by_whom_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "_is_missing", lambda _: False)


def _gone_after_two_looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.converge.target, "LOOK_AGAIN_AFTER", timedelta(0))
    monkeypatch.setattr("shared.converge.survey.LOOK_AGAIN_AFTER", timedelta(0))


def _complete_within_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Report, "outcome", lambda self: "planned" if self.dry_run else "complete")


def _no_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.converge.fleet.Fleet, "_warnings", lambda *_: iter(()))


def _times_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        shared.report.report, "to_zone_text", lambda moment, _: f"{moment:%Y-%m-%dT%H:%M:00Z}"
    )


def _a_row_as_it_was_first(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Target._final  # noqa: SLF001  # where it would happen

    def stale(self: Any, row: Row, rule: Any) -> Row:  # noqa: ANN401  # passed on
        return msgspec.structs.replace(honest(self, row, rule), instance=self.first)

    monkeypatch.setattr(Target, "_final", stale)


def _changed_whoever_did_it(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shared.run._Invocation._execute  # noqa: SLF001  # where it would happen

    def proud(self: Any, *arguments: Any, **others: Any) -> Any:  # noqa: ANN401  # passed on
        rows = honest(self, *arguments, **others)
        return [
            msgspec.structs.replace(row, result=Result.CHANGED)
            if row.result is Result.UNCHANGED
            else row
            for row in rows
        ]

    monkeypatch.setattr(shared.run._Invocation, "_execute", proud)  # noqa: SLF001  # likewise


def _a_region_left_out_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Report.error

    def deaf(self: Report) -> Any:  # noqa: ANN401  # passed on
        return honest(msgspec.structs.replace(self, unread={}))

    monkeypatch.setattr(Report, "error", deaf)


def _gone_where_nobody_could_look(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shared.converge.fleet.Fleet._rows_of_missing  # noqa: SLF001  # where it would happen

    def sure(self: Any, seen: Any, now: datetime) -> Any:  # noqa: ANN401  # passed on
        return honest(self, msgspec.structs.replace(seen, unread={}), now)

    monkeypatch.setattr(shared.converge.fleet.Fleet, "_rows_of_missing", sure)


def _pending_counted_as_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "pending", lambda self: Row(self.instance, Result.CHANGED))


def _lost_tags_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Judge, "has_lost_tags", lambda *_: False)


def _a_value_that_nobody_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.converge.fleet, "has_other_value", lambda *_: False)


def _gone_for_want_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shared.converge.survey._look_again  # noqa: SLF001  # where it would happen

    def sure(*arguments: Any) -> Any:  # noqa: ANN401  # passed on
        return honest(*arguments)[0], ""

    monkeypatch.setattr(shared.converge.survey, "_look_again", sure)


def _a_snapshot_that_nobody_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "_note", lambda *_: None)


def _other_regions_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.converge.survey, "_look_elsewhere", lambda *_: ({}, {}))


REPORTS = (
    Planted(_a_retention_told_from_the_request, only(planted.of_earlier_runs), "is kept"),
    Planted(
        _an_address_given_up_in_silence, only(planted.of_stops), "does not tell of the address"
    ),
    Planted(_a_rest_that_nobody_is_told_of, only(planted.of_releases), "does not tell of"),
    Planted(_gone_by_whom_it_may_be, planted.among_people, "no deletion by this run"),
    Planted(_gone_after_two_looks_at_once, only(planted.of_hidden), "it is Instance"),
    Planted(_lost_tags_believed, only(planted.of_lost_tags), "never so"),
    Planted(_a_value_that_nobody_asked_for, planted.of_lost_values, "was never selected"),
    Planted(_gone_for_want_of_time, planted.in_a_hurry, "it is Instance"),
    Planted(_a_snapshot_that_nobody_is_told_of, planted.of_refused_snapshots, "CreateSnapshot"),
    Planted(_other_regions_not_asked, only(planted.of_several_regions), "though it is in"),
    Planted(_complete_within_an_error, planted.any_scenario, "the outcome is"),
    Planted(_no_warnings, planted.any_scenario, "nothing matched"),
    Planted(_times_in_utc, planted.any_scenario, "auto_release_at is"),
    Planted(_a_region_left_out_in_silence, only(planted.of_bad_regions), "answered as a success"),
    Planted(_gone_where_nobody_could_look, only(planted.of_bad_regions), "unchanged"),
    Planted(_a_row_as_it_was_first, planted.any_scenario, "was shown as"),
    Planted(_changed_whoever_did_it, planted.any_scenario, "no write of this run was accepted"),
    Planted(_pending_counted_as_changed, planted.any_scenario, ""),
)
