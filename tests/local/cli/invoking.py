"""Invoking a function from the command line."""

from __future__ import annotations

from click.testing import CliRunner, Result

from local.cli.main import group


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(group, ["invoke", *arguments], input=stdin)
