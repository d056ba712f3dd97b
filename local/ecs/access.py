"""Who calls, and what RAM lets them do.

The engine asks; policies are somebody else's. Only it knows which resources an operation touches
and which tags they bear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Authorizer(Protocol):
    """Answers for one identity whether RAM allows an action."""

    def allows(self, action: str, resource: str, tags: Mapping[str, str]) -> bool:
        """Whether ``action`` may be done to ``resource``.

        Args:
            action: such as ``ecs:StopInstances``.
            resource: such as ``acs:ecs:cn-hangzhou:123456789012:instance/i-bp1…``; ``*`` where
                RAM knows no narrower resource.
            tags: the resource's own; empty for lists and for what does not exist.
        """
        ...


class AllowAll:
    """The account itself: RAM has no say."""

    def allows(self, action: str, resource: str, tags: Mapping[str, str]) -> bool:  # noqa: ARG002  # the protocol's
        """Always true."""
        return True


ALLOW_ALL = AllowAll()


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever signed the request.

    Attributes:
        account_id: the Alibaba Cloud account that owns the resources.
        authorizer: what its identity may do.
    """

    account_id: str = "123456789012"
    authorizer: Authorizer = ALLOW_ALL
