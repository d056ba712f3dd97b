"""``python -m local schedule explain``: what a schedule means, drawn day by day."""

from __future__ import annotations

import os
import re
from datetime import datetime, timezone, tzinfo

import click

from local.show.screen import screen
from shared.base.errors import Refused
from shared.base.times import parse_instant
from shared.domain.calendar import calendar_of
from shared.domain.days import InvalidSpec
from shared.domain.local_days import instant_of
from shared.domain.schedule_names import resolve_spec, schedules_of
from shared.domain.timetable import zone_of
from shared.settings.settings import read_settings

_YEARS = range(1971, 2100)
"""The years for which zones say when clocks change."""

_LOCAL = r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<hour>\d\d):(?P<minute>\d\d))?"


@click.group("schedule", short_help="Explain a schedule.")
def command() -> None:
    """Explain schedules: docs/schedules.md."""


@command.command("explain", short_help="Draw what a schedule means.")
@click.argument("spec")
@click.option("--at", "text", metavar="TIME", help="The time in question; default: now.")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=14,
    show_default=True,
    help="How many days to draw.",
)
def explain(*, spec: str, text: str | None, days: int) -> None:
    """Draw what SPEC means: whether it is on, what changes next, and the days that follow.

    SPEC is a schedule, or the name of one in CURFEW_SCHEDULES. TIME is like 2026-10-10T09:00, on
    the clocks of the schedule's zone, or has an offset. CURFEW_TZ, CURFEW_CATCH_UP,
    CURFEW_HOLIDAYS and CURFEW_WORKDAYS apply as in the functions.

    \b
    python -m local schedule explain 'workdays 08:30-20:00' --at 2026-10-10T09:00
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    from local.show.strip import ASCII, BLOCKS, Picture, draw  # noqa: PLC0415  # not for --help

    try:
        settings = read_settings(os.environ)
        schedule = resolve_spec(spec, schedules_of(settings))
        calendar = calendar_of(settings)
    except InvalidSpec as error:
        raise click.ClickException(f"the schedule cannot be read: {error}") from None
    except Refused as error:
        raise click.ClickException(str(error)) from None
    console = screen()
    picture = Picture(
        schedule=schedule,
        at=_instant(text, zone_of(schedule, settings.zone)),
        days=days,
        zone=settings.zone,
        calendar=calendar,
        catch_up=settings.catch_up,
        marks=BLOCKS if console.encoding.lower().startswith("utf") else ASCII,
    )
    for line in draw(picture):
        console.print(line)


def _instant(text: str | None, zone: tzinfo) -> datetime:
    """The time in question; without an offset, it is in the zone.

    Raises:
        ClickException: it is not a time.
    """
    if text is None:
        return datetime.now(timezone.utc)
    try:
        moment = _read_instant(text, zone)
    except (ValueError, OverflowError):
        raise click.ClickException(
            f"--at: {text!r} is not a time; write it like 2026-10-10T09:00"
        ) from None
    if moment.year not in _YEARS:
        raise click.ClickException(
            f"--at: {text!r} is too far away; write a year from {_YEARS[0]} to {_YEARS[-1]}"
        )
    return moment


def _read_instant(text: str, zone: tzinfo) -> datetime:
    if match := re.fullmatch(_LOCAL, text):
        day = datetime.strptime(match["day"], "%Y-%m-%d").date()  # noqa: DTZ007  # a day only
        minutes = int(match["hour"] or 0) * 60 + int(match["minute"] or 0)
        return instant_of(day, minutes, zone)
    return parse_instant(text)
