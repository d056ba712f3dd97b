"""The products whose operations programs of ECS call, by the version of their API."""

from __future__ import annotations

from enum import Enum


class Product(Enum):
    """One product of the platform: its name, and the API version that identifies it."""

    ECS = ("Ecs", "2014-05-26")
    VPC = ("Vpc", "2016-04-28")
    STS = ("Sts", "2015-04-01")

    def __init__(self, title: str, version: str) -> None:
        self.title = title
        self.version = version

    @property
    def service(self) -> str:
        """Its name in RAM and in endpoints."""
        return self.title.lower()

    def host(self, region: str) -> str:
        """The endpoint in a region; the central one without."""
        return f"{self.service}.{region}.aliyuncs.com" if region else f"{self.service}.aliyuncs.com"


BY_VERSION = {each.version: each for each in Product}
