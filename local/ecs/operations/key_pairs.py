"""SSH key pairs.

Sources: CreateKeyPair, ImportKeyPair, DescribeKeyPairs, DeleteKeyPairs, AttachKeyPair,
DetachKeyPair, API reference. Keys here open nothing: a created private key only has the right form,
and fingerprints are of names, not of keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from local.ecs.account.key_pairs import KeyPair, fingerprint_of, key_of, private_key_of
from local.ecs.account.model import Instance
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.rpc import render
from local.ecs.rpc.request import Operation, Request
from local.ecs.rpc.table import Listing, listed

PAIRS_PER_REGION = 500
LARGEST_PAGE = 50
_NAME = re.compile(r"(?!https?://)[^\W\d_][\w.:\-]{1,127}")
_PUBLIC_KEY = re.compile(r"(ssh|ecdsa)-[\w\-@.]+ [A-Za-z0-9+/=]+( .*)?", re.DOTALL)


def create_key_pair(request: Request) -> JsonObject:
    """Create a key pair, and show its private key this once.

    Raises:
        EcsError: the name is invalid or taken, or there are 500.
    """
    pair = _new(request, public_key="")
    return {
        "KeyPairFingerPrint": pair.fingerprint,
        "KeyPairId": f"ssh-{pair.fingerprint.replace(':', '')[:20]}",
        "KeyPairName": pair.name,
        "PrivateKeyBody": private_key_of(pair.key),
    }


def import_key_pair(request: Request) -> JsonObject:
    """Store a public key under a name.

    Raises:
        EcsError: as `create_key_pair`, or there is no public key, or not in OpenSSH's form.
    """
    public_key = request.parameters.text("PublicKeyBody").strip()
    if not public_key:
        raise request.reference.error("MissingParameter")
    if not _PUBLIC_KEY.fullmatch(public_key):
        raise request.reference.error("InvalidPublicKeyBody.Malformed")
    pair = _new(request, public_key)
    return {"KeyPairFingerPrint": pair.fingerprint, "KeyPairName": pair.name}


def _new(request: Request, public_key: str) -> KeyPair:
    parameters, state, reference = request.parameters, request.state, request.reference
    region = request.region()
    name = parameters.required("KeyPairName")
    request.authorize(f"keypair/{name}", region, {})
    if not _NAME.fullmatch(name):
        raise reference.error("InvalidKeyPairName.Malformed")
    if state.key_pairs.find(key_of(region, name)) is not None:
        raise reference.error("KeyPair.AlreadyExist")
    if sum(1 for _ in state.key_pairs.walk(region)) >= PAIRS_PER_REGION:
        raise reference.error("QuotaExceed.KeyPair")
    pair = KeyPair(
        name=name,
        region=region,
        fingerprint=fingerprint_of(public_key or key_of(region, name)),
        created_at=state.now,
        public_key=public_key,
        resource_group_id=parameters.text("ResourceGroupId"),
        tags=parameters.new_tags(),
    )
    state.key_pairs.add(pair.key, region, pair)
    return pair


def delete_key_pairs(request: Request) -> JsonObject:
    """Delete key pairs by name; an unknown name changes nothing (unverified).

    Raises:
        EcsError: no names, or not an array of names.
    """
    region, malformed = request.region(), Refusal.INVALID_PARAMETER
    if not request.parameters.text("KeyPairNames"):
        raise request.reference.error("MissingParameter", "KeyPairNames")
    names = request.parameters.ids("KeyPairNames", malformed, malformed) or ()
    for name in names:
        request.authorize(f"keypair/{name}", region, {})
    for name in names:
        if request.state.key_pairs.find(key_of(region, name)) is not None:
            request.state.key_pairs.remove(key_of(region, name))
    return {}


def attach_key_pair(request: Request) -> JsonObject:
    """Attach a key pair to instances, individually; Linux only.

    Raises:
        EcsError: no such key pair or instance, or not an array of ids.
    """
    pair_name = request.parameters.required("KeyPairName")
    if request.state.key_pairs.find(key_of(request.region(), pair_name)) is None:
        raise request.reference.error("InvalidKeyPairName.NotFound")
    answer = _each(request, lambda instance: replace(instance, key_pair=pair_name))
    return {**answer, "KeyPairName": pair_name}


def detach_key_pair(request: Request) -> JsonObject:
    """Detach the key pair from instances, individually; an instance with another keeps it.

    Raises:
        EcsError: as `attach_key_pair`.
    """
    pair_name = request.parameters.required("KeyPairName")
    if request.state.key_pairs.find(key_of(request.region(), pair_name)) is None:
        raise request.reference.error("InvalidKeyPairName.NotFound")

    def without(instance: Instance) -> Instance:
        return replace(instance, key_pair="") if instance.key_pair == pair_name else instance

    return {**_each(request, without), "KeyPairName": pair_name}


def _each(request: Request, change: Callable[[Instance], Instance]) -> JsonObject:
    region, state = request.region(), request.state
    malformed = Refusal.INVALID_PARAMETER
    ids = request.parameters.ids("InstanceIds", malformed, malformed) or ()
    found = {each: state.instances.find(each, region) for each in ids}
    for each, instance in found.items():
        request.authorize_instance(each, instance)
    instances = [instance for instance in found.values() if instance is not None]
    if not found or len(instances) < len(found):
        raise request.reference.error("InvalidInstanceIds.ValueNotSupported")
    if any(instance.image_id.startswith("win") for instance in instances):
        raise request.reference.error("DependencyViolation.WindowsInstance")
    for instance in instances:
        state.put(change(instance))
    results = [
        {"Code": "200", "InstanceId": each, "Message": "successful", "Success": "true"}
        for each in found
    ]
    return {"FailCount": "0", "Results": {"Result": results}, "TotalCount": str(len(results))}


def _show(request: Request, pair: KeyPair) -> JsonObject:  # noqa: ARG001  # as every row is shown
    return {
        "CreationTime": render.to_second(pair.created_at),
        "KeyPairFingerPrint": pair.fingerprint,
        "KeyPairName": pair.name,
        "ResourceGroupId": pair.resource_group_id,
        "Tags": render.tag_list(pair.tags),
    }


describe_key_pairs: Operation = listed(
    Listing(
        answer=("KeyPairs", "KeyPair"),
        resource="keypair/*",
        rows=lambda request, region: request.state.key_pairs.walk(region),
        show=_show,
        filters={
            "KeyPairFingerPrint": lambda pair: pair.fingerprint,
            "KeyPairName": lambda pair: pair.name,
            "ResourceGroupId": lambda pair: pair.resource_group_id,
        },
        wild=frozenset({"KeyPairName"}),
        ignored=frozenset({"IncludePublicKey"}),
        tags=lambda pair: pair.tags,
        largest=LARGEST_PAGE,
        says_region=False,
    )
)
