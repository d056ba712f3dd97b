"""Making a call for a group of instances, and ECS's result for each of them.

All writes are made here. Batches succeed member by member if ECS supports that
(``BatchOptimization=SuccessFirst``); DeleteInstances is all or nothing, and both it and snapshots
have a ``ClientToken`` that is the same for the same work, so that a repeated call is not a second
write. Setting and clearing a release time share no code: an omitted time clears.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from shared.base.errors import assert_never
from shared.base.times import to_minute_text
from shared.domain.instance import Disk, Instance, Snapshot, SnapshotStatus
from shared.domain.outcome import Accepted, NotSent, Outcome, Rejected, lost
from shared.domain.retries import SERVER_ERROR, Kind
from shared.domain.steps import (
    Answered,
    Call,
    ClearAutoRelease,
    Delete,
    DiskSnapshot,
    SetAutoRelease,
    Start,
    Stop,
)
from shared.domain.steps import Snapshot as TakeSnapshots
from shared.ecs.client import Answer, Client
from shared.ecs.fields import RELEASE_TAG, listed, read_status
from shared.ecs.transport import ErrorResponse, NoResponse

TOKENS = 4
"""How many ClientTokens are tried for the same work if ECS says that the last one failed."""


def perform(
    client: Client, call: Call, instances: Sequence[Instance], until: datetime
) -> dict[str, Outcome]:
    """Make one call for these instances, in one region, and return the outcome for each.

    Args:
        client: The region's calls.
        call: What to do.
        instances: At most ``call.batch``, each once.
        until: The latest time to send the call: looks become stale.

    Raises:
        Unavailable: the credentials are not accepted.
    """
    try:
        if isinstance(call, TakeSnapshots):
            return {one.id: _take_snapshots(client, call, one, until) for one in instances}
        parameters = _parameters(client, call, instances)
        answer = _with_token(client, call.operation, parameters, until)
    except ErrorResponse as refusal:
        alone = len(instances) == 1 or not refusal.blames_a_member
        return {one.id: _rejected(call.operation, refusal, alone=alone) for one in instances}
    except NoResponse as failure:
        return {one.id: lost(failure.reason) for one in instances}
    if isinstance(answer, NotSent):
        return {one.id: answer for one in instances}
    if call.answered is Answered.EACH:
        return _member_by_member(call.operation, answer, instances)
    return {one.id: Accepted(one) for one in instances}


def _parameters(
    client: Client,
    call: Stop | Start | Delete | SetAutoRelease | ClearAutoRelease,
    instances: Sequence[Instance],
) -> dict[str, str]:
    ids = [one.id for one in instances]
    match call:
        case Stop(force, stopped_mode):
            mode = {"StoppedMode": stopped_mode.value} if stopped_mode else {}
            batch = {"BatchOptimization": "SuccessFirst", **listed("InstanceId", ids)}
            return {"ForceStop": _flag(force), **mode, **batch}
        case Start():
            return {"BatchOptimization": "SuccessFirst", **listed("InstanceId", ids)}
        case Delete(force):
            token = _token("delete", client.region, _flag(force), *sorted(ids))
            return {"Force": _flag(force), "ClientToken": token, **listed("InstanceId", ids)}
        case SetAutoRelease(at):
            return {"InstanceId": ids[0], "AutoReleaseTime": to_minute_text(at)}
        case ClearAutoRelease():
            return {"InstanceId": ids[0]}
        case _:
            return assert_never(call)


def _take_snapshots(client: Client, call: TakeSnapshots, one: Instance, until: datetime) -> Outcome:
    """Snapshot disk after disk; after a refusal the next look finds what was taken before it."""
    disks = {disk.id: disk for disk in one.disks or ()}
    taken: list[str] = []
    for wanted in call.disks:
        parameters = _snapshot(one, wanted, call.retention_days)
        try:
            answer = _with_token(client, "CreateSnapshot", parameters, until)
        except ErrorResponse as refusal:
            rejected = _rejected(call.operation, refusal, alone=True)
            return msgspec.structs.replace(
                rejected,
                message=f"disk {wanted.disk_id}: {rejected.message}",
                before=_in_words(taken),
            )
        except NoResponse as failure:
            return msgspec.structs.replace(lost(failure.reason), before=_in_words(taken))
        if isinstance(answer, NotSent):
            return msgspec.structs.replace(answer, before=_in_words(taken))
        disk = disks[wanted.disk_id]
        disks[wanted.disk_id] = _with_new(disk, answer, call.retention_days)
        taken.append(_named(answer, wanted.disk_id))
    return Accepted(msgspec.structs.replace(one, disks=tuple(disks.values())), _in_words(taken))


def _named(answer: Answer, disk_id: str) -> str:
    snapshot_id = answer.body.get("SnapshotId")
    has_id = isinstance(snapshot_id, str) and snapshot_id
    return f"{snapshot_id} of disk {disk_id}" if has_id else f"of disk {disk_id}"


def _in_words(taken: Sequence[str]) -> str:
    return f"snapshot {', '.join(taken)}" if taken else ""


def _with_token(
    client: Client, operation: str, parameters: Mapping[str, str], until: datetime
) -> Answer | NotSent:
    """Make a call with a ClientToken; with another if ECS remembers that the first failed.

    ``IdempotentFailed``, "the previous idempotent request has failed", was seen for CreateInstance.
    What failed was not done, so a new token does not cause a second write.
    """
    first, number = parameters.get("ClientToken", ""), 1
    while True:
        try:
            return client.write(operation, parameters, until)
        except ErrorResponse as refusal:
            if refusal.code != "IdempotentFailed" or not first or number == TOKENS:
                raise
        parameters = {**parameters, "ClientToken": _token(first, str(number))}
        number += 1


def _snapshot(one: Instance, wanted: DiskSnapshot, retention_days: int) -> dict[str, str]:
    return {
        "DiskId": wanted.disk_id,
        "SnapshotName": f"curfew-{one.id}-{wanted.disk_id}",
        "Description": f"Taken by ECS Curfew before it releases {one.id}",
        "RetentionDays": str(retention_days),
        "ClientToken": _token("snapshot", wanted.token),
        "Tag.1.Key": RELEASE_TAG,
        "Tag.1.Value": one.id,
    }


def _with_new(disk: Disk, answer: Answer, retention_days: int) -> Disk:
    snapshot_id = answer.body.get("SnapshotId")
    if not isinstance(snapshot_id, str) or not snapshot_id:
        return disk
    ends_at = answer.asked_at + timedelta(days=retention_days)
    taken = Snapshot(snapshot_id, disk.id, SnapshotStatus.PROGRESSING, answer.asked_at, ends_at)
    return msgspec.structs.replace(disk, snapshots=(*disk.snapshots, taken))


def _member_by_member(
    operation: str, answer: Answer, instances: Sequence[Instance]
) -> dict[str, Outcome]:
    """Each member's own code, which is a number or text; a missing one is no response."""
    said = answer.body.get("InstanceResponses")
    said = said.get("InstanceResponse") if isinstance(said, Mapping) else None
    by_id = {
        row.get("InstanceId"): row
        for row in (said if isinstance(said, list) else ())
        if isinstance(row, Mapping)
    }
    return {one.id: _member(operation, one, by_id.get(one.id)) for one in instances}


def _member(operation: str, one: Instance, row: Mapping[str, object] | None) -> Outcome:
    if row is None:
        return lost("ECS's response does not mention it")
    code = str(row.get("Code"))
    if code == "200":
        return Accepted(msgspec.structs.replace(one, status=read_status(row.get("CurrentStatus"))))
    refusal = ErrorResponse(200, code, str(row.get("Message", ""))[:200])
    return _rejected(operation, refusal, alone=True)


def _rejected(operation: str, refusal: ErrorResponse, *, alone: bool) -> Rejected:
    in_doubt = not alone or refusal.status >= SERVER_ERROR
    message = refusal.message
    if refusal.kind is Kind.DENIED:
        message = "; ".join(refusal.denied.in_words(operation))
    return Rejected(refusal.kind, refusal.code, message, alone, in_doubt)


def _token(*parts: str) -> str:
    """A ClientToken: at most 64 ASCII characters, the same for the same work."""
    return "curfew-" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:48]


def _flag(value: bool) -> str:  # noqa: FBT001  # the value itself
    return "true" if value else "false"
