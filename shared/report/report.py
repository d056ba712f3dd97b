"""The report of one request: the result for every selected instance. Pure.

At most ``MAX_ROWS`` rows go into the response, worst first; the log has all of them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import UNSET

from shared.base.errors import AccessDenied, CurfewError, Incomplete, Refused
from shared.base.printable import counted, printable
from shared.base.times import to_zone_text
from shared.base.version import VERSION
from shared.domain.guards import plain_key
from shared.domain.plan import Result, Row
from shared.domain.retries import Kind, kind_of

MAX_ROWS = 200
MAX_ERROR_BYTES = 32_000
"""Function Compute cuts log lines at 32 KB ("Limits", FC docs)."""

MAX_SENTENCE_BYTES = 12_000
MAX_REPORTS = 100
"""How many reports of a list of messages an error may contain, those with an error first."""

LIST_ROWS = 2_000
"""How many rows all reports of a list keep together, but at least the worst of each."""

MAX_WARNINGS, MAX_WARNING = 20, 500
"""How many warnings a report has, and how long each is; the log has all of them."""

_WORST_FIRST = {result: rank for rank, result in enumerate(Result)}


class Whole(msgspec.Struct, frozen=True):
    """The totals over all rows of a report, some of which are no longer kept."""

    rows: int
    counts: Mapping[str, int]
    error: type[AccessDenied | Incomplete | Refused] | None
    sentence: str


class Report(msgspec.Struct, frozen=True):
    """What a run did, or in a dry run would do.

    Attributes:
        rows: One for each selected instance, worst first.
        api_calls: How many calls were sent to ECS.
        seconds: How long the run took.
        ended_at: When it ended.
        zone: The zone in which times are shown.
        show_tags: The keys of the tags that rows show, however an instance spells them.
        plan_id: The name of a dry run's plan, by which it can be confirmed; "" otherwise.
        warnings: Sentences for people: what matched nothing, is unknown, could not be read.
        refusal: Why the plan was not carried out, if a guard on the whole run forbade it.
        unread: Regions that could not be read, each with the reason.
        calendar_until: The last year that the calendar of working days knows; None: not said.
        released_by: It only has rows for instances that ECS will release by then; None: all.
        rests: It read nothing, since the event's day is not one of the request's.
        whole: The totals over all of its rows; None: no rows are missing here.
    """

    action: str
    request_id: str
    dry_run: bool
    rows: tuple[Row, ...]
    api_calls: int
    seconds: float
    ended_at: datetime
    zone: tzinfo
    show_tags: tuple[str, ...] = ()
    plan_id: str = ""
    warnings: tuple[str, ...] = ()
    refusal: str = ""
    unread: Mapping[str, CurfewError] = MappingProxyType({})
    calendar_until: int | None = None
    released_by: datetime | None = None
    rests: bool = False
    whole: Whole | None = None

    def cut_to(self, max_rows: int) -> Report:
        """The same with only its worst rows; numbers and error are still those of all.

        So a list of many messages need not keep everything it found to its end.
        """
        if len(self.rows) <= max_rows:
            return self
        whole = Whole(len(self.rows), self.counts(), self.error(), self.sentence())
        return msgspec.structs.replace(self, rows=self.rows[:max_rows], whole=whole)

    def matched_nothing(self) -> bool:
        """Did the selection match nothing?"""
        return not (self.rows or self.rests) and self.released_by is None

    def counts(self) -> dict[str, int]:
        """How many instances had each result; every result is there."""
        if self.whole:
            return dict(self.whole.counts)
        found = Counter(row.result for row in self.rows)
        order = (
            Result.CHANGED,
            Result.UNCHANGED,
            Result.SKIPPED,
            Result.FAILED,
            Result.PENDING,
            Result.WOULD_CHANGE,
        )
        return {result.value: found[result] for result in order}

    def outcome(self) -> str:
        """``complete``, ``planned`` for a dry run, or ``incomplete`` within an error."""
        if self.error():
            return "incomplete"
        return "planned" if self.dry_run else "complete"

    def as_json(self, max_rows: int = MAX_ROWS) -> dict[str, Any]:
        """The report as it is returned, with at most this many rows."""
        total = self.whole.rows if self.whole else len(self.rows)
        omitted = total - min(max_rows, len(self.rows))
        return {
            "action": self.action,
            "request_id": self.request_id,
            "dry_run": self.dry_run,
            "outcome": self.outcome(),
            **({"plan_id": self.plan_id} if self.plan_id else {}),
            "counts": self.counts(),
            "warnings": self._few_warnings(),
            "api_calls": self.api_calls,
            "seconds": round(self.seconds, 1),
            "ended_at": to_zone_text(self.ended_at, self.zone),
            "version": VERSION,
            **({"calendar_until": self.calendar_until} if self.calendar_until else {}),
            "instances": [self.row_as_json(row) for row in self.rows[:max_rows]],
            **({"instances_omitted": omitted} if omitted else {}),
        }

    def _few_warnings(self) -> list[str]:
        """The warnings as they are returned; if some are cut, the last says how many."""
        told = [printable(one) for one in self.warnings]
        if (more := len(told) - MAX_WARNINGS) > 0:
            told[MAX_WARNINGS - 1 :] = [f"{more + 1} more warnings are in the log"]
        return [one if len(one) <= MAX_WARNING else f"{one[: MAX_WARNING - 1]}…" for one in told]

    def row_as_json(self, row: Row) -> dict[str, Any]:
        """One instance's row; every field is present, "" if there is nothing to say."""
        instance = row.instance
        return {
            "id": instance.id,
            "name": instance.name,
            "region": instance.region,
            "result": row.result.value,
            "reason": printable(row.reason),
            "code": row.code,
            "status": instance.status.value,
            "charge_type": instance.charge_type,
            "instance_type": instance.instance_type,
            "auto_release_at": self.told(instance.auto_release_at),
            "tags": self._shown_tags(instance.tags),
            **_price_as_json(row),
        }

    def _shown_tags(self, tags: Mapping[str, str]) -> dict[str, str]:
        """The tags to show, in the requested order, each as spelt on the instance."""
        return {
            own: value
            for key in self.show_tags
            for own, value in tags.items()
            if plain_key(own) == plain_key(key)
        }

    def told(self, moment: datetime | None) -> str:
        """A time in the report's zone; "" if there is none."""
        return _told(moment.astimezone(timezone.utc), self.zone) if moment else ""

    def error(self) -> type[AccessDenied | Incomplete | Refused] | None:
        """The class of error that this report amounts to; None if it is complete."""
        if self.whole:
            return self.whole.error
        if self.refusal:
            return Refused
        if not (self._unfinished() or self.unread):
            return None
        denied = self._denied() or any(
            isinstance(why, AccessDenied) for why in self.unread.values()
        )
        return AccessDenied if denied else Incomplete

    def sentence(self) -> str:
        """What went wrong, in one sentence: how many, and the worst of it."""
        if self.whole:
            return self.whole.sentence
        if self.refusal:
            return self.refusal
        counts = self.counts()
        told = [f"{region} could not be read: {why}" for region, why in self.unread.items()]
        worst = self._denied() or self._unfinished()
        told += [f"{worst[0].instance.id}: {worst[0].reason[:200]}"] if worst else []
        return (
            f"{self.action}: {counts['failed']} failed, {counts['pending']} pending, "
            f"{counts['would_change'] if self.dry_run else counts['changed']} "
            f"{'would change' if self.dry_run else 'changed'} of "
            f"{counted(len(self.rows), 'instance')}; {'; '.join(told)}"
        )

    def _unfinished(self) -> list[Row]:
        return [row for row in self.rows if row.result in {Result.FAILED, Result.PENDING}]

    def _denied(self) -> list[Row]:
        return [row for row in self._unfinished() if kind_of(row.code) is Kind.DENIED]


