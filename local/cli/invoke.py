"""``python -m local invoke``: pass an event to a function and see what it does."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from typing import BinaryIO, cast
from urllib.parse import urlsplit

import click

from local.cli.invocation import Invocation, Shown
from local.cli.parameters import ENDPOINT, FUNCTION, operators_zone
from local.fc.context import Runtime
from local.fc.deployment import Deployment
from shared.base.printable import printable
from shared.settings.settings import is_loopback


@click.command("invoke", short_help="Invoke a function with an event and show what it does.")
@click.argument("function", type=FUNCTION)
@click.argument("event", type=click.File("rb"), metavar="EVENT.json")
@click.option(
    "--endpoint",
    metavar="URL",
    type=ENDPOINT,
    help="A running ECS; default: ECS_ENDPOINT if it is local, else one emulated for this call.",
)
@click.option(
    "--remote",
    is_flag=True,
    help="Call the deployed function; --endpoint is then the address of Function Compute.",
)
@click.option(
    "--name",
    metavar="NAME",
    help="The deployed function's name; default: curfew-FUNCTION; service/function in FC 2.0.",
)
@click.option("--async", "asynchronous", is_flag=True, help="With --remote: do not wait.")
@click.option(
    "--id",
    "task_id",
    metavar="ID",
    help="With --async: an event sent again with this id is not run again; default: a new id.",
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
@click.option("--json", "as_json", is_flag=True, help="Print only the raw response.")
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
    """Pass an event's bytes (- for standard input) to FUNCTION, as Function Compute would.

    Without --endpoint the function runs against an emulated ECS with the default fleet, whose
    clock is set to the event's time. With --endpoint it runs against that ECS, now; for a
    running emulator, now is what its clock shows. Progress is shown on standard error. The
    credentials come from the environment (ALIBABA_CLOUD_ACCESS_KEY_ID and so on); for a local
    endpoint they default to local/local.

    With --remote the deployed function is called instead, with those credentials.

    Exit status: 0 the function succeeded, 1 it failed, 2 the command was not understood.
    """
    content = event.read()
    name_of_event = str(getattr(event, "name", "<stdin>"))
    source = "standard input" if name_of_event == "<stdin>" else name_of_event
    deployed = Deployment(
        environ=dict(os.environ),
        runtime=cast("Runtime", runtime),
        timeout_s=timeout,
        region=region,
    )
    shown = Shown(as_json=as_json, verbose=verbose, zone=operators_zone(os.environ))
    asked = Invocation(function, content, source, deployed, shown)
    if remote:
        name = name or f"curfew-{function.replace('_', '-')}"
        task_id = (task_id or f"curfew-{uuid.uuid4()}") if asynchronous else ""
        ctx.exit(asked.remotely(name, endpoint or "", task_id))
    if name or asynchronous or task_id:
        raise click.UsageError("--name, --async and --id are only valid with --remote")
    endpoint = endpoint or _endpoint_of(os.environ)
    ctx.exit(asked.against(endpoint) if endpoint else asked.against_an_emulator())


def _endpoint_of(environ: Mapping[str, str]) -> str:
    """``ECS_ENDPOINT`` if it is on this machine, otherwise "".

    One on another machine is somebody's account: it is used only if --endpoint names it, and not
    because a variable was left over. A message says that it is ignored.
    """
    stated = environ.get("ECS_ENDPOINT", "").strip()
    if not stated:
        return ""
    try:
        endpoint = ENDPOINT.convert(stated, None, None)
    except click.BadParameter:
        endpoint = ""
    if is_loopback(urlsplit(endpoint).hostname or ""):
        return endpoint
    click.echo(
        f"Note: ECS_ENDPOINT, {printable(stated)}, is not on this machine, so it is not used; to "
        "use it, pass --endpoint.",
        err=True,
    )
    return ""
