"""``python -m local serve``: an emulated ECS, and the functions deployed beside it."""

from __future__ import annotations

from local.ecs.cli import PORT, make_command
from local.fc.endpoint import FcEndpoint

__all__ = ["PORT", "command"]

command = make_command(FcEndpoint().neighbour())
