"""A line of a run's log, and an answer's report as the lines that it would have been."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

import msgspec

from local.report.times import minute_of

KINDS = frozenset(
    {"plan", "instance", "warning", "nothing_matched", "run", "error", "notice", "unforeseen"}
)
"""What lines of Curfew call themselves (docs/deploy.md)."""

_MOST_BRACES = 20


LONGEST = 2_000
"""Characters of a text that are kept; a warning is cut to as many when it is logged."""

_MOST_TAGS = 20
_LONGEST_TAG = 128
"""What ECS allows of an instance's tags, and of the characters in one."""

_MOST_AN_HOUR = 1_000_000
"""What no instance costs, in any currency; as the functions have it."""


class Price(msgspec.Struct, frozen=True):
    """A list price; what of it ends in economical mode."""

    hour: float
    ends: float
    currency: str

    @property
    def is_possible(self) -> bool:
        """Can it be one? No more ends than there is, and nothing is negative."""
        is_currency = re.fullmatch("[A-Z]{3}", self.currency)
        return bool(is_currency) and 0 <= self.ends <= self.hour <= _MOST_AN_HOUR


class Entry(msgspec.Struct):
    """One line; every kind's fields, empty where the kind has none.

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
        """Is it a line as Curfew writes them? Others log JSON with a field ``log``, too."""
        return self.log in KINDS

    def minute(self) -> int:
        """When it was, in minutes since 1970; ``NONE`` if it does not say."""
        return minute_of(self.seen_at or self.ended_at or self.logged_at)

    def shorten(self) -> None:
        """Cut what is longer than any run writes it."""
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
        """The same of what says the same of the same run, in two exports or in log and answer."""
        what = (self.log, self.action, self.request_id, self.dry_run)
        row = (self.id, self.result, self.code, self.reason)
        run = (self.outcome, self.ended_at, self.seconds)
        retry = self.retry_count if self.log == "error" else ""  # an answer does not say it
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
    """A report, as far as it is needed."""

    action: str
    request_id: str
    dry_run: bool
    outcome: str
    instances: tuple[_Row, ...]
    ended_at: str = ""
    seconds: float = 0
    warnings: tuple[str, ...] = ()

    def entries(self) -> Iterator[Entry]:
        """The lines that the run has logged; an answer has no stopped modes."""
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
    """What a function answered, in any of its forms; a report itself is one of them.

    Raises ValidationError, when it is decoded, where the fields are another's.
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
