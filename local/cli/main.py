"""The command line's frame: one module of ``local.cli`` for each command, loaded when used.

Exit status: 0 all is well, 1 it is not, 2 the command was not understood.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

COMMANDS = ("check", "demo", "event", "fleet", "invoke", "report", "schedule", "serve")


class _Commands(click.Group):
    """``COMMANDS``: each is a module with its click command under the name ``command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"local.cli.{cmd_name}").command
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """ECS Curfew on this machine: an emulated ECS, and the functions run against it.

    \b
    A day in the life:    python -m local demo
    Try one event:        python -m local invoke stop events/stop.timer.json
    An ECS to play with:  python -m local serve
    Before a deployment:  python -m local check
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped


def main(**options: Any) -> None:  # noqa: ANN401  # click's own
    """Run the command line; never returns. ``options`` are click's, e.g. ``prog_name``."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or a pipe that cannot show a character gets a question mark, not a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    group.main(**options)
