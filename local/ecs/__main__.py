"""``python -m local.ecs``: the emulator by itself."""

from __future__ import annotations

import sys


def run() -> None:
    """Serve it; never returns. Exit status 2 if this Python lacks a package that it needs."""
    try:
        from local.ecs.command import command  # noqa: PLC0415  # it needs what may be missing
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == __package__.partition(".")[0]:
            raise
        sys.stderr.write(
            f"Python's package {package} is missing: this is not the virtual environment of the "
            "project. Type\n  make setup\n  . .venv/bin/activate\nand then the command again.\n"
        )
        sys.exit(2)
    command(prog_name="python -m local.ecs")


if __name__ == "__main__":
    run()
