"""What is said about an invocation, before any channel's formatting. Pure.

Every text in it is plain: instance names, reasons and errors are unchanged, and the channel's form
must make sure that nothing in them takes effect.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared.base.errors import CurfewError
from shared.domain.plan import Row
from shared.notify.reasons import in_chinese
from shared.notify.words import RESULTS, WORDS, Spoken, Words
from shared.report.log import Origin
from shared.report.report import Report, worst_first

MAX_ROWS = 15
_MAX_PROBLEMS = 3

Ending = Report | CurfewError
"""The outcome of one message of an event."""


class Line(msgspec.Struct, frozen=True):
    """One instance: its name and its result. Its repr shows no link.

    Attributes:
        heading: The heading above it and those after it; "": unchanged.
        link: Made by this run, never from a name; "": none.
    """

    name: str
    text: str
    heading: str = ""
    link: str = ""

    def __repr__(self) -> str:
        return "Line(***)"

    def cut_to(self, characters: int) -> Line:
        """The same with every text cut, except the link, which would not work."""
        name, text, heading = (
            _cut(one, characters) for one in (self.name, self.text, self.heading)
        )
        return Line(name, text, heading, self.link)


class Text(msgspec.Struct, frozen=True):
    """What one channel is sent, in one language. Its repr shows no link.

    Attributes:
        title: The function and the outcome; begins with ``Curfew``, for bots that require a
            keyword.
        facts: How many instances; what went wrong.
        lines: The worst rows.
        more: How many rows are left out; 0: none.
        advice: What to do; "": nothing.
        footer: The request id, to find the log and to recognise a duplicate.
    """

    title: str
    facts: tuple[str, ...]
    lines: tuple[Line, ...]
    more: int
    advice: str
    footer: str
    language: Spoken

    def __repr__(self) -> str:
        return "Text(***)"

    def link_words(self) -> str:
        """The text of a link."""
        return WORDS[self.language].keep

    def more_in_words(self) -> str:
        """How many rows are left out, in words; "" if none are."""
        return WORDS[self.language].more.format(self.more) if self.more else ""

    def cut_to(self, rows: int, characters: int) -> Text:
        """The same with at most this many rows, and every text cut to this many characters."""
        kept = self.lines[:rows]
        return msgspec.structs.replace(
            self,
            facts=tuple(_cut(one, characters) for one in self.facts),
            lines=tuple(one.cut_to(characters) for one in kept),
            more=self.more + len(self.lines) - len(kept),
        )


class Run(msgspec.Struct, frozen=True):
    """An invocation to report.

    Attributes:
        endings: The outcomes of its messages; at least one.
        account: Whose instances; "" if Function Compute did not say.
    """

    origin: Origin
    account: str
    endings: tuple[Ending, ...]

    @property
    def reports(self) -> tuple[Report, ...]:
        """The reports of the messages that have one."""
        return tuple(one for one in self.endings if isinstance(one, Report))

    def errors(self) -> list[tuple[str, str]]:
        """Class and sentence of everything that ended in an error."""
        found: list[tuple[str, str]] = []
        for one in self.endings:
            if isinstance(one, CurfewError):
                found.append((type(one).__name__, str(one)))
            elif error := one.error():
                found.append((error.__name__, one.sentence()))
        return found

    def occasions(self) -> frozenset[str]:
        """What this run is, of ``shared.settings.notices.OCCASIONS``; one that rests is nothing."""
        counted = [one.counts() for one in self.reports]
        are = {
            "failed": bool(self.errors()),
            "changed": any(one["changed"] for one in counted),
            "planned": any(one.dry_run and not one.rests for one in self.reports),
            "nothing_matched": any(one.matched_nothing() for one in self.reports),
        }
        return frozenset(name for name, it_is in are.items() if it_is)

    def outcome(self) -> str:
        """One word for the whole invocation: an outcome, or a class of error."""
        if errors := self.errors():
            classes = {name for name, _ in errors}
            alike = len(classes) == 1 and len(errors) == len(self.endings)
            return classes.pop() if alike else "Incomplete"
        has_rows = any(sum(one.counts().values()) for one in self.reports)
        if not has_rows and any(one.matched_nothing() for one in self.reports):
            return "nothing_matched"
        return "planned" if all(one.dry_run for one in self.reports) else "complete"


def text_of(run: Run, language: Spoken) -> Text:
    """An invocation in words."""
    words, outcome = WORDS[language], run.outcome()
    rows = worst_first([row for report in run.reports for row in report.rows])
    return Text(
        title=f"Curfew {run.origin.action}{words.colon}{words.outcomes[outcome]}",
        facts=tuple(_facts(run, words)),
        lines=tuple(_line(row, language) for row in rows[:MAX_ROWS]),
        more=sum(sum(one.counts().values()) for one in run.reports) - len(rows[:MAX_ROWS]),
        advice=words.advice.get(_advised(run, outcome), ""),
        footer=footer(run, words),
        language=language,
    )


def _advised(run: Run, outcome: str) -> str:
    """What there is advice on: of a dry run, whether it can be confirmed and would do anything."""
    plans = [one.counts()["would_change"] for one in run.reports if one.plan_id]
    return "only_shown" if outcome == "planned" and not any(plans) else outcome


def _facts(run: Run, words: Words) -> list[str]:
    errors = run.errors()
    facts = [_counts(run.reports, words)] if run.reports else []
    if len(run.endings) > 1:
        facts.insert(0, words.messages.format(len(run.endings), len(errors)))
    warnings = dict.fromkeys(one for report in run.reports for one in report.warnings)
    facts += [words.error.format(sentence) for _, sentence in errors[:_MAX_PROBLEMS]]
    return [*facts, *(words.warning.format(one) for one in list(warnings)[:_MAX_PROBLEMS])]


def _counts(reports: Sequence[Report], words: Words) -> str:
    counts = [report.counts() for report in reports]
    totals = {result: sum(one[result] for one in counts) for result in words.results}
    return (
        words.comma.join(words.results[one].format(n) for one, n in totals.items() if n)
        or words.no_counts
    )


def _line(row: Row, language: Spoken) -> Line:
    words, instance = WORDS[language], row.instance
    place = (instance.id, instance.region) if instance.name else (instance.region,)
    where = words.brackets.format(words.comma.join(place))
    reason = in_chinese(row.reason) if language == "zh" else row.reason
    said = words.comma.join(filter(None, (row.code, reason)))
    result = RESULTS[language][row.result.value]
    return Line(
        instance.name or instance.id,
        f"{where}{result}{words.colon}{said}" if said else f"{where}{result}",
    )


def footer(run: Run, words: Words) -> str:
    """The request id, by which the log is found and a duplicate is known, and the account."""
    retry = run.origin.retry_count
    return words.comma.join(
        part
        for part in (
            words.request.format(run.origin.request_id or "?"),
            words.retry.format(retry) if retry not in {"", "0"} else "",
            words.account.format(run.account) if run.account else "",
        )
        if part
    )


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
