"""Terminal output: instances as tables, reports and failures in a few lines.

Designed for 80 columns. Colours add no information, so pipes and NO_COLOR lose nothing. Times have
their offset; their zone is the operator's, China's unless CURFEW_TZ says otherwise. Foreign names
and texts are harmless: terminal controls are escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from local.ecs.account.model import ChargeType, Instance, Status, StoppedMode
from local.show.read_report import Answer, Failure, Report, Row
from local.show.wrapping import Wrapped
from shared.base.printable import counted, printable
from shared.base.times import CHINA, parse_instant
from shared.domain.guards import GROUP_TAG_PREFIXES

WIDEST = 100
"""Columns; longer lines are hard to read, however wide the terminal is."""

COLOURS: Mapping[str, str] = {
    "failed": "bold red",
    "pending": "bold red",
    "skipped": "yellow",
    "changed": "green",
    "would_change": "cyan",
    "unchanged": "dim",
    Status.RUNNING.value: "green",
    Status.STOPPED.value: "blue",
    "Gone": "magenta",
    "unknown": "dim",
}
_IN_ORDER = ("changed", "unchanged", "skipped", "failed", "pending", "would_change")
"""The order of the counts: that of the README, whatever the response's order."""
_NAMES_SHARE = 0.35
"""The share of the screen that a name may take; ECS's may have 128 characters."""


@dataclass(frozen=True, slots=True)
class State:
    """The fields of an instance that are shown.

    Attributes:
        status: ECS's word, or ``Gone``.
        stopped_mode: StopCharging or KeepCharging; "" if it does not apply.
        release_at: When ECS will release it; None: never.
    """

    status: str
    stopped_mode: str = ""
    release_at: datetime | None = None


GONE = State("Gone")
UNKNOWN = State("unknown")
"""For an instance that the function has not seen."""


def state_of(instance: Instance | None) -> State:
    """The state of an emulated instance; None: it does not exist."""
    if instance is None:
        return GONE
    mode = instance.shown_stopped_mode
    return State(
        instance.status.value,
        "" if mode is StoppedMode.NOT_APPLICABLE else mode.value,
        instance.auto_release_at,
    )


def state_in(row: Row) -> State:
    """The state in a report."""
    if row.status == GONE.status:
        return GONE
    return State(
        row.status,
        release_at=parse_instant(row.auto_release_at) if row.auto_release_at else None,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """An instance in the table of what happened; ``before`` is ``after`` if unknown."""

    row: Row
    before: State
    after: State


class _Screen(Console):
    """A console that escapes everything except its own controls."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The segments to print."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield segment._replace(text=printable_lines(segment.text))


def screen(*, to_stderr: bool = False) -> Console:
    """The console for all output: no wider than ``WIDEST``, and without markup."""
    console = _Screen(stderr=to_stderr, markup=False, highlight=False, emoji=False)
    console.width = min(console.width, WIDEST)
    return console


def printable_lines(text: str) -> str:
    """The text with terminal controls escaped, except line ends and tabs."""
    if text.isprintable():
        return text
    kept = {"\n", "\t"}
    return "".join(one if one in kept else printable(one) for one in text)


def clock_text(moment: datetime, zone: tzinfo = CHINA, form: str = "%d %b %H:%M") -> str:
    """A time in a zone, with its offset: ``24 Nov 20:00 +08:00``; in UTC if out of range."""
    try:
        local = moment.astimezone(zone)
    except OverflowError:
        local = moment
    offset = f"{local:%z}"
    return f"{local.strftime(form)} {offset[:3]}:{offset[3:5]}"


def happened(lines: Iterable[Line], zone: tzinfo = CHINA) -> Table:
    """A table: which instance, its states before and now, what the report says about it.

    If there are several regions, instances are grouped by region.
    """
    table = _table("Instance", "State", "Result")
    in_order = sorted(lines, key=lambda line: line.row.region)
    groups = [(key, list(group)) for key, group in groupby(in_order, lambda one: one.row.region)]
    for region, group in groups:
        if len(groups) > 1:
            table.add_row(Text(printable(region) or "region unknown", "cyan"))
        for line in group:
            table.add_row(
                _name(line.row.name, line.row.id),
                _change(line.before, line.after, zone),
                Wrapped(_result(line.row)),
            )
        table.add_section()
    return table


def fleet(instances: Sequence[Instance], now: datetime, zone: tzinfo = CHINA) -> Table:
    """A table of an emulator's instances, by region and name."""
    table = _table("Instance", "State", "Auto-release", "What it is")
    in_order = sorted(instances, key=lambda one: (one.region, one.name))
    for region, ones in groupby(in_order, key=lambda one: one.region):
        table.add_row(Text(region, "cyan"))
        for one in ones:
            state = state_of(one)
            table.add_row(
                _name(one.name, one.instance_id),
                _stacked(_status(state.status), state.stopped_mode),
                _countdown(one.auto_release_at, now, zone),
                Wrapped(_what_it_is(one)),
            )
        table.add_section()
    return table


def summary(report: Report) -> Text:
    """One line: how many instances had each result, calls and time."""
    others = [result for result in report.counts if result not in _IN_ORDER]
    counts = [
        Text(f"{number} {printable(result).replace('_', ' ')}", COLOURS.get(result, ""))
        for result in (*_IN_ORDER, *others)
        if (number := report.counts.get(result))
    ]
    text = Text(f"{printable(report.action)}{' (dry run)' if report.dry_run else ''}: ", "bold")
    text.append_text(Text(", ").join(counts) if counts else Text("no instance matched"))
    if report.instances_omitted:
        text.append(f" ({report.instances_omitted} not listed)")
    text.append(f" · {counted(report.api_calls, 'call')} to ECS · {report.seconds:.1f} s")
    return text


def failure_text(failure: Failure) -> Text:
    """Why it failed, as in Function Compute's response."""
    return Text.assemble(
        (printable(failure.error_type), "bold red"), f"  {printable_lines(failure.message)}"
    )


def show_answer(
    console: Console,
    answer: Answer,
    before: Mapping[str, State] | None = None,
    after: Mapping[str, State] | None = None,
    zone: tzinfo = CHINA,
) -> None:
    """Print a response: for each report a table, a summary, its warnings, how to confirm a plan.

    Then the failure, if there is one.

    Args:
        console: Where to.
        answer: The function's response.
        before: The states before by instance id; None: unknown.
        after: The states after; None: only what the report says.
        zone: The zone of the times shown.
    """
    for report in answer.reports:
        if report.instances:
            console.print(happened(_lines(report, before, after), zone))
        console.print(summary(report))
        for warning in report.warnings:
            console.print(Text.assemble(("warning: ", "bold yellow"), printable(warning)))
        if report.plan_id and report.counts.get("would_change"):
            _show_plan_id(console, report.plan_id)
    if answer.failure:
        console.print(failure_text(answer.failure))
    if answer.http_status:
        console.print(Text(f"HTTP status returned to the caller: {answer.http_status}", "dim"))


def _show_plan_id(console: Console, plan_id: str) -> None:
    """How to carry out the plan; the id is unbroken, however long, so that it can be copied."""
    console.print(Text('to do exactly this, send it again with this instead of "dry_run":', "dim"))
    console.print(Text(f'  "plan_id": "{printable(plan_id)}"'), soft_wrap=True)


def _lines(
    report: Report, before: Mapping[str, State] | None, after: Mapping[str, State] | None
) -> Iterable[Line]:
    for row in report.instances:
        if not _is_seen(row):
            yield Line(row, UNKNOWN, UNKNOWN)
            continue
        now = state_in(row) if after is None else after.get(row.id, GONE)
        was = now if before is None or after is None else GONE
        yield Line(row, (before or {}).get(row.id, was), now)


def _is_seen(row: Row) -> bool:
    """Did ECS show the instance to the function? If not, the report has no type for it."""
    return row.status != GONE.status or bool(row.instance_type) or row.result == "changed"


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column != columns[-1])
    return table


