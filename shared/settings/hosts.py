"""Parsing a server's address, ``scheme://[user[:password]@]host[:port][/]``, strictly.

Not with ``urllib.parse``: what it makes of a stray ``#``, ``/`` or line break in a password, or of
``[`` in a host, differs from version to version and from what the SDK's libraries make of it.
"""

from __future__ import annotations

import re

import msgspec

# Patterns are compiled on first use: otherwise every cold start would pay for each.
_SERVER = (
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    r"(?:(?P<userinfo>[^@/?#]+)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?/?"
)
_MAX_PORT = 65_535


class Server(msgspec.Struct, frozen=True):
    """A server's address. Its repr shows nothing, since there may be a password.

    Attributes:
        scheme: In lower case.
        host: Name or address, in lower case, an IPv6 address without brackets.
        port: From 1 to 65535; 0: not stated.
        userinfo: ``user`` or ``user:password`` as stated, still percent-encoded; "" if none.
    """

    scheme: str
    host: str
    port: int = 0
    userinfo: str = ""

    def __repr__(self) -> str:
        return "Server(***)"

    def netloc(self) -> str:
        """Host and port as in a URL, without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host


def read_server(text: str) -> Server:
    """Parse a server's address.

    Raises:
        ValueError: it is invalid, or has a path, a query or a fragment. The message repeats
            nothing.
    """
    match = re.fullmatch(_SERVER, text)
    if match is None:
        raise ValueError("not the address of a server")
    port = int(match["port"] or 0)
    host = match["host"].lower().strip("[]")
    if (match["port"] is not None and not 0 < port <= _MAX_PORT) or not _is_host(
        host, bracketed=match["host"].startswith("[")
    ):
        raise ValueError("not the address of a server")
    return Server(match["scheme"].lower(), host, port, match["userinfo"] or "")


def _is_host(text: str, *, bracketed: bool) -> bool:
    if not bracketed:
        return True
    from ipaddress import IPv6Address  # noqa: PLC0415  # hardly anybody states one

    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
