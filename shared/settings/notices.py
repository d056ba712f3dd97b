"""The environment's settings for notices: whom to notify, when, and in which language.

The addresses are kept unparsed, since they are needed only if something is reported, and so that an
invalid one is a warning, not the end of a run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

import msgspec

from shared.base.errors import Refused
from shared.base.printable import repeated
from shared.base.times import parse_duration
from shared.settings.hosts import read_server

Language = Literal["", "en", "zh"]

OCCASIONS = ("failed", "changed", "planned", "nothing_matched")
"""Possible reasons to report a run; a run can have several."""

DEFAULT_OCCASIONS = frozenset({"failed", "changed"})
DEFAULT_MAX_EXTENSION = timedelta(days=14)
SHORTEST_LINK_KEY = 32
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class NoticeSettings(msgspec.Struct, frozen=True):
    """The operator's choices about notices. Its repr shows nothing.

    Attributes:
        addresses: ``CURFEW_NOTIFY`` unparsed, see ``shared.notify.channels``; "": nobody.
        occasions: ``CURFEW_NOTIFY_ON``: which runs to report.
        language: ``CURFEW_LANGUAGE``; "": what each channel's people read.
        link_key: ``CURFEW_LINK_KEY``, which signs links that keep an instance; "": there are none.
        link_url: ``CURFEW_LINK_URL``: where they lead; "": there are none.
        max_extension: ``CURFEW_MAX_EXTENSION``: how far from now a link may move a release time.
    """

    addresses: str = ""
    occasions: frozenset[str] = DEFAULT_OCCASIONS
    language: Language = ""
    link_key: str = ""
    link_url: str = ""
    max_extension: timedelta = DEFAULT_MAX_EXTENSION

    def __repr__(self) -> str:
        return "NoticeSettings(***)"


def read_notice_settings(environ: Mapping[str, str]) -> NoticeSettings:
    """The choices in an environment.

    Raises:
        Refused: a variable is invalid; no key or address is repeated.
    """
    return NoticeSettings(
        environ.get("CURFEW_NOTIFY", "").strip(),
        _occasions(environ.get("CURFEW_NOTIFY_ON", "")),
        _language(environ.get("CURFEW_LANGUAGE", "")),
        _link_key(environ.get("CURFEW_LINK_KEY", "").strip()),
        _link_url(environ.get("CURFEW_LINK_URL", "").strip()),
        _max_extension(environ.get("CURFEW_MAX_EXTENSION", "").strip()),
    )


def _occasions(text: str) -> frozenset[str]:
    stated = frozenset(name for part in text.split(",") if (name := part.strip()))
    for one in sorted(stated.difference(OCCASIONS)):
        raise Refused(
            f"CURFEW_NOTIFY_ON names {repeated(one)}; expected any of {', '.join(OCCASIONS)}, "
            "separated by commas"
        )
    return stated or DEFAULT_OCCASIONS


def _language(text: str) -> Language:
    match text.strip():
        case "" | "en" | "zh" as language:
            return language
        case other:
            raise Refused(f"CURFEW_LANGUAGE is {repeated(other)}; it must be zh or en, or unset")


def _link_key(text: str) -> str:
    if text and len(text) < SHORTEST_LINK_KEY:
        raise Refused(
            f"CURFEW_LINK_KEY has {len(text)} characters; it must have at least "
            f"{SHORTEST_LINK_KEY}, generated at random"
        )
    return text


def _link_url(text: str) -> str:
    if not text:
        return ""
    parts = re.fullmatch(r"(?P<server>[a-z]+://[^/?#]+)(?P<path>(/[A-Za-z0-9._~-]+)*)/?", text)
    malformed = Refused(
        "CURFEW_LINK_URL must be https://HOST or https://HOST/PATH, on a domain that leads to "
        "extend_lease"
    )
    try:
        server = read_server(parts["server"] if parts else "")
    except ValueError:
        raise malformed from None
    is_safe = server.scheme == "https" or (server.scheme == "http" and server.host in _LOOPBACK)
    if server.userinfo or not is_safe:
        raise malformed
    return text


def _max_extension(text: str) -> timedelta:
    if not text:
        return DEFAULT_MAX_EXTENSION
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refused(f"CURFEW_MAX_EXTENSION: {error}") from None
