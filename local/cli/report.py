"""``python -m local report``: what many runs came to, as a table and as a page to keep."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from secrets import token_hex
from stat import S_IMODE

import click
from rich.text import Text

from local.cli.parameters import operators_zone
from local.report.night import Gathering, Night
from local.report.remarks import missing, unread
from local.report.source import Counts, Source
from local.report.table import show
from local.report.words import LANGUAGES, Words
from local.show.screen import printable_lines, screen

DEFAULT_DAYS = 30
MOST_DAYS = 400


@click.command("report", short_help="Summarise many runs, as a table and a page.")
@click.argument(
    "logs",
    metavar="LOG…",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--html",
    "page",
    metavar="FILE.html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write a self-contained page, to view, send or print.",
)
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=DEFAULT_DAYS,
    show_default=True,
    help="How many days, ending with the last one in the logs.",
)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    help="Of the table and page; default: CURFEW_LANGUAGE, otherwise that of the terminal.",
)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    logs: Sequence[Path],
    page: Path | None,
    days: int,
    language: str | None,
) -> None:
    """Summarise runs: on and off, hours avoided, what was guarded, what failed, what is billed.

    A LOG is the functions' log as exported by Log Service or written by invoke --verbose, or the
    output of invoke --json; gzip is understood. Money is shown if the logs contain a describe
    with prices. Days are in CURFEW_TZ.

    Exit status: 0 done, even if a log is damaged, 1 no log has a readable run, 2 the command
    was not understood.
    """
    zone = operators_zone(os.environ)
    words = Words(language or _language())
    if page:
        _check_is_no_log(page, logs)
    source, gathering = Source(datetime.now(timezone.utc)), Gathering()
    for entry in source.entries(logs):
        gathering.add(entry)
    for sentence in (*missing(source.counts, words), *unread(source.counts, words)):
        click.echo(printable_lines(sentence), err=True)
    if not any(one.read for one in source.counts):
        ctx.exit(1)
    night = gathering.night(zone, days)
    failure = _page_failure(page, night, words, source.counts) if page else ""
    console = screen()
    show(console, night, words)
    if failure:
        raise click.ClickException(failure)
    if page:
        console.print(Text(f"\n{page}", "bold"))


def _page_failure(page: Path, night: Night, words: Words, counts: Sequence[Counts]) -> str:
    """Write the page, before the table: who reads that may go away, such as ``head``.

    Returns:
        Why it could not be written; "" if it was.
    """
    from local.report.page import render  # noqa: PLC0415  # a table needs no templates

    try:
        _write(page, render(night, words, counts))
    except OSError as error:
        return printable_lines(f"{page}: {error.strerror}")
    return ""


def _check_is_no_log(page: Path, logs: Sequence[Path]) -> None:
    """A page takes no log's place, whatever name or link leads to it.

    Raises:
        click.UsageError: it would.
    """
    for log in logs:
        if page.exists() and page.samefile(log):
            problem = f"--html {page} is the log {log}, which it would overwrite; name another file"
            raise click.UsageError(printable_lines(problem))


def _write(page: Path, text: str) -> None:
    """Write a page whole or not at all: beside its place first.

    Whoever may read what was there may read the new one, and nobody else.

    Raises:
        OSError: it cannot be written.
    """
    place = page.resolve()
    if place.exists() and not place.is_file():  # such as /dev/stdout
        page.write_text(text, encoding="utf-8")
        return
    beside = place.with_name(f".{token_hex(8)}.html")
    try:
        mode = S_IMODE(place.stat().st_mode) if place.exists() else None
        beside.touch(0o666 if mode is None else 0o600)
        beside.write_text(text, encoding="utf-8")
        if mode is not None:
            beside.chmod(mode)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


def _language() -> str:
    """The language that the operator has set, if there are words in it; else English."""
    for variable in ("CURFEW_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if stated := os.environ.get(variable, "").strip():
            return "zh" if stated.lower().startswith("zh") else "en"
    return "en"
