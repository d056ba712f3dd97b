"""A line of a run's log, and a response's report as the equivalent lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

import msgspec

from local.report.times import minute_of

KINDS = frozenset(
    {"plan", "instance", "warning", "nothing_matched", "run", "error", "notice", "unforeseen"}
)
"""The kinds of Curfew's log lines (docs/deploy.md)."""

_MOST_BRACES = 20


LONGEST = 2_000
"""How many characters of a text are kept; a logged warning is cut to the same."""

_MOST_TAGS = 20
_LONGEST_TAG = 128
"""ECS's limits on an instance's tags, and on the characters in one."""

_MOST_AN_HOUR = 1_000_000
"""More than any instance costs, in any currency; the same as in the functions."""


class Price(msgspec.Struct, frozen=True):
    """A list price, and how much of it ends in economical mode."""

    hour: float
    ends: float
    currency: str

    @property
    def is_possible(self) -> bool:
        """Is it plausible? No more ends than there is, and nothing is negative."""
        is_currency = re.fullmatch("[A-Z]{3}", self.currency)
        return bool(is_currency) and 0 <= self.ends <= self.hour <= _MOST_AN_HOUR


class Entry(msgspec.Struct):
    """One line, with the fields of every kind, empty if the kind has none.

    Attributes:
        logged_at: When Log Service, or Function Compute's prefix, says it was written.
    """

    log: str
    action: str = ""
    request_id: str = ""
    dry_run: bool = False
    id: str = ""
    name: str = ""
    region: str = ""
    result: str = ""
    reason: str = ""
    code: str = ""
    status: str = ""
    charge_type: str = ""
    tags: dict[str, str] = {}
    stopped_mode: str = ""
    spot: bool = False
    started_at: str = ""
    seen_at: str = ""
    list_price: Price | None = None
    outcome: str = ""
    ended_at: str = ""
    seconds: float = 0
    retry_count: str = ""
    error: str = ""
    message: str = ""
    account: str = ""
    logged_at: str = ""

    @property
    def is_ours(self) -> bool:
        """Is it one of Curfew's lines? Other programs log JSON with a field ``log``, too."""
        return self.log in KINDS

    def minute(self) -> int:
        """Its time, in minutes since 1970; ``NONE`` if it has none."""
        return minute_of(self.seen_at or self.ended_at or self.logged_at)

    def shorten(self) -> None:
        """Cut what is longer than any run writes."""
        for name in _TEXTS:
            if len(getattr(self, name)) > LONGEST:
                setattr(self, name, getattr(self, name)[:LONGEST])
        if (
            len(self.tags) > _MOST_TAGS
            or max(map(len, chain.from_iterable(self.tags.items())), default=0) > _LONGEST_TAG
        ):
            self.tags = {
                key[:_LONGEST_TAG]: value[:_LONGEST_TAG]
                for key, value in islice(self.tags.items(), _MOST_TAGS)
            }

    @property
    def identity(self) -> int:
        """Equal for the same record of the same run, in two exports or in log and response."""
        what = (self.log, self.action, self.request_id, self.dry_run)
        row = (self.id, self.result, self.code, self.reason)
        run = (self.outcome, self.ended_at, self.seconds)
        retry = self.retry_count if self.log == "error" else ""  # a response does not have it
        return hash((what, row, run, retry, self.error, self.message))


_TEXTS = tuple(one.name for one in msgspec.structs.fields(Entry) if one.type is str)


class _Row(msgspec.Struct, frozen=True):
    """A row of a report."""

    id: str
    name: str
    region: str
    result: str
    reason: str
    code: str
    status: str
    charge_type: str = ""
    tags: dict[str, str] = {}
    list_price: Price | None = None


class Report(msgspec.Struct, frozen=True):
    """The needed parts of a report."""

    action: str
    request_id: str
    dry_run: bool
    outcome: str
    instances: tuple[_Row, ...]
    ended_at: str = ""
    seconds: float = 0
    warnings: tuple[str, ...] = ()

    def entries(self) -> Iterator[Entry]:
        """The lines that the run logged; a response has no stopped modes."""
        for row in self.instances:
            yield Entry(
                log="instance",
                action=self.action,
                request_id=self.request_id,
                dry_run=self.dry_run,
                seen_at=self.ended_at,
                **{name: getattr(row, name) for name in _Row.__struct_fields__},
            )
        for warning in self.warnings:
            yield Entry("warning", self.action, self.request_id, message=warning)
        yield Entry(
            "run",
            self.action,
            self.request_id,
            dry_run=self.dry_run,
            outcome=self.outcome,
            ended_at=self.ended_at,
            seconds=self.seconds,
        )


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """A function's response, in any of its forms; a report itself is one of them.

    Decoding raises ValidationError if the fields belong to something else.
    """

    reports: tuple[Report, ...] = ()
    report: Report | None = None
    body: str = ""
    error_message: str = ""
    action: str = ""
    request_id: str = msgspec.field(default="", name="request_id")
    dry_run: bool = msgspec.field(default=False, name="dry_run")
    outcome: str = ""
    instances: tuple[_Row, ...] | None = None
    ended_at: str = msgspec.field(default="", name="ended_at")
    seconds: float = 0
    warnings: tuple[str, ...] = ()

    def all_reports(self) -> Iterator[Report]:
        """The reports in it."""
        if self.instances is not None and self.action:
            yield Report(
                self.action,
                self.request_id,
                self.dry_run,
                self.outcome,
                self.instances,
                self.ended_at,
                self.seconds,
                self.warnings,
            )
        yield from self.reports
        if self.report:
            yield self.report
        if self.body:
            yield from _in_text(self.body)
        for brace in islice(re.finditer(r" (?=\{)", self.error_message), _MOST_BRACES):
            if found := list(_in_text(self.error_message[brace.end() :])):
                yield from found
                return


def _in_text(text: str) -> Iterator[Report]:
    try:
        inner = msgspec.json.decode(text, type=Answer)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return
    yield from inner.all_reports()
