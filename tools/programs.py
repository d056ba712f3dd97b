"""Puts programs of others below ``build/programs``, each into an environment of its own.

``python -m tools.programs NAME…``: what a program needs is pinned, with hashes, in
``tests/programs/requirements``, of those for Node in ``tests/programs/node``. One that is there
already, at these pins, is left as it is. One that cannot be installed is said, and the others are
installed all the same.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINS = ROOT / "tests" / "programs"
INSTALLED = ROOT / "build" / "programs"
READY = ".ready"
NODE = {"aliyun-sdk": PINS / "node"}


def main(names: Sequence[str]) -> None:
    """Install each, and say which could not be."""
    missing = [name for name in names if not _is_there(name) and not _install(name)]
    for name in missing:
        sys.stderr.write(f"programs: {name} could not be installed\n")


def _pins(name: str) -> Path:
    node = NODE.get(name)
    return node / "package-lock.json" if node else PINS / "requirements" / f"{name}.txt"


def _stamp(name: str) -> str:
    return hashlib.sha256(_pins(name).read_bytes()).hexdigest()


def _is_there(name: str) -> bool:
    ready = INSTALLED / name / READY
    return ready.exists() and ready.read_text(encoding="utf-8") == _stamp(name)


def _install(name: str) -> bool:
    folder = INSTALLED / name
    sys.stdout.write(f"programs: installing {name} into {folder.relative_to(ROOT)}\n")
    sys.stdout.flush()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = _with_npm(name, folder) if name in NODE else _with_pip(name, folder)
    if made:
        (folder / READY).write_text(_stamp(name), encoding="utf-8")
    return made


def _with_npm(name: str, folder: Path) -> bool:
    npm = shutil.which("npm")
    if npm is None:
        sys.stderr.write("programs: there is no npm here\n")
        return False
    for file in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(NODE[name] / file, folder)
    return _run([npm, "ci", "--silent", "--no-audit", "--no-fund"], folder)


def _with_pip(name: str, folder: Path) -> bool:
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    # Python's own pip may be too old to take a pin with extras (ScoutSuite's) for one without.
    return _run([sys.executable, "-m", "venv", "--upgrade-deps", str(folder)], ROOT) and _run(
        [*pip, "install", "--require-hashes", "-r", str(_pins(name))], ROOT
    )


def _run(command: Sequence[str], folder: Path) -> bool:
    return subprocess.run(command, check=False, cwd=folder).returncode == 0  # noqa: S603  # our own


if __name__ == "__main__":
    main(sys.argv[1:])
