"""What DescribeInstances calls the system of an image: as the image does, or by the form of its id.

Forms as in real answers of 2017 to 2026, the two blanks among them. The id of an image of one's own
(``m-…``) does not say it; such an image is taken for Alibaba Cloud Linux.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from local.ecs.account.images import public_images


class OsName(NamedTuple):
    """How one system is called.

    Attributes:
        zh: ``OSName``.
        en: ``OSNameEn``.
        kind: ``OSType``: ``linux`` or ``windows``.
    """

    zh: str
    en: str
    kind: str


_ALIBABA = ("Alibaba Cloud Linux", "3.2104 LTS")
_ALIYUN = ("Aliyun Linux", "2.1903")
_FAMILIES = {
    "ubuntu": "Ubuntu",
    "centos": "CentOS",
    "centos_stream": "CentOS Stream",
    "debian": "Debian",
    "almalinux": "AlmaLinux",
    "rockylinux": "Rocky Linux",
    "opensuse": "OpenSUSE",
    "anolisos": "Anolis OS",
    "fedora": "Fedora",
}
_LINUX = re.compile(r"([a-z_]+?)_(\d+)(?:_(\d+))?_")
_WINDOWS = re.compile(r"win(\d{4})\w*?_(?:\w*_)?(zh-cn|en-us)")


@functools.lru_cache(maxsize=1024)
def os_name(image_id: str) -> OsName:
    """The names of the image's system."""
    if image := public_images().get(image_id):
        return OsName(image.os_name, image.os_name_en, image.os_type)
    if windows := _WINDOWS.match(image_id):
        year, language = windows.groups()
        zh, en = ("中文", "Chinese") if language == "zh-cn" else ("英文", "English")
        return OsName(
            f"Windows Server  {year} 数据中心版 64位{zh}版",
            f"Windows Server  {year} Data Center Edition 64bit {en} Edition",
            "windows",
        )
    family, release = _linux(image_id)
    uefi_zh, uefi_en = (" UEFI版", " UEFI Edition") if "_uefi_" in image_id else ("", "")
    return OsName(
        f"{family}  {release} 64位{uefi_zh}", f"{family}  {release} 64 bit{uefi_en}", "linux"
    )


def _linux(image_id: str) -> tuple[str, str]:
    """The distribution and its release: ``centos_7_02_64…`` is CentOS 7.2."""
    if image_id.startswith(("aliyun_2_", "aliyun-2.")):
        return _ALIYUN
    found = _LINUX.match(image_id)
    if found is None or found[1] not in _FAMILIES:
        return _ALIBABA
    family, major, minor = _FAMILIES[found[1]], found[2], found[3]
    if minor is None or minor == "64":
        return family, major
    return family, f"{major}.{minor if family == 'Ubuntu' else int(minor)}"
