"""``python -m local invoke``: hand an event to a function and see what it does."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from io import StringIO
from typing import BinaryIO, cast
from urllib.parse import urlsplit

import click
from rich.text import Text

from local.answers import read_answer
from local.deployment import LOCAL_CREDENTIALS, Deployment, emulated
from local.ecs.fleet import default_fleet
from local.fc import Outcome
from local.fc_context import Runtime
from local.pace import PacedClock
from local.parameters import FUNCTION
from local.remote import Call, Deployed, RemoteError, call
from local.tables import State, clock_text, screen, show_answer, state_of
from shared.errors import InvalidEvent, Unavailable
from shared.events import Message, parse
from shared.settings import Credentials, is_loopback, read_credentials

SPEED = 20.0
"""How many seconds of the emulated world pass in one: nobody waits for an instance to stop."""


@click.command("invoke")
@click.argument("function", type=FUNCTION)
@click.argument("event", type=click.File("rb"), metavar="EVENT.json")
@click.option("--endpoint", metavar="URL", help="An ECS that runs; default: one for this call.")
@click.option("--remote", is_flag=True, help="Call the deployed function; --endpoint is FC's then.")
@click.option(
    "--name",
    metavar="NAME",
    help="How it is called there: curfew-FUNCTION unless stated; service/function for FC 2.0.",
)
@click.option("--async", "asynchronous", is_flag=True, help="With --remote: do not wait.")
@click.option(
    "--id",
    "task_id",
    metavar="ID",
    help="With --async: what is sent again under this id is not done again; default: a new one.",
)
@click.option("--runtime", type=click.Choice(["3.10", "3.12"]), default="3.10", show_default=True)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1, max=86_400),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="The function's timeout.",
)
@click.option("--region", default="cn-hangzhou", show_default=True, help="The function's region.")
@click.option("--json", "as_json", is_flag=True, help="Print the raw answer and nothing else.")
@click.option("--verbose", is_flag=True, help="Show the function's log on standard error.")
@click.pass_context
def command(  # noqa: PLR0913  # each is an option of the command
    ctx: click.Context,
    *,
    function: str,
    event: BinaryIO,
    endpoint: str | None,
    remote: bool,
    name: str | None,
    asynchronous: bool,
    task_id: str | None,
    runtime: str,
    timeout: float,
    region: str,
    as_json: bool,
    verbose: bool,
) -> None:
    """Hand an event's bytes (- for standard input) to FUNCTION, as Function Compute would.

    Without --endpoint the function meets an emulated ECS with the default fleet, where it is the
    time that the event bears. With it, it meets that ECS, now; the credentials are those of the
    environment (ALIBABA_CLOUD_ACCESS_KEY_ID and so on), for a local endpoint else local/local.
    With --remote the function that is deployed is called instead, with those credentials.

    Exit status: 0 the function succeeded, 1 it failed, 2 the command was not understood.
    """
    content = event.read()
    source = str(getattr(event, "name", "standard input"))
    deployed = Deployment(
        environ=dict(os.environ),
        runtime=cast("Runtime", runtime),
        timeout_s=timeout,
        region=region,
    )
    asked = _Call(function, content, deployed, as_json=as_json, verbose=verbose)
    if remote:
        name = name or f"curfew-{function.replace('_', '-')}"
        task_id = (task_id or f"curfew-{uuid.uuid4()}") if asynchronous else ""
        ctx.exit(asked.remotely(name, endpoint or "", task_id))
    if name or asynchronous or task_id:
        raise click.UsageError("--name, --async and --id say how to call with --remote")
    ctx.exit(asked.against(endpoint) if endpoint else asked.against_an_emulator(source))


class _Call:
    """One call of a function from the command line; each way of doing it gives an exit status."""

    def __init__(
        self, function: str, event: bytes, deployed: Deployment, *, as_json: bool, verbose: bool
    ) -> None:
        self._function = function
        self._event = event
        self._deployed = deployed
        self._as_json = as_json
        self._log = sys.stderr if verbose else StringIO()
        self._screen = screen()

    def against_an_emulator(self, source: str) -> int:
        """Call it where a fresh fleet is, at the event's time."""
        sent_at = _sent_at(self._event)
        start = sent_at or datetime.now(timezone.utc)
        if not self._as_json:
            self._say(f"{self._function} ← {source}", "bold")
            when = clock_text(start, "%a %d %b %Y %H:%M")
            clause = "when the event was sent" if sent_at else "now, as the event bears no time"
            self._say(f"An emulated ECS with the default fleet, {when} in China: {clause}.", "dim")
        clock = PacedClock(start, SPEED)
        with emulated(clock, default_fleet(start), self._deployed) as stage:
            before = {one.instance_id: state_of(one) for one in stage.engine.instances()}
            outcome = stage.deployment.invoke(self._function, self._event, self._log)
            after = {one.instance_id: state_of(one) for one in stage.engine.instances()}
        return self._show(outcome, before, after)

    def against(self, endpoint: str) -> int:
        """Call it where that ECS is, now."""
        environ = {**self._deployed.environ, "ECS_ENDPOINT": endpoint}
        credentials = _credentials(endpoint, environ)
        deployed = replace(self._deployed, environ=environ, credentials=credentials)
        return self._show(deployed.invoke(self._function, self._event, self._log))

    def remotely(self, name: str, endpoint: str, task_id: str) -> int:
        """Call the deployed function; with the id of a task do not wait for it."""
        credentials = _credentials(endpoint, self._deployed.environ)
        function = Deployed(
            name, self._deployed.region, endpoint, credentials, self._deployed.timeout_s
        )
        try:
            reply = call(function, Call(self._event, task_id))
        except RemoteError as error:
            raise click.ClickException(str(error)) from None
        self._log.write(reply.log)
        if reply.outcome:
            return self._show(reply.outcome)
        if self._as_json:
            click.echo(json.dumps({"request_id": reply.request_id, "task_id": task_id}))
        else:
            self._say(f"accepted: request {reply.request_id}, task {task_id}", "bold")
        return 0

    def _show(
        self,
        outcome: Outcome,
        before: dict[str, State] | None = None,
        after: dict[str, State] | None = None,
    ) -> int:
        answer = read_answer(outcome)
        if self._as_json:
            click.echo(outcome.body)
        else:
            show_answer(self._screen, answer, before, after)
        return 1 if answer.failure else 0

    def _say(self, text: str, style: str) -> None:
        self._screen.print(Text(text, style))


def _sent_at(event: bytes) -> datetime | None:
    """The latest time that the event bears; what is wrong with it the function shall tell."""
    try:
        messages = parse(event).messages
    except InvalidEvent:
        return None
    times = [one.sent_at for one in messages if isinstance(one, Message) and one.sent_at]
    return max(times, default=None)


def _credentials(endpoint: str, environ: Mapping[str, str]) -> Credentials:
    try:
        return read_credentials(None, environ)
    except Unavailable:
        if is_loopback(urlsplit(endpoint).hostname or ""):
            return LOCAL_CREDENTIALS
        where = f"--endpoint {endpoint}" if endpoint else "Function Compute"
        raise click.UsageError(
            f"{where} is not this machine, so it needs credentials: set "
            "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"
        ) from None
