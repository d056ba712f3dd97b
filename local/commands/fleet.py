"""``python -m local fleet``: what instances a running emulator has."""

from __future__ import annotations

from datetime import datetime
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import click
import msgspec
from rich.text import Text

from local.commands.serve import PORT
from local.ecs.control import PREFIX
from local.ecs.messages import is_loopback
from local.ecs.model import Instance
from local.tables import clock_text, fleet, screen

_TIMEOUT_S = 10


class _Account(msgspec.Struct, frozen=True):
    """The part of the emulator's state that is shown."""

    now: datetime
    instances: tuple[Instance, ...]


@click.command("fleet")
@click.option(
    "--endpoint",
    metavar="URL",
    default=f"http://127.0.0.1:{PORT}",
    show_default=True,
    help="Where the emulator listens.",
)
def command(*, endpoint: str) -> None:
    """List the instances of a running emulator (python -m local serve)."""
    account = _account(endpoint)
    console = screen()
    console.print(fleet(account.instances, account.now))
    count = "1 instance" if len(account.instances) == 1 else f"{len(account.instances)} instances"
    when = clock_text(account.now, "%a %d %b %Y %H:%M:%S")
    console.print(Text(f"{count} at {endpoint}, where it is {when} in China"))


def _account(endpoint: str) -> _Account:
    url = urlsplit(endpoint)
    if url.scheme != "http" or not is_loopback(url.hostname):
        raise click.UsageError(
            f"--endpoint {endpoint} is no emulator of this machine; write http://127.0.0.1:PORT"
        )
    # No proxy of the environment has anything to do with this machine.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(f"{endpoint.rstrip('/')}{PREFIX}state", timeout=_TIMEOUT_S) as answer:
            return msgspec.json.decode(answer.read(), type=_Account)
    except HTTPError as error:
        raise click.ClickException(f"{endpoint} answers HTTP {error.code}") from None
    except (URLError, HTTPException, OSError):
        raise click.ClickException(
            f"no emulator answers at {endpoint}; start one with: python -m local serve"
        ) from None
    except msgspec.MsgspecError:
        raise click.ClickException(f"what answers at {endpoint} is not this emulator") from None
