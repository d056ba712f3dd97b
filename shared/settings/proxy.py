"""The operator's proxy, ``HTTPS_PROXY`` and ``NO_PROXY``, parsed as strictly as an endpoint.

``HTTPS_PROXY`` and ``NO_PROXY`` are honoured, each also in lower case if the other is absent or
empty, which is the SDK's own order. ``HTTP_PROXY`` and ``ALL_PROXY`` are not: nothing leaves this
machine over plain http. The proxy opens a tunnel (CONNECT) and sees the name of ECS's host and a
TLS stream, but no request.

The connection to the proxy itself is plain http: the SDK's library supports nothing else, and
treats ``https://`` as ``http://``, which would send the password in clear text where the operator
asked for TLS. So ``https://`` is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from shared.base.errors import Refused
from shared.settings.hosts import Server, read_server

_PERCENT_ENCODED = r"(?:[!-$&->@-~]|%[0-9A-Fa-f]{2})+"
"""Printable ASCII in which ``%`` begins an encoded byte."""

_FORM = (
    "HTTPS_PROXY must be http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with every character "
    "of USER and PASSWORD that is not a letter or digit percent-encoded:"
    " %23 for #, %2F for /, %40 for @"
)


class Proxy(msgspec.Struct, frozen=True):
    """How to reach ECS through a proxy. Its repr shows nothing.

    Attributes:
        url: ``http://host[:port]``, port 80 if it states none; "": there is no proxy.
        authorization: The header ``Proxy-Authorization``; "" without user and password.
        exceptions: From ``NO_PROXY``: hosts, and domains with all their subdomains, reached without
            the proxy; ``*`` is all, and a port of 443 makes no difference.
    """

    url: str = ""
    authorization: str = ""
    exceptions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Proxy(***)"

    def url_for(self, host: str) -> str:
        """The proxy for a host; "": none."""
        direct = any(one in {"*", host} or host.endswith(f".{one}") for one in self.exceptions)
        return "" if direct else self.url


def read_proxy(environ: Mapping[str, str]) -> Proxy:
    """The proxy in an environment.

    Raises:
        Refused: ``HTTPS_PROXY`` is invalid; the message does not repeat it.
    """
    text = _stated(environ, "HTTPS_PROXY")
    if not text:
        return Proxy()
    try:
        server = read_server(text)
    except ValueError:
        raise Refused(_FORM) from None
    if server.scheme == "https":
        raise Refused(
            "HTTPS_PROXY is an https:// address, but the proxy is asked for a tunnel in plain "
            "http, password included; use its http:// address if the network up to it is trusted"
        )
    if server.scheme != "http":
        raise Refused(_FORM)
    return Proxy(
        url=f"http://{server.netloc()}",
        authorization=_authorization(server),
        exceptions=_exceptions(_stated(environ, "NO_PROXY")),
    )


def _stated(environ: Mapping[str, str], variable: str) -> str:
    return environ.get(variable, "").strip() or environ.get(variable.lower(), "").strip()


def _authorization(server: Server) -> str:
    """Basic credentials (RFC 7617), in which the user cannot have a colon."""
    if not server.userinfo:
        return ""
    from base64 import b64encode  # noqa: PLC0415  # few have a proxy
    from urllib.parse import unquote_to_bytes  # noqa: PLC0415  # likewise

    user, _, password = server.userinfo.partition(":")
    if not re.fullmatch(_PERCENT_ENCODED, server.userinfo) or b":" in unquote_to_bytes(user):
        raise Refused(_FORM)
    pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return f"Basic {b64encode(pair).decode()}"


def _exceptions(text: str) -> tuple[str, ...]:
    names = (
        one if one == "*" else one.removeprefix("*").removeprefix(".").removesuffix(":443")
        for one in re.split(r"[,\s]+", text.lower())
    )
    return tuple(name for name in names if name)
