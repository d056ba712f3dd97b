"""The s.yaml that ships, and how a test changes one thing in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from local.check.findings import Level

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=timezone.utc)
Edit = Callable[[dict[str, Any]], object]
Checked = Callable[..., dict[Level, list[str]]]


def template(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["template"]["curfew"]
    return found


def props(document: dict[str, Any], name: str = "stop") -> dict[str, Any]:
    found: dict[str, Any] = document["resources"][name]["props"]
    return found


def trigger(document: dict[str, Any], name: str, place: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = props(document, name)["triggers"][place]
    return found


def put(where: dict[str, Any], **values: object) -> None:
    where.update(values)