def _name(name: str, instance_id: str) -> Wrapped:
    name, instance_id = printable(name), printable(instance_id)
    text = Text(name or instance_id, "bold")
    if name:
        text.append(f"\n{instance_id}", "not bold dim")
    return Wrapped(text, _NAMES_SHARE)


def _result(row: Row) -> Text:
    """An instance's result, ECS's code, the reason, and what it costs if requested."""
    result = Text(printable(row.result).replace("_", " "), COLOURS.get(row.result, ""))
    if row.code:
        result.append(f" {printable(row.code)}", "red")
    if row.reason:
        result.append(f"\n{printable(row.reason)}", "not bold default")
    if price := row.list_price:
        currency = printable(price.currency)
        result.append(
            f"\n{currency} {price.hour:.2f} per hour at list price; not billed in economical mode: "
            f"{price.ends:.2f}",
            "not bold dim",
        )
    return result


def _stacked(first: Text, second: str, style: str = "dim") -> Text:
    return Text.assemble(first, (f"\n{second}" if second else "", style))


def _countdown(moment: datetime | None, now: datetime, zone: tzinfo) -> Text:
    if moment is None:
        return Text("never", "dim")
    hours, minutes = divmod(max(0, int((moment - now).total_seconds() // 60)), 60)
    return Text(f"{clock_text(moment, zone)}\nin {hours} h {minutes} min")


def _status(status: str) -> Text:
    return Text(printable(status), COLOURS.get(status, ""))


def _change(before: State, after: State, zone: tzinfo) -> Text:
    """The status, the stopped mode and the release time; each with its old value if it changed."""
    text = _status(after.status)
    if before.status != after.status:
        text = Text.assemble(_status(before.status), " → ", text)
    if after.stopped_mode:
        text.append(f"\n{after.stopped_mode}", "dim")
    was, is_ = _release(before, zone), _release(after, zone)
    if was != is_ and after is not GONE:
        text.append(f"\nauto-release{chr(10) if before.release_at else ' '}{was}\n→ {is_}")
    elif after.release_at:
        text.append(f"\nauto-release\n{is_}", "dim")
    return text


def _release(state: State, zone: tzinfo) -> str:
    return clock_text(state.release_at, zone) if state.release_at else "never"


def _what_it_is(instance: Instance) -> Text:
    """Its type, what may guard it, and its other tags, by which people select."""
    text = Text(instance.instance_type.removeprefix("ecs."))
    if traits := ", ".join(_traits(instance)):
        text.append(f"\n{traits}", "yellow")
    tags = [f"{key}={value}" for key, value in instance.tags.items() if not _is_guard(key)]
    if tags:
        text.append(f"\n{printable(' '.join(tags))}", "dim")
    return text


def _is_guard(key: str) -> bool:
    return key.startswith(("curfew:", *GROUP_TAG_PREFIXES))


def _traits(instance: Instance) -> Iterable[str]:
    """What may keep others from stopping or releasing an instance, in short."""
    if instance.deletion_protection:
        yield "DeletionProtection"
    if instance.charge_type is ChargeType.PRE_PAID:
        yield "PrePaid"
    for lock in instance.locks:
        yield f"{lock.value} lock"
    for key in instance.tags:
        if key.startswith("curfew:"):
            yield f"tag {printable(key)}"
        elif key.startswith(GROUP_TAG_PREFIXES):
            yield "in a group"
