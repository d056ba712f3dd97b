"""The operations that the emulator supports, by name.

A table, not imports: a module is loaded when one of its operations is first called. An operation's
function has the operation's name in snake case.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from importlib import import_module

from local.ecs.products import Product
from local.ecs.rpc.request import Operation

_MODULES: Mapping[str, str] = {
    "addresses": ("AllocatePublicIpAddress DescribeEipAddresses DescribeNetworkInterfaces"),
    "attributes": "ModifyInstanceAttribute",
    "auto_release": "ModifyInstanceAutoReleaseTime",
    "availability": "DescribeAvailableResource",
    "catalogue": "DescribeInstanceTypeFamilies DescribeInstanceTypes DescribeZones",
    "deletion": "DeleteInstance DeleteInstances",
    "describe_instances": "DescribeInstanceAttribute DescribeInstanceStatus DescribeInstances",
    "describe_snapshots": "DescribeSnapshotGroups DescribeSnapshots",
    "disk_changes": ("AttachDisk CreateDisk DeleteDisk DetachDisk ModifyDiskAttribute ResizeDisk"),
    "disks": "DescribeDisks",
    "identity": "GetCallerIdentity",
    "image_changes": "CreateImage DeleteImage DeleteSnapshot",
    "images": "DescribeImages",
    "key_pairs": (
        "AttachKeyPair CreateKeyPair DeleteKeyPairs DescribeKeyPairs DetachKeyPair ImportKeyPair"
    ),
    "networks": "CreateVSwitch CreateVpc DescribeVSwitches DescribeVpcs",
    "power": (
        "RebootInstance RebootInstances StartInstance StartInstances StopInstance StopInstances"
    ),
    "prices": "DescribePrice",
    "quotas": "DescribeAccountAttributes",
    "regions": "DescribeRegions",
    "renewal": "DescribeInstanceAutoRenewAttribute",
    "run_instances": "CreateInstance RunInstances",
    "security_groups": (
        "CreateSecurityGroup DeleteSecurityGroup DescribeSecurityGroups JoinSecurityGroup"
        " LeaveSecurityGroup ModifySecurityGroupAttribute"
    ),
    "security_rules": (
        "AuthorizeSecurityGroup AuthorizeSecurityGroupEgress DescribeSecurityGroupAttribute"
        " RevokeSecurityGroup RevokeSecurityGroupEgress"
    ),
    "snapshots": "CreateSnapshot CreateSnapshotGroup",
    "system_events": "DescribeInstanceHistoryEvents DescribeInstancesFullStatus",
    "tags": "ListTagResources TagResources UntagResources",
    "user_data": "DescribeUserData",
}
_WORDS = re.compile(r"(?<!^)(?=[A-Z])")


class _Operations(Mapping[str, Operation]):
    """The table, each operation loaded on first use."""

    def __init__(self) -> None:
        self._module_of = {name: each for each, all_ in _MODULES.items() for name in all_.split()}

    def __getitem__(self, name: str) -> Operation:
        module = import_module(f"{__name__}.{self._module_of[name]}")
        operation: Operation = getattr(module, _WORDS.sub("_", name).lower())
        return operation

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._module_of))

    def __len__(self) -> int:
        return len(self._module_of)


OPERATIONS: Mapping[str, Operation] = _Operations()

_NETWORKS = frozenset(f"{_MODULES['networks']} DescribeEipAddresses".split())
"""vpc's operations; ECS's own API version has them, too, in an older form."""
_IDENTITY = frozenset(_MODULES["identity"].split())


@functools.lru_cache(maxsize=1024)
def operation_of(product: Product, name: str) -> Operation | None:
    """The operation of this name in a product's version; None if it has none."""
    has = {
        Product.ECS: OPERATIONS.keys() - _IDENTITY,
        Product.VPC: _NETWORKS,
        Product.STS: _IDENTITY,
    }[product]
    return OPERATIONS[name] if name in has else None


@functools.lru_cache(maxsize=1024)
def service_of(name: str) -> str:
    """RAM's name of the product that owns the operation, whatever API version was used."""
    return next(
        (
            product.service
            for product, names in ((Product.VPC, _NETWORKS), (Product.STS, _IDENTITY))
            if name in names
        ),
        Product.ECS.service,
    )
