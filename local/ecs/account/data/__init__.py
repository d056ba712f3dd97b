"""The catalogue as data: regions, instance types and images, each file with its source and date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

_FOLDER = Path(__file__).parent


def read_data(name: str) -> dict[str, Any]:
    """The whole of ``NAME.json``.

    Raises:
        FileNotFoundError: there is no such file.
    """
    found: dict[str, Any] = msgspec.json.decode((_FOLDER / f"{name}.json").read_bytes())
    return found
