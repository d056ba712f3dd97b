"""The link by which a person keeps an instance that ECS is about to release. Pure.

``URL?lease=<what it is about>.<signature>``, both in base64url: version, account, region, id and
the release time that it was made for, and HMAC-SHA256 of that under ``CURFEW_LINK_KEY``. It needs
no storage: once the time has been moved the link is spent, and once it has come the link has
expired.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime

import msgspec

from shared.base.times import parse_instant, to_minute_text
from shared.settings.notices import SHORTEST_LINK_KEY

FIELD = "lease"
"""The name of the query parameter."""

_VERSION = "1"
_ABOUT = (
    r"1\|(?P<account>[0-9]{1,32})\|(?P<region>[a-z]{2,12}(-[a-z0-9]{1,20}){1,4})"
    r"\|(?P<id>i-[a-zA-Z0-9]{1,40})\|(?P<at>[0-9T:Z-]{20})"
)


class Lease(msgspec.Struct, frozen=True):
    """What a link is about.

    Attributes:
        account: The account of the instance.
        release_at: When ECS would release it, as of when the link was made; a whole minute.
    """

    account: str
    region: str
    instance_id: str
    release_at: datetime


def link(lease: Lease, url: str, key: str) -> str:
    """The link that keeps an instance.

    Args:
        lease: What it is about.
        url: ``CURFEW_LINK_URL``.
        key: ``CURFEW_LINK_KEY``.
    """
    return f"{url}?{FIELD}={_signed(_about(lease), key)}"


def read_lease(text: str, key: str) -> Lease | None:
    """What a link's field is about; None if it was not made in this form with the key.

    The signature is compared in constant time, and before anything in it is looked at.
    """
    if len(key) < SHORTEST_LINK_KEY or not re.fullmatch(r"[A-Za-z0-9_.-]{1,400}", text):
        return None
    encoded, _, _ = text.partition(".")
    try:
        about = base64.urlsafe_b64decode(encoded.encode() + b"=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return None
    if not hmac.compare_digest(_signed(about, key).encode(), text.encode()):
        return None
    parts = re.fullmatch(_ABOUT, about)
    if parts is None:
        return None
    return Lease(parts["account"], parts["region"], parts["id"], parse_instant(parts["at"]))


def _about(lease: Lease) -> str:
    parts = (_VERSION, lease.account, lease.region, lease.instance_id)
    return "|".join((*parts, to_minute_text(lease.release_at)))


def _signed(about: str, key: str) -> str:
    made = hmac.new(key.encode(), f"curfew lease\n{about}".encode(), hashlib.sha256).digest()
    return f"{_base64(about.encode())}.{_base64(made)}"


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
