"""Regions, zones, and how ECS spells the ids of what is in them.

An id is its kind, a prefix that betrays the region, and a tail without meaning, twenty characters
after the dash. The tail is a digest of the resource's origin: the same fleet always gets the same
ids. Prefixes of regions that are not named in the API reference's samples are in its style only.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

_LENGTH = 20
_PUBLIC = IPv4Network("198.51.100.0/24")
_ELASTIC = IPv4Network("203.0.113.0/24")


@dataclass(frozen=True, slots=True)
class Region:
    """One region of the platform.

    Attributes:
        id_prefix: what every id in the region begins with, after its kind.
        zone_letters: one letter for each zone.
    """

    region_id: str
    id_prefix: str
    name_zh: str
    name_en: str
    name_ja: str
    zone_letters: str

    @property
    def zones(self) -> tuple[str, ...]:
        """The ids of its zones."""
        return tuple(f"{self.region_id}-{letter}" for letter in self.zone_letters)

    @property
    def default_zone(self) -> str:
        """The zone where resources go unless told."""
        return f"{self.region_id}-{self.zone_letters[0]}"

    @property
    def endpoint(self) -> str:
        """The host that serves ECS there."""
        return f"ecs.{self.region_id}.aliyuncs.com"


REGIONS: Mapping[str, Region] = {
    region.region_id: region
    for region in (
        Region("cn-hangzhou", "bp1", "华东1 杭州", "China (Hangzhou)", "中国 (杭州)", "hijk"),
        Region("cn-shanghai", "uf6", "华东2 上海", "China (Shanghai)", "中国 (上海)", "begl"),
        Region("cn-beijing", "2ze", "华北2 北京", "China (Beijing)", "中国 (北京)", "hkl"),
        Region("cn-shenzhen", "wz9", "华南1 深圳", "China (Shenzhen)", "中国 (深圳)", "ef"),
        Region("cn-heyuan", "f8z", "华南2 河源", "China (Heyuan)", "中国 (河源)", "ab"),
        Region("cn-hongkong", "j6c", "中国香港", "China (Hong Kong)", "中国 (香港)", "bcd"),
        Region("ap-southeast-1", "t4n", "新加坡", "Singapore", "シンガポール", "abc"),
        Region(
            "us-west-1", "rj9", "美国 硅谷", "US (Silicon Valley)", "米国 (シリコンバレー)", "ab"
        ),
        Region("eu-central-1", "gw8", "德国 法兰克福", "Germany (Frankfurt)", "ドイツ", "ab"),
    )
}
"""The regions that the emulator knows; any other is not found."""


def resource_id(kind: str, region: str, *origin: object) -> str:
    """The id of the resource that came from ``origin``.

    Args:
        kind: what ECS puts before the dash: ``i``, ``d``, ``s``, ``ssg``, ``vpc``, …
        region: a key of `REGIONS`.
        origin: what tells it from all others of its kind and region.
    """
    prefix = REGIONS[region].id_prefix
    tail = base64.b64encode(_digest(kind, region, *origin), altchars=b"xy").decode().lower()
    return f"{kind}-{(prefix + tail)[:_LENGTH]}"


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
