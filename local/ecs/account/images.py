"""Images: the public ones, the same in every region, and what one of the account's own is."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from local.ecs.account.data import read_data


@dataclass(frozen=True, slots=True)
class ImageDisk:
    """What an image makes one disk from.

    Attributes:
        kind: ``system`` or ``data``.
        snapshot_id: of what; "" of a public image.
    """

    device: str
    kind: str
    size_gib: int
    snapshot_id: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """What an instance may be made from.

    Attributes:
        region: "" for every region.
        owner: ``system`` for the platform, ``self`` for the account.
        size_gib: of its system disk.
        ready_at: when it is complete; until then its status is Creating.
    """

    image_id: str
    name: str
    region: str
    owner: str
    platform: str
    os_name: str
    os_name_en: str
    architecture: str
    size_gib: int
    created_at: datetime
    ready_at: datetime
    family: str = ""
    description: str = ""
    version: str = ""
    resource_group_id: str = ""
    disks: tuple[ImageDisk, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def os_type(self) -> str:
        """``linux`` or ``windows``."""
        return "windows" if self.platform.startswith("Windows") else "linux"

    def status(self, now: datetime) -> str:
        """``Available``, or ``Creating`` until it is complete."""
        return "Available" if self.ready_at <= now else "Creating"


@functools.cache
def public_images() -> Mapping[str, Image]:
    """Those that the platform offers, newest of a family first."""
    return {row[0]: _public(*row) for row in read_data("images")["images"]}


def _public(  # noqa: PLR0913, PLR0917  # the columns of the file
    image_id: str,
    family: str,
    platform: str,
    os_name: str,
    os_name_en: str,
    architecture: str,
    size_gib: int,
    created_at: str,
) -> Image:
    at = datetime.strptime(created_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return Image(
        image_id=image_id,
        name=image_id,
        region="",
        owner="system",
        platform=platform,
        os_name=os_name,
        os_name_en=os_name_en,
        architecture=architecture,
        size_gib=size_gib,
        created_at=at,
        ready_at=at,
        family=family,
    )
