"""What a benchmark shows, on the console and kept as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

BUILD = Path("build/bench")
WIDTH = 124


@contextmanager
def sheet(name: str) -> Iterator[Console]:
    """A console; what it showed is ``build/bench/NAME.svg`` in the end."""
    BUILD.mkdir(parents=True, exist_ok=True)
    console = Console(record=True, width=WIDTH)
    yield console
    console.save_svg(str(BUILD / f"{name}.svg"), title=f"benchmarks.{name}")