@lru_cache(maxsize=4096)
def _told(moment: datetime, zone: tzinfo) -> str:
    """A UTC time in the zone; instances that were seen or started together share it."""
    return to_zone_text(moment, zone)


def worst_first(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows in the order in which a person wants to read them."""
    return tuple(
        sorted(
            rows,
            key=lambda row: (_WORST_FIRST[row.result], row.instance.region, row.instance.id),
        )
    )


def what_next(
    rows: Sequence[Row], unread: Mapping[str, CurfewError], *, dry_run: bool
) -> Iterator[str]:
    """Warnings that say what to do: about pending rows, and a plan without a plan_id."""
    pending = sum(row.result is Result.PENDING for row in rows)
    if pending:
        yield (f"{counted(pending, 'instance')} pending: send the same request again to continue")
    if dry_run and unread:
        yield (
            f"no plan_id: {', '.join(unread)} could not be read, so the plan is incomplete; a plan "
            "for the other regions alone can be confirmed"
        )


def _price_as_json(row: Row) -> dict[str, Any]:
    if row.list_price is UNSET:
        return {}
    return {"list_price": msgspec.structs.asdict(row.list_price) if row.list_price else None}


def with_reports(sentence: str, reports: Sequence[Report], *, listed: bool) -> str:
    """An error's message: one sentence, then the report as JSON, cut to what fits a log line.

    Rows are cut first, the least bad of each report, then reports, those without an error.

    Args:
        sentence: What went wrong.
        reports: The report, or all reports of a list of messages.
        listed: Whether they belong to a list, and so are wrapped like its response.
    """
    sentence = sentence.encode()[:MAX_SENTENCE_BYTES].decode(errors="ignore")
    omitted = max(0, len(reports) - MAX_REPORTS)
    if omitted:
        reports = sorted(reports, key=lambda one: one.error() is None)[:MAX_REPORTS]
    max_rows, kept = MAX_ROWS, len(reports)
    while True:
        bodies = [report.as_json(max_rows) for report in reports[:kept]]
        body = _list_body(bodies, omitted + len(reports) - kept) if listed else bodies[0]
        message = printable(f"{sentence} {json.dumps(body, ensure_ascii=False)}")
        if len(message.encode()) <= MAX_ERROR_BYTES or (max_rows == 0 and kept <= 1):
            return message
        if max_rows == 0:
            reports, kept = sorted(reports, key=lambda one: one.error() is None), kept // 2
        max_rows //= 2


def _list_body(bodies: Sequence[Mapping[str, Any]], omitted: int) -> dict[str, Any]:
    left_out = {"reports_omitted": omitted} if omitted else {}
    return {"outcome": "incomplete", "reports": bodies, **left_out}
