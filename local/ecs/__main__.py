"""``python -m local.ecs``: the standalone emulator."""

from __future__ import annotations

import sys
from pathlib import Path

_NEEDED = "aiohttp click msgspec PyYAML"
"""Its dependencies: the extras ``server`` and ``yaml`` of its distribution."""


def advice(package: str, root: Path) -> str:
    """What to type if a package is missing.

    Args:
        package: What could not be imported.
        root: Where the folder ``local`` is: the project, or wherever it was copied to.
    """
    if (root / "local" / "cli").is_dir():
        return (
            f"Python's package {package} is missing: this is not the project's virtual "
            "environment. Run\n  make setup\n  . .venv/bin/activate\nand then run the command "
            "again.\n"
        )
    return (
        f"Python's package {package} is missing. The emulator needs a few; type\n"
        f"  python -m pip install {_NEEDED}\nand then run the command again.\n"
    )


def run() -> None:
    """Serve it; never returns. Exit status 2 if this Python lacks a package that it needs."""
    try:
        from local.ecs.cli import command  # noqa: PLC0415  # it needs what may be missing
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == __package__.partition(".")[0]:
            raise
        sys.stderr.write(advice(package, Path(__file__).resolve().parents[2]))
        sys.exit(2)
    command(prog_name="python -m local.ecs")


if __name__ == "__main__":
    run()
