"""Programs that are small enough for every run: each through a machine's life, unmodified."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.ecs.server import LocalEcs
from tests.programs.program import INSTALLED, LIVES, Program

NODE = shutil.which("node")


@pytest.mark.program("sqnethelper")
def test_sqnethelper_builds_a_machine_with_its_network_and_takes_it_away(
    program: Program, ecs: LocalEcs
) -> None:
    told = program.live()

    assert told["regions"] == 29
    assert "ecs.t6-c4m1.large" in [name for name, _ in told["types"]]
    for name in ("images", "disks", "networks", "rule", "rule there", "group there"):
        assert told[name] is True, name
    assert told["key"] == "sqnet-sshkey-1"
    assert told["password"] == "Root1234"
    assert told["attached"] is told["started"] is told["deleted"] is True
    assert told["address"]
    assert told["release"]
    assert any(name.startswith("sqnetecs-") for name in told["listed"])
    assert told["made"] not in {each.instance_id for each in ecs.engine.instances()}


@pytest.mark.program("lepak")
def test_lepak_asks_three_products_with_one_client(program: Program) -> None:
    assert program.live() == {
        "account": "123456789012",
        "zones": 8,
        "groups": 1,
        "shown": True,
        "left": 0,
    }


@pytest.mark.program("ops-mcp")
def test_the_operations_mcp_server_asks_all_it_is_configured_for(
    with_metadata: Program, ecs: LocalEcs
) -> None:
    told = with_metadata.live()

    assert told == {
        "asked": [
            "DescribeInstances",
            "DescribeRegions",
            "DescribeZones",
            "DescribeAccountAttributes",
            "DescribeAvailableResource",
            "DescribeImages",
            "DescribeSecurityGroups",
            "DescribeVpcs",
            "DescribeVSwitches",
        ],
        "left": 0,
    }
    assert ecs.emulator.log.count("StartInstances") == 1


@pytest.mark.program("aliyun-sdk")
def test_the_sdk_for_javascript_lives_a_machines_life(program: Program, ecs: LocalEcs) -> None:
    if NODE is None:
        pytest.skip("there is no Node.js on this machine")
    modules = INSTALLED / program.name / "node_modules"
    script = LIVES / "aliyun_sdk_life.js"

    done = subprocess.run(  # noqa: S603  # our own script
        [NODE, str(script), ecs.url],
        check=False,
        env={"PATH": os.environ["PATH"], "NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["shown"] is True
    assert told["made"] not in {each.instance_id for each in ecs.engine.instances()}


def test_a_script_of_the_first_sdk_needs_nothing_but_http_proxy(
    ecs: LocalEcs, tmp_path: Path
) -> None:
    """No endpoint, no certificate, nothing else: the emulator itself is the proxy."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "HTTP_PROXY": ecs.url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "local",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "local",
    }

    done = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, str(LIVES / "v1_life.py")],
        check=False,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"shown": True, "left": 0}


@pytest.mark.program("ali-ops")
def test_ali_ops_lists_what_there_is(program: Program, ecs: LocalEcs) -> None:
    profile = {"access_key_id": "local", "access_key_secret": "local", "region_id": "cn-hangzhou"}
    settings = {"current": "local", "profiles": [{"name": "local", **profile}]}
    (program.folder / ".aliops").mkdir()
    (program.folder / ".aliops" / "config.json").write_text(json.dumps(settings))

    def said(*arguments: str) -> str:
        done = program.command("ali", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    instances = [each.instance_id for each in ecs.engine.instances("cn-hangzhou")]
    (group,) = (each.group_id for each in ecs.engine.security_groups("cn-hangzhou"))
    assert all(each in said("ecs", "ls") for each in instances)
    assert "172.16.0.0/12" in said("vpc", "ls")
    assert group in said("sgp", "ls")
