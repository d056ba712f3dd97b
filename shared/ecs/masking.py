"""Masks secrets in responses, in case a server repeats the request it received."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

_SHORTEST_SECRET = 12
_MASK = "***"


def forms_of(*secrets: str) -> tuple[bytes, ...]:
    """Secrets as a server that repeats a request would write them: plain and in a URL.

    Without short ones, which are not secret and occur in many words.
    """
    long = [one for one in secrets if len(one) >= _SHORTEST_SECRET]
    forms = {form for one in long for form in _in_urls(one)}
    return tuple(form.encode() for form in sorted(forms, key=len, reverse=True))


def _in_urls(secret: str) -> Iterator[str]:
    """A secret, plain and URL-encoded once or twice, also with lower-case hex digits."""
    once = quote(secret, safe="")
    yield from (secret, once, quote(once, safe=""))
    yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), once)


def masked(content: bytes, forms: Sequence[bytes]) -> bytes:
    """The bytes without any of these forms."""
    for one in forms:
        content = content.replace(one, _MASK.encode())
    return content


def masked_json(value: Any, forms: Sequence[bytes]) -> Any:  # noqa: ANN401  # any JSON
    """JSON whose texts have none of these forms, however they were escaped."""
    if isinstance(value, str):
        for one in forms:
            value = value.replace(one.decode(), _MASK)
        return value
    if isinstance(value, list):
        return [masked_json(one, forms) for one in value]
    if isinstance(value, dict):
        return {masked_json(key, forms): masked_json(one, forms) for key, one in value.items()}
    return value
