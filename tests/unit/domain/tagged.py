"""An instance with tags, and now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

from msgspec.structs import replace

from shared.domain.instance import Instance, Status

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
FREE = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, charge_type="PostPaid")


def tagged(tags: Mapping[str, str]) -> Instance:
    return replace(FREE, tags=tags)
