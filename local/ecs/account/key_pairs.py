"""SSH key pairs, as far as their names and fingerprints go: there is no instance to log in to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from local.ecs.account.regions import fingerprint


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key pair; its name tells it from all others of its region."""

    name: str
    region: str
    fingerprint: str
    created_at: datetime
    public_key: str = ""
    resource_group_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What it is kept under: names of two regions may be alike."""
        return key_of(self.region, self.name)


def key_of(region: str, name: str) -> str:
    """What the key pair of this name is kept under."""
    return f"{region}/{name}"


def fingerprint_of(origin: str) -> str:
    """In the form of ECS's: twenty bytes, with colons between. It is of no key's contents."""
    digits = f"{fingerprint('key', origin):032x}{fingerprint('print', origin):032x}"[:40]
    return ":".join(digits[index : index + 2] for index in range(0, len(digits), 2))


def private_key_of(origin: str) -> str:
    """A text in the form of a private key, of no use to anybody: it opens nothing."""
    words = [f"{fingerprint(origin, line):032x}{fingerprint(line, origin):032x}" for line in "abcd"]
    kind = "RSA PRIVATE KEY"
    return "\n".join((f"-----BEGIN {kind}-----", *words, f"-----END {kind}-----", ""))
