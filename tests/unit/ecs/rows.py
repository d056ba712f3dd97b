"""Rows as ECS has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

NOW = datetime(2026, 11, 24, 12, 0, 5, tzinfo=timezone.utc)


def without(row: Mapping[str, object], *fields: str) -> dict[str, object]:
    return {key: value for key, value in row.items() if key not in fields}
