"""Regions, zones, and how ECS spells the ids of what is in them.

An id is its kind, a prefix that betrays the region, and a tail without meaning: twenty characters
after the dash, twenty-one for what the VPC makes. The tail is a digest of the resource's origin:
the same fleet always gets the same ids. Which facts of a region have a source stands in
``data/regions.json``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from local.ecs.account.data import read_data

_LENGTH = 20
_VPC_KINDS = frozenset({"eip", "vpc", "vsw"})
"""What has one character more: 43 of 43 rows of 2024."""
_PUBLIC = IPv4Network("198.51.100.0/24")
_ELASTIC = IPv4Network("203.0.113.0/24")


@dataclass(frozen=True, slots=True)
class Region:
    """One region of the platform.

    Attributes:
        id_prefix: what every id in the region begins with, after its kind.
        city_zh: what its zones are called by, in Chinese.
        zone_letters: one letter for each zone.
        default_letter: of the zone where resources go unless told.
    """

    region_id: str
    id_prefix: str
    name_zh: str
    name_en: str
    name_ja: str
    city_zh: str
    zone_letters: str
    default_letter: str

    @property
    def zones(self) -> tuple[str, ...]:
        """The ids of its zones."""
        return tuple(map(self._zone, self.zone_letters))

    @property
    def default_zone(self) -> str:
        """The zone where resources go unless told."""
        return self._zone(self.default_letter)

    @property
    def endpoint(self) -> str:
        """The host that serves ECS there."""
        return f"ecs.{self.region_id}.aliyuncs.com"

    def _zone(self, letter: str) -> str:
        """``cn-hangzhou-h``, but ``us-west-1a``."""
        dash = "" if self.region_id[-1].isdigit() else "-"
        return f"{self.region_id}{dash}{letter}"


REGIONS: Mapping[str, Region] = {row[0]: Region(*row) for row in read_data("regions")["regions"]}
"""The public regions, as "Regions and zones" of the user guide lists them; no other is found."""


def resource_id(kind: str, region: str, *origin: object) -> str:
    """The id of the resource that came from ``origin``.

    Args:
        kind: what ECS puts before the dash: ``i``, ``d``, ``s``, ``ssg``, ``vpc``, …
        region: a key of `REGIONS`.
        origin: what tells it from all others of its kind and region.
    """
    prefix = REGIONS[region].id_prefix
    tail = base64.b64encode(_digest(kind, region, *origin), altchars=b"xy").decode().lower()
    return f"{kind}-{(prefix + tail)[: _LENGTH + (kind in _VPC_KINDS)]}"


def fingerprint(*origin: object) -> int:
    """A number of 128 bits that stays the same for the same origin."""
    return int.from_bytes(_digest(*origin), "big")


def public_address(instance_id: str) -> str:
    """A public address of an instance, of a network that is kept for examples (RFC 5737)."""
    return _address(_PUBLIC, fingerprint("address", instance_id))


def next_public_address(address: str) -> str:
    """Another one than this, of the same network."""
    return _address(_PUBLIC, int(IPv4Address(address)) - int(_PUBLIC[0]))


def elastic_address(instance_id: str) -> str:
    """An elastic address, likewise."""
    return _address(_ELASTIC, fingerprint("address", instance_id))


def _address(network: IPv4Network, place: int) -> str:
    return str(network[1 + place % (network.num_addresses - 2)])


def _digest(*origin: object) -> bytes:
    return hashlib.blake2b("/".join(map(str, origin)).encode(), digest_size=16).digest()
