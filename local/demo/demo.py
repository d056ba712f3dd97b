"""The demo: runs ``local.demo.day`` on an emulated ECS, and shows and checks each step.

Everything is real but the cloud: the handlers, the SDK, HTTP on loopback. The clock runs fast and
jumps from step to step, so that the day takes seconds.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import count

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from local.channels.channels import Channels
from local.demo import saturday
from local.demo.day import STEPS, TITLE, Day, Delivery, Step, Told, fleet_of_the_day
from local.ecs.account.model import SnapshotStatus
from local.ecs.engine import Ecs
from local.ecs.gateway.request_log import Entry
from local.fc.deployment import emulated
from local.fc.pace import PacedClock
from local.show.read_report import Report
from local.show.screen import GONE, State, failure_text, state_of
from shared.base.printable import counted, printable
from shared.base.times import CHINA
from shared.ecs.transport import ErrorResponse, NoResponse

_WHEN = "%a %H:%M"
_SHOWN_LINES = 3


def play(console: Console, speed: float) -> bool:
    """Run the day; it ends early at a step that does not do what it says.

    Args:
        console: Where it is shown; a progress display only if it is a terminal.
        speed: How many of the day's seconds pass in one.

    Returns:
        Whether every step did what it says.
    """
    began, calls = time.monotonic(), 0
    acts = (
        (TITLE, STEPS, fleet_of_the_day),
        (saturday.TITLE, saturday.STEPS, saturday.fleet_of_the_saturday),
    )
    numbers = count(1)
    for title, steps, fleet_of in acts:
        clock, channels = PacedClock(steps[0].at, speed), Channels()
        fleet, neighbour = fleet_of(steps[0].at), channels.neighbour()
        with emulated(clock, fleet, neighbour=neighbour) as stage:
            day = Day(stage, channels)
            if calls:
                console.print()
            _show_opening(console, day, title)
            for step, number in zip(steps, numbers, strict=False):
                if not _play_step(console, day, step):
                    console.print(
                        Text(f"\nStep {number} did not do what it was meant to do.", "bold red")
                    )
                    return False
            calls += len(stage.log)
    took, played = time.monotonic() - began, sum(len(steps) for _, steps, _ in acts)
    console.print(
        Text.assemble(
            ("\nEvery step did what it says", "bold green"),
            f": {played} steps, {counted(calls, 'call')} to ECS, {took:.1f} s.\n",
            "Next: try one event yourself, or start an ECS to play with:\n",
            *[(f"  {command}\n", "cyan") for command in _next_commands(os.environ)],
        ),
        end="",
    )
    return True


def _next_commands(environ: Mapping[str, str]) -> Iterator[str]:
    """What to type next; `make demo` runs in a virtual environment that the shell is not in."""
    if not environ.get("VIRTUAL_ENV"):
        yield ". .venv/bin/activate"
    yield "python -m local invoke stop events/stop.timer.json"
    yield "python -m local serve"


def _show_opening(console: Console, day: Day, title: str) -> None:
    endpoint = day.stage.deployment.environ["ECS_ENDPOINT"]
    console.print(Text(title, "bold"))
    console.print(
        Text(
            f"{len(day.instances())} instances of an emulated ECS at {endpoint}; real handlers, "
            "real events, the real SDK over HTTP. Times are China's, +08:00.",
            "dim",
        )
    )


def _play_step(console: Console, day: Day, step: Step) -> bool:
    day.begin_step(step.at)
    title = Text.assemble((f"{_clock_text(step.at, _WHEN)}  ", "cyan"), (step.title, "bold"))
    console.print()
    console.rule(title, align="left", style="dim")
    try:
        with _progress(console, day):
            told = step.act(day)
    except (ErrorResponse, NoResponse) as error:
        console.print(Text(f"  the call to ECS failed: {printable(str(error))}", "bold red"))
        return False
    console.print(_account(day, told))
    failure = told.delivery and told.delivery.answer.failure
    if failure:
        console.print(Text("  ").append_text(failure_text(failure)))
    for claim in told.claims:
        mark = ("  ✓ ", "bold green") if claim.holds else ("  ✗ failed: ", "bold red")
        console.print(Text.assemble(mark, claim.text))
    return not failure and all(claim.holds for claim in told.claims)


def _account(day: Day, told: Told) -> Table:
    """What started the step, what it changed, what it left alone and why."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")

    def add(label: str, lines: Iterable[Text]) -> None:
        shown = list(lines)
        if shown:
            table.add_row(f"  {label}", Text("\n").join(shown))

    if told.delivery:
        add("trigger", [Text(f"{told.delivery.trigger} → {told.delivery.function}")])
        add("event", _event(told.delivery))
    else:
        add("trigger", [Text(told.trigger)])
    add("changed", _grouped(_changes(day), "green"))
    if told.delivery:
        for report in told.delivery.answer.reports:
            is_look = report.action == "describe"
            add("seen" if is_look else "left alone", _grouped(_untouched(report), "yellow"))
    add("calls", _calls(day.calls()))
    add("chat", _beginning(told.notice))
    return table


