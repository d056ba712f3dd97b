"""``python -m local serve``: an emulated ECS, plus the functions and the chat channels."""

from __future__ import annotations

from local.channels.channels import Channels, environment
from local.ecs.cli import PORT, make_command
from local.ecs.http.messages import HttpReply, HttpRequest
from local.ecs.server import Neighbour, Served
from local.fc.endpoint import FcEndpoint

__all__ = ["PORT", "command", "together"]


def together(*neighbours: Neighbour) -> Neighbour:
    """Several services on the emulator's port, each with its own path prefix."""

    def answer(ecs: Served, request: HttpRequest) -> HttpReply:
        whose = next(one for one in neighbours if request.path.startswith(one.prefixes))
        return whose.answer(ecs, request)

    return Neighbour(tuple(prefix for one in neighbours for prefix in one.prefixes), answer)


_CHANNELS = Channels()
command = make_command(
    together(FcEndpoint(beside=environment).neighbour(), _CHANNELS.neighbour()),
    panels=(_CHANNELS.panel(),),
)
