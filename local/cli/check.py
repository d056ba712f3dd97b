"""``python -m local check``: can an s.yaml be deployed, and what would it do?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from local.check.findings import Finding, Level, Section, count
from local.check.whole import check_file
from local.fc.context import CODE
from local.show.screen import screen
from shared.base.printable import counted

_STYLES = {
    Level.OK: "green",
    Level.NOTE: "cyan",
    Level.WARNING: "bold yellow",
    Level.ERROR: "bold red",
}
_LABEL_WIDTH = len("warning  ")
_SCREEN_LINES = 24


@click.command("check", short_help="Check an s.yaml before you deploy it.")
@click.argument(
    "path",
    metavar="[S.YAML]",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=CODE / "s.yaml",
)
@click.pass_context
def command(ctx: click.Context, *, path: Path) -> None:
    """Check an s.yaml before it is deployed: fields, timers, requests, roles, settings.

    Shows each timer's zone, next times and request, and calls its function with that request on
    an emulated ECS without instances. Nothing is sent anywhere.

    Exit status: 0 no error, 1 an error, 2 the command was not understood.
    """
    sections = check_file(path, datetime.now(timezone.utc), os.environ)
    console = screen()
    for section in sections:
        _show(console, section)
    _show_summary(console, sections)
    errors, warnings = count(sections, Level.ERROR), count(sections, Level.WARNING)
    console.print(
        Text(
            f"\n{counted(errors, 'error')}, {counted(warnings, 'warning')}",
            "bold red" if errors else "bold",
        )
    )
    ctx.exit(1 if errors else 0)


def _show_summary(console: Console, sections: Sequence[Section]) -> None:
    """Repeat what must not be missed, errors first, if the output is longer than a screen."""
    told = [
        (level, section, finding)
        for level in (Level.ERROR, Level.WARNING)
        for section in sections
        for finding in section.findings
        if finding.level is level
    ]
    length = sum(1 + len(one.details) for section in sections for one in section.findings)
    if not told or length <= _SCREEN_LINES:
        return
    console.print(Text("\nOnce more", "bold"))
    for level, section, finding in told:
        name = section.title.partition(" · ")[0]
        _show_finding(console, Finding(level, f"{name}: {finding.text}"))


def _show(console: Console, section: Section) -> None:
    if not section.findings:
        return
    console.print(Text(f"\n{section.title}", "bold"))
    for finding in section.findings:
        _show_finding(console, finding)


def _show_finding(console: Console, finding: Finding) -> None:
    """A label, the sentence beside it, the details below."""
    label = finding.level.value if finding.level is Level.OK else finding.level.value.upper()
    width = console.width - _LABEL_WIDTH - 2
    lines = Text(finding.text).wrap(console, width)
    for detail in finding.details:
        lines.extend(Text(detail, "dim").wrap(console, width))
    for place, line in enumerate(lines):
        mark = (label if place == 0 else "").ljust(_LABEL_WIDTH)
        console.print(Text.assemble("  ", (mark, _STYLES[finding.level]), line))
