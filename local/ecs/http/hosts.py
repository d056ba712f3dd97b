"""Which requests the emulator answers: by host name, and by originating site.

Its keys are public. So a web page of another site must not reach it: neither under its own name
pointed at this machine (DNS rebinding), nor through a script, form or image in a browser
(cross-site requests). Clients of ECS are not browsers: of the headers checked here, they only send
Host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from local.ecs.http.messages import LOOPBACK, HttpRequest, is_loopback

ECS_DOMAIN = ".aliyuncs.com"
"""The suffixes of ECS's own endpoints, which users may redirect here."""

_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*"
)


def read_host(text: str) -> str:
    """A host name as users write it, in lower case.

    Raises:
        ValueError: it is not just a name or an address.
    """
    name = text.lower()
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{text!r} is not a host name; write it without scheme, port and path: ecs.test"
        )
    return name


@dataclass(frozen=True, slots=True)
class Hosts:
    """The host names under which the emulator answers, besides this machine's own.

    Attributes:
        named: host names that the user has allowed, in lower case.
    """

    named: frozenset[str] = frozenset()

    def complaint(self, request: HttpRequest, *, is_ecs: bool, is_page: bool = False) -> str:
        """Why a request is not answered; ``""`` if it is.

        An origin under ``aliyuncs.com`` is as foreign as any other: customers host pages there.

        Args:
            request: as it arrived.
            is_ecs: it is for ECS, so ECS's own host names are accepted, too.
            is_page: it only requests a page, which links from anywhere may do.
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
        if "host" not in request.headers:  # not a browser
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
