"""The account kept in a file: whole over restarts, written safely, refused when it is broken."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from local.ecs import cli as command_module
from local.ecs.account.model import ChargeType, SnapshotStatus, Status
from local.ecs.cli import command
from local.ecs.clock import MANUAL_START, ManualClock
from local.ecs.emulator import Emulator
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.state_file import Keeper, StateFileError, read_state, write_state
from tests.harness.desk import Desk, iso

RUN = {"ImageId": "x.vhd", "InstanceType": "ecs.c7.large", "ClientToken": "once"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "account.json"


@pytest.fixture
def busy() -> Desk:
    """An account in which something of each kind is under way."""
    over = MANUAL_START + timedelta(hours=1)
    desk = Desk(
        InstanceSpec("stopping", tags={"env": "dev"}),
        InstanceSpec("snapshotted"),
        InstanceSpec("grouped"),
        InstanceSpec("leaving"),
        InstanceSpec("yearly", charge_type=ChargeType.PRE_PAID, expires_at=over),
    )
    stopping, snapshotted, grouped, leaving, _ = desk.ids()
    desk.ask("StopInstance", InstanceId=stopping)
    desk.ask("CreateSnapshotGroup", InstanceId=grouped)
    (disk_id,) = desk.ecs.instance(snapshotted).disk_ids
    desk.ask("CreateSnapshot", DiskId=disk_id, RetentionDays="1")
    desk.ask(
        "ModifyInstanceAutoReleaseTime", InstanceId=leaving, AutoReleaseTime=iso(desk, minutes=45)
    )
    desk.ask("RunInstances", **RUN)
    return desk


def kept(desk: Desk, path: Path, later: timedelta = timedelta(0)) -> Desk:
    """The same account after a restart."""
    write_state(path, desk.ecs.save())
    saved = read_state(path)
    assert saved is not None
    again = Desk()
    again.clock = ManualClock(saved.now + later)
    again.ecs = Ecs.restored(saved, again.clock)
    return again


def test_an_account_goes_on_where_it_ended(busy: Desk, path: Path) -> None:
    again = kept(busy, path)

    assert again.ecs.save() == busy.ecs.save()
    for desk in (busy, again):
        desk.pass_time(20)
    assert again.ecs.save() == busy.ecs.save()
    assert again.instance.status is Status.STOPPED
    assert again.ecs.snapshots()[0].status is SnapshotStatus.ACCOMPLISHED


def test_what_came_due_meanwhile_has_happened(busy: Desk, path: Path) -> None:
    again = kept(busy, path, later=timedelta(days=2))

    status = {each.name: each.status for each in again.ecs.instances()}
    assert "leaving" not in status
    assert (status["stopping"], status["yearly"]) == (Status.STOPPED, Status.STOPPED)
    (grouped,) = [each for each in again.ecs.instances() if each.name == "grouped"]
    assert [each.disk_id for each in again.ecs.snapshots()] == list(grouped.disk_ids)


def test_a_token_is_remembered_over_a_restart(busy: Desk, path: Path) -> None:
    again = kept(busy, path)

    answer = again.ask("RunInstances", **RUN)

    assert answer["InstanceIdSets"]["InstanceIdSet"] == [again.ids()[-1]]
    assert len(again.ids()) == 6
    assert again.refusal("RunInstances", **RUN, Amount="2")[1] == "IdempotentParameterMismatch"


def test_ids_are_not_used_again_after_a_restart(busy: Desk, path: Path) -> None:
    again = kept(busy, path)

    made = again.ask("RunInstances", **(RUN | {"ClientToken": "another"}))

    assert made["InstanceIdSets"]["InstanceIdSet"][0] not in busy.ids()


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_state(
    busy: Desk, path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    write_state(path, busy.ecs.save())
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    busy.pass_time(60)
    with pytest.raises(OSError, match="No space"):
        write_state(path, busy.ecs.save())

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_without_a_file_there_is_no_state(path: Path) -> None:
    assert read_state(path) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"form": 2}'])
def test_a_file_that_is_no_state_is_refused_and_left(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(StateFileError, match=r"account\.json is not a saved state of the emulator"):
        read_state(path)

    assert path.read_bytes() == content


def test_half_a_file_is_refused(busy: Desk, path: Path) -> None:
    write_state(path, busy.ecs.save())
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(StateFileError):
        read_state(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match="cannot be read"):
        read_state(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state["instances"][0].update(region="cn-atlantis"), "not known here"),
        (lambda state: state["agenda"].append([state["now"], "TEA", "i-1"]), "'TEA' is not one of"),
        (
            lambda state: state["agenda"].append([state["now"], "RETENTION", "s-gone"]),
            "there is no snapshot",
        ),
        (lambda state: state["disks"].append(state["disks"][0]), "exists already"),
    ],
    ids=["region", "agenda", "snapshot", "disk twice"],
)
def test_a_state_that_contradicts_itself_is_refused(
    busy: Desk, path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    write_state(path, busy.ecs.save())
    state = json.loads(path.read_bytes())
    change(state)
    path.write_text(json.dumps(state))

    result = CliRunner().invoke(command, ["--state", str(path)])

    assert result.exit_code == 2
    assert said in result.output


def test_only_changes_are_saved_while_it_runs(busy: Desk, path: Path) -> None:
    keeper = Keeper(path, lambda: busy.ecs)
    keeper.save_changes()
    path.unlink()

    keeper.save_changes()
    idle = path.exists()
    busy.ecs.tag(busy.instance_id, {"a": "b"})
    keeper.save_changes()

    assert not idle
    assert path.exists()


def test_served_again_with_its_file_it_is_the_same_account(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, ...]] = []

    def serve(emulator: Emulator, *, keeper: Keeper | None, **_: object) -> None:
        seen.append(tuple(each.name for each in emulator.engine.instances()))
        emulator.engine.add(InstanceSpec(f"made-{len(seen)}"))
        assert keeper is not None
        keeper.save()

    monkeypatch.setattr(command_module, "serve", serve)
    results = [
        CliRunner().invoke(command, ["--generated", "0", "--state", str(path)]) for _ in range(3)
    ]

    assert [each.exit_code for each in results] == [0, 0, 0]
    assert seen == [(), ("made-1",), ("made-1", "made-2")]


def test_a_file_in_no_folder_is_bad_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["--state", str(tmp_path / "no" / "such")])

    assert result.exit_code == 2
    assert "there is no directory" in result.output


def test_a_state_that_cannot_be_saved_is_told_and_not_laid_on_the_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()

    def serve(_: Emulator, *, keeper: Keeper | None, **__: object) -> None:
        folder.rmdir()
        assert keeper is not None
        keeper.save()

    monkeypatch.setattr(command_module, "serve", serve)
    result = CliRunner().invoke(command, ["--generated", "0", "--state", str(folder / "state")])

    assert result.exit_code == 1
    assert "the state could not be saved" in result.output
    assert "cannot be written: No such file or directory" in result.output
    assert "port" not in result.output
