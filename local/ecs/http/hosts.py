"""Whom the emulator answers: by the name that it is called, and by the site that has it called.

Its keys are known to everybody. So a web page of another site must not reach it: not under a name
of its own that it has pointed at this machine (DNS rebinding), and not by the script, the form or
the picture that has a browser call it (cross-site requests). Clients of ECS are no browsers: they
send a Host and nothing else that is looked at here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from local.ecs.http.messages import LOOPBACK, HttpRequest, is_loopback

ECS_DOMAIN = ".aliyuncs.com"
"""How the names of ECS's own endpoints end; somebody may lead them here."""

_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*"
)


def read_host(text: str) -> str:
    """A host's name as a user writes it, in lower case.

    Raises:
        ValueError: it is not a name, or an address, alone.
    """
    name = text.lower()
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{text!r} is not a host name; write it without scheme, port and path: ecs.test"
        )
    return name


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names under which the emulator answers, besides this machine's own.

    Attributes:
        named: host names that the user has allowed, in lower case.
    """

    named: frozenset[str] = frozenset()

    def complaint(self, request: HttpRequest, *, is_ecs: bool, is_page: bool = False) -> str:
        """Why a request is not answered; ``""`` if it is.

        An origin under ``aliyuncs.com`` is as foreign as any: customers keep their pages there.

        Args:
            request: as it arrived.
            is_ecs: it is for ECS, whose own names are then good ones too.
            is_page: it only asks for a page to look at, which a link may do from anywhere.
        """
        foreign = self._foreign_host(request, is_ecs=is_ecs)
        foreign = foreign or self._foreign_site(request, is_page=is_page)
        if not foreign:
            return ""
        names = [*sorted(LOOPBACK), *([f"*{ECS_DOMAIN}"] if is_ecs else []), *sorted(self.named)]
        return (
            f"the emulator accepts no requests {foreign}, only as {', '.join(names)}; serve "
            "--allow-host NAME adds a name"
        )

    def _foreign_host(self, request: HttpRequest, *, is_ecs: bool) -> str:
        if "host" not in request.headers:  # no browser
            return ""
        host = _name(f"//{request.headers['host']}")
        if self._is_own(host) or (is_ecs and host.endswith(ECS_DOMAIN)):
            return ""
        return f"as {host}" if host else "with an unreadable host name"

    def _foreign_site(self, request: HttpRequest, *, is_page: bool) -> str:
        site = request.headers.get("sec-fetch-site")
        if site == "same-origin":  # a browser says it, and no page can; its Origin may be null
            return ""
        if "origin" in request.headers:
            origin = _name(request.headers["origin"])
            return "" if self._is_own(origin) else f"from a page of {origin or 'unknown origin'}"
        return "from a page of another site" if site == "cross-site" and not is_page else ""

    def _is_own(self, name: str) -> bool:
        return is_loopback(name) or name in self.named


def _name(url: str) -> str:
    """The host of a URL in lower case, without port and final dot; ``""`` where there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
