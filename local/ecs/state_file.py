"""The account kept in a file, so that an emulator continues where another one ended.

One JSON document, written beside the file and moved over it, so that the file always has either the
old state or the new one. Faults and the request log are not kept.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from local.ecs.account.state import Saved
from local.ecs.engine import Ecs


class StateFileError(ValueError):
    """The file has no valid state, or cannot be written; it is left as it is."""


def read_state(path: Path) -> Saved | None:
    """What was saved; None if there is no such file.

    Raises:
        StateFileError: the file cannot be read, or is not a complete state.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateFileError(f"{path} cannot be read: {error.strerror}") from None
    try:
        return msgspec.json.decode(content, type=Saved)
    except msgspec.MsgspecError as error:
        raise StateFileError(
            f"{path} is not a saved state of the emulator ({error}); move it away to start over"
        ) from None


def write_state(path: Path, saved: Saved) -> None:
    """Save, all or nothing; on disk when this returns.

    Raises:
        OSError: it cannot be written; the previous contents are still there.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    written = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(saved))
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


class Keeper:
    """Keeps an engine's account in a file."""

    def __init__(self, path: Path, engine: Callable[[], Ecs]) -> None:
        """Save nothing yet.

        Args:
            path: the file.
            engine: returns the current engine, which a reset replaces.
        """
        self._path = path
        self._engine = engine
        self._kept: tuple[Ecs, int] | None = None

    def save_changes(self) -> None:
        """Save if anything has changed since the last time.

        Raises:
            StateFileError: it cannot be written.
        """
        engine = self._engine()
        current = (engine, engine.changes)
        if current != self._kept:
            self._write(engine)
            self._kept = current

    def save(self) -> None:
        """Save in any case, since at least the clock has moved.

        Raises:
            StateFileError: it cannot be written.
        """
        self._write(self._engine())

    def _write(self, engine: Ecs) -> None:
        try:
            write_state(self._path, engine.save())
        except OSError as error:
            raise StateFileError(f"{self._path} cannot be written: {error.strerror}") from None


def _sync_folder(folder: Path) -> None:
    """Sync the file's new name to disk, too, if folders can be opened (not on Windows)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
