"""What people see in the terminal: instances as tables, reports and failures in a few lines.

Made for 80 columns. Colours say nothing that the words do not, so pipes and NO_COLOR lose nothing.
Times are China's, as the platform's console shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.answers import Answer, Failure, Report, Row
from local.ecs.model import ChargeType, Instance, Status, StoppedMode
from shared.guards import GROUP_TAG_PREFIXES
from shared.times import CHINA, parse_instant

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
}


@dataclass(frozen=True, slots=True)
class State:
    """What of an instance is shown.

    Attributes:
        status: ECS's word, or ``Gone``.
        stopped_mode: StopCharging or KeepCharging; "" where it says nothing.
        release_at: When ECS will release it; None: never.
    """

    status: str
    stopped_mode: str = ""
    release_at: datetime | None = None


GONE = State("Gone")


def state_of(instance: Instance | None) -> State:
    """The state of an instance of the emulator; None is one that does not exist."""
    if instance is None:
        return GONE
    mode = instance.shown_stopped_mode
    return State(
        instance.status.value,
        "" if mode is StoppedMode.NOT_APPLICABLE else mode.value,
        instance.auto_release_at,
    )


def state_in(row: Row) -> State:
    """The state that a report tells."""
    return State(
        row.status,
        release_at=parse_instant(row.auto_release_at) if row.auto_release_at else None,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """An instance in the table of what happened; ``before`` is ``after`` if that is not known."""

    row: Row
    before: State
    after: State


def screen(*, to_stderr: bool = False) -> Console:
    """Where everything is printed: no wider than ``WIDEST``, and nothing is taken for markup."""
    console = Console(stderr=to_stderr, markup=False, highlight=False, emoji=False)
    console.width = min(console.width, WIDEST)
    return console


def clock_text(moment: datetime, form: str = "%d %b %H:%M") -> str:
    """A time in China."""
    return moment.astimezone(CHINA).strftime(form)


def happened(lines: Iterable[Line]) -> Table:
    """A table: which instance, what it was and is now, what the report says of it."""
    table = _table("Instance", "State", "Result")
    for line in lines:
        row = line.row
        result = Text(row.result.replace("_", " "), COLOURS.get(row.result, ""))
        if row.code:
            result.append(f" {row.code}", "red")
        if row.reason:
            result.append(f"\n{row.reason}", "not bold default")
        table.add_row(_name(row.name, row.id), _change(line.before, line.after), result)
    return table


def fleet(instances: Sequence[Instance], now: datetime) -> Table:
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
                _countdown(one.auto_release_at, now),
                _stacked(
                    Text(one.instance_type.removeprefix("ecs.")), ", ".join(_traits(one)), "yellow"
                ),
            )
        table.add_section()
    return table


def summary(report: Report) -> Text:
    """One line: how many instances had each result, calls and time."""
    counts = [
        Text(f"{number} {result.replace('_', ' ')}", COLOURS.get(result, ""))
        for result, number in report.counts.items()
        if number
    ]
    text = Text(f"{report.action}{' (dry run)' if report.dry_run else ''}: ", "bold")
    text.append_text(Text(", ").join(counts) if counts else Text("no instance matched"))
    if report.instances_omitted:
        text.append(f" ({report.instances_omitted} not listed)")
    plural = "call" if report.api_calls == 1 else "calls"
    text.append(f" · {report.api_calls} {plural} to ECS · {report.seconds:.1f} s")
    return text


def failure_text(failure: Failure) -> Text:
    """Why it failed, in the words of Function Compute's answer."""
    return Text.assemble((failure.error_type, "bold red"), f"  {failure.message}")


def show_answer(
    console: Console,
    answer: Answer,
    before: Mapping[str, State] | None = None,
    after: Mapping[str, State] | None = None,
) -> None:
    """Print an answer: a table and a summary for each report, then the failure if there is one.

    Args:
        console: Where to.
        answer: What the function said.
        before: The states before by instance id; None: not known.
        after: The states after; None: only what the report tells is known.
    """
    for report in answer.reports:
        if report.instances:
            console.print(happened(_lines(report, before, after)))
        console.print(summary(report))
    if answer.failure:
        console.print(failure_text(answer.failure))
    if answer.http_status:
        console.print(Text(f"answered to the HTTP caller with status {answer.http_status}", "dim"))


def _lines(
    report: Report, before: Mapping[str, State] | None, after: Mapping[str, State] | None
) -> Iterable[Line]:
    for row in report.instances:
        now = state_in(row) if after is None else after.get(row.id, GONE)
        yield Line(row, now if before is None else before.get(row.id, GONE), now)


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column != columns[-1])
    return table


def _name(name: str, instance_id: str) -> Text:
    return Text.assemble(
        (name or instance_id, "bold"), *([("\n" + instance_id, "dim")] * bool(name))
    )


def _stacked(first: Text, second: str, style: str = "dim") -> Text:
    return Text.assemble(first, (f"\n{second}" if second else "", style))


def _countdown(moment: datetime | None, now: datetime) -> Text:
    if moment is None:
        return Text("never", "dim")
    hours, minutes = divmod(max(0, int((moment - now).total_seconds() // 60)), 60)
    return Text(f"{clock_text(moment)}\nin {hours} h {minutes} min")


def _status(status: str) -> Text:
    return Text(status, COLOURS.get(status, ""))


def _change(before: State, after: State) -> Text:
    """The status, the stopped mode and the release time; each with what it was if it changed."""
    text = _status(after.status)
    if before.status != after.status:
        text = Text.assemble(_status(before.status), " → ", text)
    if after.stopped_mode:
        text.append(f"\n{after.stopped_mode}", "dim")
    if before.release_at != after.release_at and after is not GONE:
        text.append(f"\nauto-release {_release(before)}\n→ {_release(after)}")
    elif after.release_at:
        text.append(f"\nauto-release {_release(after)}", "dim")
    return text


def _release(state: State) -> str:
    return clock_text(state.release_at) if state.release_at else "never"


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
            yield f"tag {key}"
        elif key.startswith(GROUP_TAG_PREFIXES):
            yield "in a group"
