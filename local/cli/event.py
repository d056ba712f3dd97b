"""``python -m local event``: print the event that a trigger would send."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import import_module

import click

from local.cli.parameters import ENDPOINT, FUNCTION, TRIGGER
from local.cli.served import NotServedError, Reading, ask
from local.fc.deployment import EVENTS
from local.fc.trigger_events import ENVELOPES
from local.show.screen import printable_lines
from shared.base.errors import CurfewError
from shared.base.strict_json import JsonError, loads
from shared.base.times import parse_instant
from shared.request.request import decode


class _Instant(click.ParamType[datetime]):
    """A time with its zone."""

    name = "time"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The instant."""
        try:
            return parse_instant(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(
    "event",
    short_help="Print the event that a trigger would send.",
    epilog=f"Triggers: {', '.join(ENVELOPES)}.",
)
@click.argument("trigger", type=TRIGGER)
@click.argument("function", type=FUNCTION)
@click.argument("request_text", metavar="[REQUEST]", required=False)
@click.option(
    "--time",
    "sent_at",
    type=_Instant(),
    help="The time at which it was sent (RFC 3339); default: now.",
)
@click.option(
    "--endpoint",
    metavar="URL",
    type=ENDPOINT,
    help="A running emulator; the event's time is that of its clock.",
)
def command(
    *,
    trigger: str,
    function: str,
    request_text: str | None,
    sent_at: datetime | None,
    endpoint: str | None,
) -> None:
    """Print TRIGGER's event for a request to FUNCTION, to paste or to invoke.

    REQUEST is a JSON object, or - for standard input; if omitted, it is that of the sample
    events/FUNCTION.direct.json.

    \b
    python -m local event timer stop '{"tags": {"team": "dev"}}' > evening.json
    python -m local event mns-topic-json release | python -m local invoke release -
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    request = _request(function, request_text)
    _warn(function, request)
    if sent_at and endpoint:
        raise click.UsageError("--time and --endpoint: use one of them, not both")
    event = ENVELOPES[trigger](request, sent_at or _now(endpoint))
    click.echo(printable_lines(_indented(event)))


def _now(endpoint: str | None) -> datetime:
    if endpoint is None:
        return datetime.now(timezone.utc)
    try:
        return ask(endpoint, "clock", Reading).now
    except NotServedError as error:
        raise click.ClickException(str(error)) from None


def _request(function: str, text: str | None) -> Mapping[str, object]:
    if text is None:
        source: str | bytes = EVENTS.joinpath(f"{function}.direct.json").read_bytes()
    else:
        source = sys.stdin.buffer.read() if text == "-" else text
    try:
        request = loads(source)
    except JsonError as error:
        raise click.BadParameter(str(error), param_hint="REQUEST") from None
    if not isinstance(request, dict):
        raise click.BadParameter(
            'a request is a JSON object, like {"tags": {"team": "dev"}}', param_hint="REQUEST"
        )
    return request


def _warn(function: str, request: Mapping[str, object]) -> None:
    """Say so if the function would refuse the request; that may be what you want to try."""
    action = import_module(f"functions.{function}").ACTION
    try:
        decode(action.request, request, function)
    except CurfewError as error:
        click.echo(printable_lines(f"Note: {function} will refuse this. {error}"), err=True)


def _indented(event: bytes) -> str:
    """The event as indented JSON; unchanged if it is not JSON."""
    try:
        return json.dumps(json.loads(event), ensure_ascii=False, indent=2)
    except ValueError:
        return event.decode()
