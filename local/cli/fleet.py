"""``python -m local fleet``: the instances of a running emulator."""

from __future__ import annotations

import os

import click
import msgspec
from rich.text import Text

from local.cli.parameters import ENDPOINT, operators_zone
from local.cli.serve import PORT
from local.cli.served import Moment, NotServedError, ask, check_moments
from local.ecs.account.model import Instance
from local.show.screen import clock_text, fleet, screen
from shared.base.printable import counted


class _Account(msgspec.Struct, frozen=True):
    """The part of the emulator's state that is shown."""

    now: Moment
    instances: tuple[Instance, ...]

    def __post_init__(self) -> None:
        """Refuse times that cannot be shown."""
        check_moments(self.now, *(one.auto_release_at for one in self.instances))


@click.command("fleet", short_help="List the instances of a running emulator.")
@click.option(
    "--endpoint",
    metavar="URL",
    type=ENDPOINT,
    default=f"http://127.0.0.1:{PORT}",
    show_default=True,
    help="Where the emulator listens.",
)
def command(*, endpoint: str) -> None:
    """List the instances of a running emulator (python -m local serve)."""
    zone = operators_zone(os.environ)
    if not endpoint.startswith("http://"):
        raise click.UsageError(
            f"--endpoint {endpoint} is not an emulator on this machine; write http://127.0.0.1:PORT"
        )
    try:
        account = ask(endpoint, "state", _Account)
    except NotServedError as error:
        raise click.ClickException(str(error)) from None
    console = screen()
    console.print(fleet(account.instances, account.now, zone))
    when = clock_text(account.now, zone, "%a %d %b %Y %H:%M:%S")
    number = counted(len(account.instances), "instance")
    console.print(Text(f"{number} at {endpoint},\nwhere it is {when}"))
