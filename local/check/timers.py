"""Checks of a timer: when it fires, what it requests, and whether its function accepts that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from local.check.cron import Cron, CronError, read_cron, zone_text
from local.check.days import acting_times, day_words
from local.check.document import is_known
from local.check.findings import Finding, error, ok, warning
from local.check.function import Function
from local.check.trial import refusal_of
from shared.base.strict_json import JsonError, loads
from shared.base.times import CHINA

_SHOWN_TIMES = 3
_OFTEN = timedelta(minutes=5)


def check_timer(
    function: Function, title: str, config: Mapping[str, Any], now: datetime
) -> Iterator[Finding]:
    """Findings about a timer whose configuration has the right form.

    Args:
        function: Whose timer it is.
        title: Its name in a finding.
        config: Its ``triggerConfig``.
        now: From when its next times are counted.
    """
    payload = config.get("payload")
    if not is_known(config):
        yield warning(f"{title}: it was not checked, because only `s` fills in some of its values")
        return
    try:
        cron = read_cron(config["cronExpression"])
        times = cron.next_times(now, _SHOWN_TIMES)
    except CronError as problem:
        yield error(f"{title}: cronExpression: {problem}")
        return
    if not payload:
        yield error(f"{title}: payload is missing: expected the request, as JSON in a string")
        return
    try:
        request = loads(payload)
    except JsonError as problem:
        yield error(f"{title}: payload: {problem}")
        return
    if not isinstance(request, dict):
        yield error(f'{title}: payload is not a JSON object, such as {{"tags": …}}')
        return
    refusal, never = refusal_of(function, request, times[0] if times else now)
    if refusal:
        text = f"{title}: {function.name} would refuse its payload. {refusal}"
        fails = config["enable"] or never
        yield error(text) if fails else warning(f"{text} (It is off now.)")
        return
    state = _state(function, config, request)
    acting = _acting(function, request, cron, now)
    yield ok(f"{title}: {state}", *_when(cron, times, acting), _asked(request))
    if acting == []:
        yield warning(f'{title}: it would always rest: none of its next times is on its "days"')
    yield from _doubts(title, cron, times)
    if "release_at" in request:
        yield warning(
            f"{title}: release_at is a single fixed time, so every later run would fail; write "
            "release_after"
        )


def _state(function: Function, config: Mapping[str, Any], request: Mapping[str, object]) -> str:
    if import_module(f"functions.{function.name}").ACTION.only_reads:
        kind = "read-only"
    else:
        kind = "a dry run" if request.get("dry_run") is True else "changes instances"
    return f"ON, {kind}" if config["enable"] else f"off ({kind} when it is on)"


def _acting(
    function: Function, request: Mapping[str, object], cron: Cron, now: datetime
) -> list[datetime] | None:
    """Its next times on the request's days; None: it has none, or they are unknown here."""
    words = day_words(request)
    if not words or function.settings is None or cron.every is not None:
        return None
    try:
        return acting_times(cron, words, function.settings, now, _SHOWN_TIMES)
    except ImportError:
        return None


def _when(cron: Cron, times: list[datetime], acting: list[datetime] | None) -> Iterator[str]:
    """The rule, the zone, and the next times; in China's too if the zone is another.

    Args:
        cron: The rule.
        times: When it fires next.
        acting: When it fires next and acts; None: it always acts.
    """
    if cron.every is not None:
        yield f"every {cron.every}, counted from the creation of the trigger"
        return
    yield f"{cron.expression} in {zone_text(times[0])}"
    if acting:
        times = acting
    yield f"next: {_spelt(times)}{' (it rests on other days)' if acting else ''}"
    if any(one.utcoffset() != one.astimezone(CHINA).utcoffset() for one in times):
        yield f"in China: {_spelt([one.astimezone(CHINA) for one in times])}"


def _spelt(times: list[datetime]) -> str:
    form = "%a %d %b %H:%M:%S" if any(one.second for one in times) else "%a %d %b %H:%M"
    return ", ".join(one.strftime(form) for one in times)


def _asked(request: Mapping[str, object]) -> str:
    """The request without what the function already knows."""
    fields = {key: value for key, value in request.items() if key != "action"}
    return json.dumps(fields, ensure_ascii=False)


def _doubts(title: str, cron: Cron, times: list[datetime]) -> Iterator[Finding]:
    """Warnings about what is valid but probably not intended."""
    if cron.every is None and not cron.states_zone:
        china = times[0].astimezone(CHINA)
        yield warning(
            f"{title}: CRON_TZ is missing, so the times are in UTC: {times[0]:%H:%M} there is "
            f"{china:%H:%M} in China; for China's time, put CRON_TZ=Asia/Shanghai in front"
        )
    if cron.limits_both_days:
        yield warning(
            f"{title}: {cron.expression} restricts both the day of the month and the day of the "
            "week; whether both must match is not documented: leave one of them at *"
        )
    often = cron.every or (times[1] - times[0] if len(times) > 1 else None)
    if often and often < _OFTEN:
        yield warning(f"{title}: it fires every {often.total_seconds():g} s")
