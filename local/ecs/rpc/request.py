"""One request in the engine: its parameters, its sender, what RAM allows."""

from __future__ import annotations

import functools
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from local.ecs.account.model import Disk, Instance
from local.ecs.account.regions import REGIONS
from local.ecs.account.state import JsonObject, Replay, State
from local.ecs.errors import DeniedError, Refusal
from local.ecs.products import Product
from local.ecs.ram.caller import Caller
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.reference import Documented, documented

MAX_TOKEN_LENGTH = 64
_DRY_RUN_LISTS = frozenset({"DescribeInstances", "DescribeDisks", "DescribeSnapshots"})
"""The lists whose references have DryRun."""
_REFUSED_LISTS = frozenset({"DescribeInstances", "DescribeDisks"})
"""The lists that are refused instead of empty without permission since 2025-12-20."""


@dataclass(frozen=True, slots=True)
class Request:
    """An operation's name and parameters, its caller, and the account it is about.

    Attributes:
        product: the product whose API version was used.
        service: RAM's name of the product that owns the operation.
    """

    action: str
    parameters: Parameters
    caller: Caller
    state: State
    product: Product = Product.ECS
    service: str = Product.ECS.service

    def region(self, missing: Refusal = Refusal.MISSING) -> str:
        """The RegionId, which this operation requires.

        Raises:
            EcsError: it is absent or not a region.
        """
        region = self.parameters.required("RegionId", missing)
        if region not in REGIONS:
            raise Refusal.UNKNOWN_REGION.error()
        return region

    @property
    def reference(self) -> Documented:
        """What the API reference says about this operation.

        Raises:
            KeyError: the table of references does not have it.
        """
        return documented(self.action)

    def optional_region(self) -> str | None:
        """The RegionId if the operation does not require it; None means any.

        Raises:
            EcsError: it is not a region.
        """
        return self.region() if self.parameters.text("RegionId") else None

    def allows(self, resource: str, region: str, tags: Mapping[str, str]) -> bool:
        """Whether RAM lets the caller do this to, say, ``instance/i-bp1…`` or ``snapshot/*``."""
        return self.caller.authorizer.allows(
            f"{self.service}:{self.action}", self._arn(resource, region), tags
        )

    def authorize(self, resource: str, region: str, tags: Mapping[str, str]) -> None:
        """Require what `allows` checks.

        Raises:
            DeniedError: RAM denies it; the detail names the action. Recorded only for
                DescribeInstances; the SDKs read it from the errors of any operation.
        """
        if not self.allows(resource, region, tags):
            raise DeniedError(self._denied(resource, region, tags))

    def authorize_instance(self, instance_id: str, instance: Instance | None) -> None:
        """Require permission for one instance, whether it exists or not.

        Raises:
            EcsError: RAM denies it.
        """
        if instance is None:
            region = self.parameters.text("RegionId", "*")
            self.authorize(f"instance/{instance_id}", region, {})
        else:
            self.authorize(f"instance/{instance_id}", instance.region, instance.tags)

    def authorize_batch(self, instances: Mapping[str, Instance | None]) -> None:
        """Require permission for each instance that a batch names.

        Raises:
            EcsError: RAM denies one of them, and so the whole batch.
        """
        seen = self.state.settings.quirks.ram_sees_tags_of_a_batch
        for instance_id, instance in instances.items():
            self.authorize_instance(
                instance_id, instance if seen or instance is None else replace(instance, tags={})
            )

    def authorize_new_tags(self, resource: str, region: str, tags: Mapping[str, str]) -> None:
        """Require permission to tag a new resource, if the quirk says so.

        Raises:
            EcsError: RAM denies ``ecs:TagResources``.
        """
        if tags and self.state.settings.quirks.tagging_what_is_new_needs_permission:
            replace(self, action="TagResources").authorize(resource, region, {})

    def authorize_disk(self, disk: Disk) -> None:
        """Require permission for one disk.

        Raises:
            EcsError: RAM denies it.
        """
        self.authorize(f"disk/{disk.disk_id}", disk.region, disk.tags)

    def may_list(self, resource: str, region: str) -> bool:
        """Whether the caller sees a list at all, if not refused.

        Since 2025-12-20 DescribeInstances and DescribeDisks are refused (notice on ECS's query
        APIs). Before, they were empty, and only a dry run showed the difference (DescribeInstances,
        API reference of 2021); that the other lists are still like that is assumed.

        Raises:
            EcsError: this is a dry run: ``DryRunOperation``, or ``Forbidden.RAM``; or the list is
                refused.
        """
        quirks = self.state.settings.quirks
        knows_dry_run = self.action in _DRY_RUN_LISTS or quirks.undocumented_dry_run_is_known
        if knows_dry_run and self.parameters.flag("DryRun"):
            self.authorize(resource, region, {})
            raise Refusal.DRY_RUN.error()
        if self._refuses_list():
            self.authorize(resource, region, {})
        return self.allows(resource, region, {})

    def _refuses_list(self) -> bool:
        """Whether a list without permission is an error instead of empty."""
        quirks = self.state.settings.quirks
        if self.action not in _REFUSED_LISTS:
            return quirks.denied_lists_are_refused
        if self.caller.denied_is_empty is not None:
            return not self.caller.denied_is_empty
        return not quirks.denied_describe_is_empty

    def _denied(self, resource: str, region: str, tags: Mapping[str, str]) -> Mapping[str, str]:
        """The ``AccessDeniedDetail``, with the fields and words of a real response of 2025.

        Its encoded message is for RAM to decode; here it is JSON in Base64, and names the resource.
        """
        caller, action, arn = (
            self.caller,
            f"{self.service}:{self.action}",
            self._arn(resource, region),
        )
        kind = caller.denial(action, arn, tags)
        diagnosis = {"AuthAction": action, "AuthResource": arn, "NoPermissionType": kind}
        return {
            "AuthAction": action,
            "AuthPrincipalType": caller.principal_type,
            "AuthPrincipalDisplayName": caller.principal,
            "AuthPrincipalOwnerId": caller.account_id,
            "NoPermissionType": kind,
            "PolicyType": "AccountLevelIdentityBasedPolicy",
            "EncodedDiagnosticMessage": b64encode(json.dumps(diagnosis).encode()).decode(),
        }

    def stop_if_dry_run(self, refusal: Refusal = Refusal.DRY_RUN) -> None:
        """End a dry run here: everything was checked, nothing was done.

        Raises:
            EcsError: ``refusal``, ECS's way of saying that it would have worked.
        """
        if self.parameters.flag("DryRun"):
            raise refusal.error()

    def _arn(self, resource: str, region: str) -> str:
        if resource == "*":
            return resource
        return f"acs:{self.service}:{region}:{self.caller.account_id}:{resource}"


Operation = Callable[[Request], JsonObject]


def idempotent(operation: Operation) -> Operation:
    """Answer a repeated ClientToken with the first response, and do nothing.

    Only successes are kept. Source: "How to ensure idempotence", developer guide.

    Raises:
        EcsError: from the operation; or the token is malformed, or was used with other parameters.
    """

    @functools.wraps(operation)
    def once(request: Request) -> JsonObject:
        token = request.parameters.text("ClientToken")
        if not token:
            return operation(request)
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            raise Refusal.TOKEN_MALFORMED.error()
        key = (request.caller.account_id, request.action, token)
        fingerprint = request.parameters.fingerprint()
        replays = request.state.replays
        if key not in replays:
            replays[key] = Replay(fingerprint, operation(request))
        elif replays[key].fingerprint != fingerprint:
            raise Refusal.TOKEN_REUSED.error()
        return replays[key].answer

    return once
