"""A program in the environment of its own, run as its users run it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / "build" / "programs"
LIVES = Path(__file__).parent / "lives"
LONGEST_S = 300


@dataclass(frozen=True)
class Program:
    """One installed program.

    Attributes:
        name: of its folder below `INSTALLED`.
        environ: all of its environment.
        folder: where it works.
    """

    name: str
    environ: dict[str, str]
    folder: Path

    @property
    def is_installed(self) -> bool:
        return (INSTALLED / self.name / ".ready").exists()

    def command(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of the program; its exit code is looked at by whoever asks.

        Args:
            arguments: the command's name, and what it is told.
            given: on standard input.
        """
        name, *rest = arguments
        binary = INSTALLED / self.name / "bin" / name
        return subprocess.run(  # noqa: S603  # the program, by its path
            [str(binary), *rest],
            check=False,
            cwd=self.folder,
            env=self.environ,
            input=given,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
        )

    def live(self, *arguments: str) -> dict[str, Any]:
        """Run this program's script in `LIVES` by the program's Python; its last line is JSON."""
        script = LIVES / f"{self.name.replace('-', '_')}_life.py"
        done = self.command("python", str(script), *arguments)
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return told
