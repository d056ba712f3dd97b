"""Builds the emulator's own distribution: ``local/ecs`` under the name ``alibaba_ecs_emulator``.

In this repository the emulator is the package ``local.ecs``. Installed, it must stand beside any
project that has a folder ``local``, so each mention of the one name becomes the other.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "alibaba_ecs_emulator"
_OLD = re.compile(r"\blocal[./]ecs\b")


class CustomBuildHook(BuildHookInterface[BuilderConfig]):
    """Has the builder include the renamed package, in a wheel as in a source distribution."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # the hook's own form
        """Make the package unless this is a source distribution, which holds it already."""
        root = Path(self.root)
        package = root / NAME
        if (source := root.parent / "local" / "ecs").is_dir():
            package = root / "build" / NAME
            renamed(source, package)
        build_data["force_include"][str(package)] = NAME


def renamed(source: Path, target: Path) -> None:
    """Copy the package, calling it by its own name throughout.

    Args:
        source: the folder ``local/ecs``.
        target: where the package goes; what was there is removed.
    """
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    for path in target.rglob("*.py"):
        path.write_text(_OLD.sub(NAME, path.read_text(encoding="utf-8")), encoding="utf-8")
