"""The command line: ``python -m local``, or ``curfew`` where the project is installed."""

from __future__ import annotations

import sys
from pathlib import Path

LEAST_PYTHON = (3, 10)


def advice(problem: str, root: Path) -> str:
    """What to type when this Python cannot run the commands.

    Args:
        problem: What it lacks.
        root: Where the project is.
    """
    setup = "" if (root / ".venv" / "bin" / "activate").is_file() else "  make setup\n"
    return (
        f"{problem}: this is not the project's virtual environment. Run\n"
        f"{setup}  . .venv/bin/activate\nand then run the command again."
    )


def run() -> None:
    """Run the command line; never returns.

    Exit status 2 if this Python is too old, or lacks a package.
    """
    root = Path(__file__).resolve().parents[1]
    if __name__ == "__main__" and not __package__:  # run by its path: Python looks beside it
        sys.path[0] = str(root)
    if sys.version_info < LEAST_PYTHON:
        version = ".".join(map(str, sys.version_info[:2]))
        _end(advice(f"Python {version} is too old, 3.10 is needed", root))
    try:
        from local.cli.main import main  # noqa: PLC0415  # it needs what may be missing

        main(prog_name="curfew" if Path(sys.argv[0]).stem == "curfew" else "python -m local")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if (root / package).is_dir():
            raise
        _end(advice(f"Python's package {package} is missing", root))


def _end(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.exit(2)


if __name__ == "__main__":
    run()
