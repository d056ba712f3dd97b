"""One call of a function from the command line: on an emulator, on a running ECS, or deployed.

Each way prints the outcome and returns the command's exit status.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone, tzinfo
from io import StringIO
from urllib.parse import urlsplit

import click
import msgspec
from rich.text import Text

from local.cli.served import NobodyListensError, NotServedError, ServedClock
from local.ecs.fleet.fleet import default_fleet
from local.ecs.printable import on_terminal
from local.fc.deployment import LOCAL_CREDENTIALS, Deployment, emulated
from local.fc.pace import PacedClock
from local.fc.remote import Call, Deployed, call, missing_client
from local.fc.remote_answer import RemoteError
from local.fc.runtime import Outcome
from local.show.progress import Progress
from local.show.read_report import read_answer
from local.show.screen import State, clock_text, printable_lines, screen, show_answer, state_of
from shared.base.clock import Clock, SystemClock
from shared.base.errors import InvalidEvent, Refused, Unavailable
from shared.base.printable import printable
from shared.request.triggers import Message, parse
from shared.run import World
from shared.settings.settings import (
    Credentials,
    Settings,
    is_loopback,
    read_credentials,
    read_settings,
)

SPEED = 20.0
"""How many emulated seconds pass in a real one: nobody waits for an instance to stop."""
_SHOWN_CHARACTERS = 300
_NO_TIME = "now, because the event has no time"
_EXPORTS = (
    "export ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, and "
    "ALIBABA_CLOUD_SECURITY_TOKEN if they are temporary"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown, and how.

    Attributes:
        as_json: Only the raw response.
        verbose: The function's log, too.
        zone: The zone of the times.
    """

    as_json: bool
    verbose: bool
    zone: tzinfo


class Invocation:
    """One call of a function from the command line; each way returns an exit status."""

    def __init__(
        self, function: str, event: bytes, source: str, deployed: Deployment, shown: Shown
    ) -> None:
        self._function = function
        self._event = event
        self._source = source
        self._deployed = deployed
        self._shown = shown
        self._log = on_terminal(sys.stderr) if shown.verbose else StringIO()
        self._screen = screen()
        self._progress: Progress | None = None

    def against_an_emulator(self) -> int:
        """Call it against a fresh fleet, at the event's time."""
        start, why = _played_at(self._event)
        self._introduce()
        self._explain(
            f"An emulated ECS with the default fleet, {self._when(start, seconds='')}: {why}."
        )
        clock = PacedClock(start, SPEED)
        with emulated(clock, default_fleet(start), self._deployed) as stage:
            before = {one.instance_id: state_of(one) for one in stage.engine.instances()}
            outcome = stage.deployment.invoke(self._function, self._event, self._log)
            after = {one.instance_id: state_of(one) for one in stage.engine.instances()}
        return self._show(outcome, before, after)

    def against(self, endpoint: str) -> int:
        """Call it against that ECS, now; for a running emulator, by its clock."""
        environ = {**self._deployed.environ, "ECS_ENDPOINT": endpoint}
        credentials = _credentials(endpoint, environ)
        self._introduce()
        clock = _clock_at(endpoint)
        self._explain(self._place(endpoint, clock))
        deployed = replace(
            self._deployed,
            environ=environ,
            credentials=credentials,
            clock=lambda: clock,
            cut_off_s=_cut_off(self._deployed.timeout_s, clock),
            around=self._told_as_it_goes,
        )
        outcome = deployed.invoke(self._function, self._event, self._log)
        return self._show(outcome, self._seen_before())

    def _seen_before(self) -> Mapping[str, State] | None:
        return self._progress.before if self._progress else None

    def _told_as_it_goes(self, world: World) -> World:
        if self._shown.as_json:
            return world
        console = screen(to_stderr=True)
        self._progress = progress = Progress(
            lambda line: console.print(Text(line, "dim")),
            self._deployed.timeout_s,
            self._shown.zone,
        )
        return progress.around(world)

    def _place(self, endpoint: str, clock: Clock) -> str:
        """Which ECS it runs against, and when; for an emulator, how fast time runs there."""
        now = self._when(clock.now())
        if not isinstance(clock, ServedClock):
            return f"The ECS at {endpoint}, {now}."
        pace = "" if clock.speed == 1 else f", {clock.speed:g} times as fast"
        pace = pace if clock.speed else ", stopped until it is moved by hand"
        return f"The emulator at {endpoint}, by its own clock: {now}{pace}."

    def _when(self, moment: datetime, seconds: str = ":%S") -> str:
        return clock_text(moment, self._shown.zone, f"%a %d %b %Y %H:%M{seconds}")

    def _introduce(self) -> None:
        if not self._shown.as_json:
            self._say(f"{self._function} ← {self._source}", "bold")

    def _explain(self, text: str) -> None:
        if not self._shown.as_json:
            self._say(text, "dim")

    def remotely(self, name: str, endpoint: str, task_id: str) -> int:
        """Call the deployed function; with the id of a task do not wait for it."""
        credentials = _credentials_remotely(name, endpoint, self._deployed.environ)
        function = Deployed(
            name=name,
            region=self._deployed.region,
            endpoint=endpoint,
            credentials=credentials,
            timeout_s=self._deployed.timeout_s,
            way=_way(self._deployed.environ),
        )
        self._introduce()
        where = endpoint or f"Function Compute in {self._deployed.region}"
        self._explain(f"{name}, deployed at {where}.")
        try:
            reply = call(function, Call(self._event, task_id))
        except RemoteError as error:
            raise click.ClickException(str(error)) from None
        self._log.write(reply.log)
        if reply.outcome:
            return self._show(reply.outcome)
        if self._shown.as_json:
            click.echo(json.dumps({"request_id": reply.request_id, "task_id": task_id}))
        else:
            self._say(f"accepted: request {reply.request_id}, task {task_id}", "bold")
        return 0

    def _show(
        self,
        outcome: Outcome,
        before: Mapping[str, State] | None = None,
        after: Mapping[str, State] | None = None,
    ) -> int:
        if self._shown.as_json:
            click.echo(printable_lines(outcome.body.decode(errors="replace")))
        try:
            answer = read_answer(outcome)
        except msgspec.MsgspecError:
            shown = printable(outcome.body.decode(errors="replace")[:_SHOWN_CHARACTERS])
            raise click.ClickException(
                f"this is not a response of Curfew: {shown or 'it is empty'}"
            ) from None
        if not self._shown.as_json:
            show_answer(self._screen, answer, before, after, self._shown.zone)
        return 1 if answer.failure else 0

    def _say(self, text: str, style: str) -> None:
        # A long path is not broken, so that it can be copied.
        self._screen.print(Text(text, style), soft_wrap=True)


