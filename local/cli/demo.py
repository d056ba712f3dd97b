"""``python -m local demo``: a business day and a worked Saturday, shown and checked."""

from __future__ import annotations

import click

from local.demo.demo import play
from local.show.screen import screen

SPEED = 8.0


@click.command("demo", short_help="Play a business day on an emulated ECS.")
@click.option(
    "--speed",
    type=click.FloatRange(min=1, max=100),
    default=SPEED,
    show_default=True,
    help="How many seconds of the day pass in one real second.",
)
@click.pass_context
def command(ctx: click.Context, *, speed: float) -> None:
    """Run a business day and a worked Saturday on an emulated ECS, checking every step.

    Exit status: 0 every step did what it says, 1 at least one did not.
    """
    ctx.exit(0 if play(screen(), speed) else 1)
