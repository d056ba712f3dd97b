"""Who calls, and what RAM lets them do.

The engine asks; policies are kept elsewhere. Only the engine knows which resources an operation
touches and which tags they have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


class Authorizer(Protocol):
    """Decides for one identity whether RAM allows an action."""

    def allows(self, action: str, resource: str, tags: Mapping[str, str]) -> bool:
        """Whether ``action`` may be done to ``resource``.

        Args:
            action: such as ``ecs:StopInstances``.
            resource: such as ``acs:ecs:cn-hangzhou:123456789012:instance/i-bp1…``; ``*`` if RAM has
                no narrower resource.
            tags: the resource's own; empty for lists and for resources that do not exist.
        """
        ...


@runtime_checkable
class Explaining(Protocol):
    """An authorizer that also knows why it denies something."""

    def denies(self, action: str, resource: str, tags: Mapping[str, str]) -> bool:
        """Whether a statement denies it explicitly; arguments as for `Authorizer.allows`."""
        ...


class AllowAll:
    """The account itself, which RAM does not restrict."""

    def allows(self, action: str, resource: str, tags: Mapping[str, str]) -> bool:  # noqa: ARG002  # the protocol's
        """Always true."""
        return True


ALLOW_ALL = AllowAll()


@dataclass(frozen=True, slots=True)
class Caller:
    """The identity that signed the request.

    Attributes:
        account_id: the Alibaba Cloud account that owns the resources.
        authorizer: what its identity may do.
        principal_type: RAM's type of the identity: ``Account``, ``SubUser``, ``AssumedRoleUser``.
        principal: the identity's name, as in an ``AccessDeniedDetail``.
        denied_is_empty: whether DescribeInstances and DescribeDisks without permission return an
            empty list instead of a refusal; None: as the account's quirk says.
    """

    account_id: str = "123456789012"
    authorizer: Authorizer = ALLOW_ALL
    principal_type: str = "AssumedRoleUser"
    principal: str = "emulated-role:session"
    denied_is_empty: bool | None = None

    def denial(self, action: str, resource: str, tags: Mapping[str, str]) -> str:
        """RAM's ``NoPermissionType`` for what is not allowed.

        Returns:
            ``ExplicitDeny`` if a statement denies it, ``ImplicitDeny`` if none allows it.
        """
        authorizer = self.authorizer
        if isinstance(authorizer, Explaining) and authorizer.denies(action, resource, tags):
            return "ExplicitDeny"
        return "ImplicitDeny"
