"""Making sure that nothing in a name takes effect: no link, no mention, no markup. Pure.

Whether backslashes or entities are honoured differs between clients and versions, so characters
that could take effect are replaced by their full-width twins, which look similar and mean nothing
anywhere.
"""

from __future__ import annotations

import re

from shared.base.printable import printable

_ACTING = "`*[]&#~\\|!"
_TWINS = {ord(one): ord(one) + 0xFEE0 for one in _ACTING}  # Unicode, "Fullwidth Forms"
_CALLING = {ord(one): ord(one) + 0xFEE0 for one in "@<>"}
_TYPE = r"\becs\.[a-z]+\d[a-z0-9-]*\.(?:nano|small|medium|\d*x?large)\b(?!\.)"
"""An instance type, which is no domain."""

_DOT = re.compile(rf"(?P<type>{_TYPE})|(?<=\S)\.(?=[^\W\d_]{{2}}|xn--)", re.IGNORECASE)
"""The dot before what may be a top-level domain: two letters or more, or punycode (RFC 3696, 2)."""


def harmless(text: str) -> str:
    """The text on one line, in which no client finds a link or a mention.

    ``http://…``, ``www.…``, ``example.com``, ``@all``, ``<at …>``; control characters are written
    as their numbers. Of what may be a domain the dot becomes its twin. A joiner of no width would
    be prettier, but finders of links take it for a letter (linkify-it; ``WEB_URL`` of Android's
    ``Patterns``). Which one a chat client uses is not documented.
    """
    text = printable(text).translate(_CALLING).replace("://", "\uff1a//")
    text = re.sub(r"(?i)\bwww\.", lambda found: f"{found[0][:-1]}\uff0e", text)
    return _DOT.sub(lambda found: found["type"] or "\uff0e", text)


def in_markdown(text: str) -> str:
    """The same for a client that parses any dialect of Markdown, including HTML tags.

    An underscore between letters is kept, as in ``dev_web_1``: there it is not markup.
    """
    text = harmless(text).translate(_TWINS)
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", "\uff3f", text)