def _event(delivery: Delivery) -> Iterator[Text]:
    yield Text(f"events/{delivery.sample}")
    request = {key: value for key, value in delivery.request.items() if key != "action"}
    yield Text(json.dumps(request, ensure_ascii=False), "dim")


def _changes(day: Day) -> Iterator[tuple[str, str]]:
    """Instances that have changed: name, and what changed."""
    now = day.instances()
    for key in {**day.before, **now}:
        was, is_ = day.before.get(key), now.get(key)
        change = _change(None if was is None else state_of(was), state_of(is_))
        if change:
            yield (is_ or day.before[key]).name, change
    for snapshot in day.stage.engine.snapshots():
        if snapshot.instance_id in day.before.keys() - now.keys():
            yield snapshot.snapshot_id, f"snapshot, kept for {snapshot.retention_days} days"


def _change(was: State | None, now: State) -> str:
    """What is different, in words; "" if nothing is."""
    if was is None:
        return f"new → {now.status}"
    if now is GONE:
        return f"{was.status} → gone"
    changes = []
    if was.status != now.status:
        mode = f" ({now.stopped_mode})" if now.stopped_mode else ""
        changes.append(f"{was.status} → {now.status}{mode}")
    if was.release_at != now.release_at:
        changes.append(f"auto-release {_release(was)} → {_release(now)}")
    return ", ".join(changes)


def _release(state: State) -> str:
    return _clock_text(state.release_at, _WHEN) if state.release_at else "never"


def _untouched(report: Report) -> Iterator[tuple[str, str]]:
    """Instances that the function left alone, and why; for a read, what it saw."""
    for row in report.instances:
        if report.action == "describe":
            yield row.name, f"{row.status}; {row.reason}" if row.reason else row.status
        elif row.result != "changed":
            yield row.name, row.reason or f"{row.status} already"


def _grouped(lines: Iterable[tuple[str, str]], style: str) -> Iterator[Text]:
    """One line for all names with the same text."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, what in lines:
        names[printable(what)].append(printable(name))
    for what, those in names.items():
        yield Text.assemble((what, style), ": ", ", ".join(sorted(those)))


def _calls(entries: Iterable[Entry]) -> Iterator[Text]:
    """The calls to ECS: the writes by name, the reads counted."""
    writes: Counter[str] = Counter()
    looks = 0
    for entry in entries:
        if entry.is_mutating:
            writes[entry.action] += 1
        else:
            looks += 1
    parts = [f"{count} {name}" if count > 1 else name for name, count in writes.items()]
    if looks:
        parts.append(f"{looks} read-only")
    if parts:
        yield Text(", ".join(parts), "dim")


def _beginning(notice: str) -> Iterator[Text]:
    """The first lines of a message."""
    lines = notice.splitlines()
    yield from map(Text, lines[:_SHOWN_LINES])
    if lines[_SHOWN_LINES:]:
        yield Text(f"and {len(lines) - _SHOWN_LINES} lines more", "dim")


@contextmanager
def _progress(console: Console, day: Day) -> Iterator[None]:
    """While waiting, show the day's clock and what the instances are doing."""
    if not console.is_terminal:
        yield
        return
    spinner = Spinner("dots", style="cyan")

    def now() -> RenderableType:
        spinner.update(text=standing(day.stage.engine))
        return spinner

    with Live(get_renderable=now, console=console, transient=True, refresh_per_second=12):
        yield


def _clock_text(moment: datetime, form: str) -> str:
    return moment.astimezone(CHINA).strftime(form)


def standing(engine: Ecs) -> Text:
    """What an emulator's clock shows and its instances are doing, in one line."""
    states = Counter(one.status.value for one in engine.instances())
    parts = [f"{count} {status}" for status, count in sorted(states.items())]
    moment = engine.clock.now()
    parts += [
        f"snapshot {each.percent(moment)}%"
        for each in engine.snapshots()
        if each.status is SnapshotStatus.PROGRESSING
    ]
    return Text.assemble((_clock_text(moment, "%a %H:%M:%S"), "cyan"), "  ", ", ".join(parts))