def _clock_at(endpoint: str) -> Clock:
    """The clock of the emulator that listens there; this machine's if it is something else.

    Raises:
        click.ClickException: nothing listens there, on this machine.
    """
    try:
        return ServedClock(endpoint)
    except NobodyListensError as error:
        raise click.ClickException(str(error)) from None
    except NotServedError:
        return SystemClock()


def _cut_off(timeout_s: float, clock: Clock) -> float:
    """Real seconds after which a call is cut off: never before its own clock says so."""
    slow = isinstance(clock, ServedClock) and 0 < clock.speed < 1
    return timeout_s / clock.speed if isinstance(clock, ServedClock) and slow else timeout_s


def _played_at(event: bytes) -> tuple[datetime, str]:
    """The time at which to run an event, and why: the latest time in it, otherwise now.

    If an event cannot be parsed, the function will say what is wrong with it.
    """
    now = datetime.now(timezone.utc)
    try:
        messages = [one for one in parse(event).messages if isinstance(one, Message)]
    except InvalidEvent:
        messages = []
    if not messages:
        return now, "now, because the event is invalid"
    times = [one.sent_at for one in messages if one.sent_at]
    return (max(times), "when the event was sent") if times else (now, _NO_TIME)


def _way(environ: Mapping[str, str]) -> Settings:
    """The operator's proxy and certificates; other settings concern functions."""
    names = ("HTTPS_PROXY", "NO_PROXY")
    kept = {*names, *map(str.lower, names), "ALIBABA_CLOUD_CA_BUNDLE"}
    try:
        return read_settings({name: value for name, value in environ.items() if name in kept})
    except Refused as error:
        raise click.UsageError(str(error)) from None


def _credentials(endpoint: str, environ: Mapping[str, str]) -> Credentials:
    try:
        return read_credentials(None, environ)
    except Unavailable:
        if is_loopback(urlsplit(endpoint).hostname or ""):
            return LOCAL_CREDENTIALS
        raise click.UsageError(
            f"--endpoint {endpoint} is not this machine, so it needs credentials: {_EXPORTS}"
        ) from None


def _credentials_remotely(name: str, endpoint: str, environ: Mapping[str, str]) -> Credentials:
    """A key for Function Compute; if incomplete, everything missing is reported at once."""
    try:
        return read_credentials(None, environ)
    except Unavailable:
        if endpoint and is_loopback(urlsplit(endpoint).hostname or ""):
            return LOCAL_CREDENTIALS
        client = missing_client(name)
        before = f" Its client is missing too; first run: {client}" if client else ""
        raise click.UsageError(
            "--remote needs credentials that allow calling the function (fc:InvokeFunction):"
            f" {_EXPORTS}.{before}"
        ) from None
