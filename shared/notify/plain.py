"""Making sure that nothing in a name acts: no link, no mention, no markup. Pure.

Whether a client honours backslashes or entities differs between them and from version to version,
so what could act is replaced by its full-width twin, which looks alike and means nothing anywhere.
"""

from __future__ import annotations

import re

from shared.base.printable import printable

_ACTING = "`*[]&#~\\|!"
_TWINS = {ord(one): ord(one) + 0xFEE0 for one in _ACTING}  # Unicode, "Fullwidth Forms"
_CALLING = {ord(one): ord(one) + 0xFEE0 for one in "@<>"}


def harmless(text: str) -> str:
    """The text on one line, in which no client finds an address or somebody to call.

    ``http://…``, ``www.…``, ``@all``, ``<at …>``; control characters are written as their numbers.
    """
    text = printable(text).translate(_CALLING).replace("://", "\uff1a//")
    return re.sub(r"(?i)\bwww\.", lambda found: f"{found[0][:-1]}\uff0e", text)


def in_markdown(text: str) -> str:
    """The same for a client that reads any dialect of Markdown, HTML's tags among it.

    An underscore stays where it stands between letters, as in ``dev_web_1``: there it is no mark.
    """
    text = harmless(text).translate(_TWINS)
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", "\uff3f", text)
