"""Servers that are not proved to be ECS, and settings that lead to one of this machine."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from shared.settings.settings import Settings, read_settings
from tests.harness.certificates import Authority


def settings_for(port: int, environ: Mapping[str, str], host: str = "localhost") -> Settings:
    return read_settings({**environ, "ECS_ENDPOINT": f"https://{host}:{port}"})


SERVERS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "signs-itself": ({"names": ["localhost"], "signs_itself": True}, "self-signed certificate"),
    "another-name": ({"names": ["ecs.example.com"]}, "Hostname mismatch"),
    "another-address": ({"names": ["127.0.0.2"]}, "Hostname mismatch"),
    "expired": ({"names": ["localhost"], "days": (-3, -2)}, "certificate has expired"),
    "of-tomorrow": ({"names": ["localhost"], "days": (1, 2)}, "certificate is not yet valid"),
}


def context_of(authority: Authority, kind: str) -> ssl.SSLContext:
    options = dict(SERVERS[kind][0])
    return authority.server(*options.pop("names"), **options)
