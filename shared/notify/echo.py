"""A channel's response without what was sent to it, however it spells that. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize
from urllib.parse import unquote

from shared.base.printable import printable
from shared.ecs.masking import forms_of, masked
from shared.notify.channels import Channel
from shared.notify.outgoing import Outgoing

_MAX_SAID = 200
_MAX_READ = 2_000
_SHORTEST_SECRET = 12
_SHORTEST_PART = 8
"""How many consecutive letters and digits of a secret count as a part to hide."""
_SIGNED = r"""((?:lease|sign|v1)\\*["']?\s*[=:]\s*\\*["']?)[^\s"'&,)}>|\\]+"""
"""A signature or a link that was sent, wherever it is repeated."""
_IN_BODY = re.compile(rb'lease=([\w.-]+)|"sign":"([^"]+)"')
"""The secret parts of a body: what links carry, and Feishu's signature."""
_NAMES = {"access_token"}
"""Parts of addresses that are not secret, and that channels mention."""


def without_secrets(said: str, channel: Channel, outgoing: Outgoing) -> str:
    """A channel's response, shortened, and without what was sent to it in case it repeats that.

    No eight consecutive letters and digits of an address or a link remain, whatever is between
    them: escapes, quotes, spaces or line ends, in any case and width.
    """
    secrets = [*_secrets(channel, outgoing)]
    said = masked(said.encode(errors="replace"), forms_of(*secrets)).decode(errors="replace")
    said = re.sub(_SIGNED, r"\1***", said)[:_MAX_READ]
    return printable(_without_parts(said, secrets)[:_MAX_SAID])


def _secrets(channel: Channel, outgoing: Outgoing) -> Iterator[str]:
    """Everything sent that may be a key or a signature."""
    yield from (outgoing.url, channel.url, channel.secret, *outgoing.headers.values())
    for url in (outgoing.url, channel.url):
        yield from (one for one in _parts_of(url) if one not in _NAMES)
    for found in _IN_BODY.finditer(outgoing.body):
        yield (found[1] or found[2]).decode()


def _parts_of(url: str) -> list[str]:
    """Every part of an address that may be a key: of its path and of its query."""
    return re.split("[/?&=]", url.partition("://")[2])[1:]


def _without_parts(said: str, secrets: list[str]) -> str:
    """The text without any part of a secret.

    Whole addresses are not used: the words in them are not secret, and their parts are included.
    """
    kept = {one for one in secrets if len(one) >= _SHORTEST_SECRET and "://" not in one}
    known = "\n".join(_letters(form) for one in kept for form in {one, unquote(one)})
    places = [(at, letter) for at, one in enumerate(said) for letter in _letters(one)]
    letters = "".join(letter for _, letter in places)
    hidden: set[int] = set()
    for first in range(len(letters) - _SHORTEST_PART + 1):
        if letters[first : first + _SHORTEST_PART] in known:
            hidden.update(range(places[first][0], places[first + _SHORTEST_PART - 1][0] + 1))
    shown = (
        ("" if at - 1 in hidden else "***") if at in hidden else one for at, one in enumerate(said)
    )
    return "".join(shown)


def _letters(text: str) -> str:
    """Its letters and digits, in lower case and normal width."""
    return "".join(one for one in normalize("NFKC", text).casefold() if one.isalnum())
