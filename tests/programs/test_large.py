"""Programs too large for every run: `make programs` installs them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from local.ecs.server import LocalEcs
from tests.programs.program import INSTALLED, LIVES, Program

pytestmark = pytest.mark.slow


@pytest.mark.program("ray")
def test_rays_node_provider_makes_a_node_from_nothing(program: Program, ecs: LocalEcs) -> None:
    before = {each.instance_id for each in ecs.engine.instances()}

    told = program.live()

    assert told == {
        "vpc_id": True,
        "v_switch_id": True,
        "security_group_id": True,
        "key": True,
        "running": True,
        "found": True,
        "status": "up-to-date",
        "addresses": True,
        "left": [],
    }
    assert {each.instance_id for each in ecs.engine.instances()} == before


@pytest.mark.program("scoutsuite")
def test_scoutsuite_reads_the_instances_of_every_region(program: Program, ecs: LocalEcs) -> None:
    """200 is its exit code after errors: its list still has regions that were closed in 2024."""
    done = program.command(
        *("scout", "aliyun", "--access-keys", "-k", "local", "-s", "local"),
        *("--services", "ecs", "--no-browser", "--report-dir", "report"),
    )

    assert done.returncode in {0, 200}, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    (results,) = (program.folder / "report").rglob("scoutsuite_results_*.js")
    text = results.read_text(encoding="utf-8")
    assert all(each.instance_id in text for each in ecs.engine.instances())


@pytest.mark.program("prowler")
def test_prowler_checks_instances_and_their_groups(program: Program, ecs: LocalEcs) -> None:
    instances = ecs.engine.instances("cn-hangzhou")
    seen = [each.instance_id for each in instances]
    seen += [disk.disk_id for each in instances for disk in ecs.engine.disks(each.instance_id)]
    seen += [each.group_id for each in ecs.engine.security_groups("cn-hangzhou")]
    checks = (
        "ecs_securitygroup_restrict_ssh_internet",
        "ecs_securitygroup_restrict_rdp_internet",
        "ecs_attached_disk_encrypted",
        "ecs_instance_no_legacy_network",
        "ecs_unattached_disk_encrypted",
    )

    done = program.command(
        *("prowler", "alibabacloud", "--checks", *checks, "--region", "cn-hangzhou"),
        *("--output-formats", "csv", "--output-directory", "report", "--no-banner"),
    )

    (results,) = (program.folder / "report").glob("*.csv")
    text = results.read_text(encoding="utf-8")
    missing = [each for each in seen if each not in text]
    assert not missing, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.mark.program("ansible")
def test_ansibles_modules_make_an_instance_and_take_it_away(
    program: Program, ecs: LocalEcs
) -> None:
    before = {each.instance_id for each in ecs.engine.instances()}
    (modules,) = (INSTALLED / program.name / "lib").glob(
        "python3*/site-packages/ansible/modules/cloud/alicloud"
    )
    python = INSTALLED / program.name / "bin" / "python"
    environ = {
        "ANSIBLE_LIBRARY": str(modules),
        "ANSIBLE_PYTHON_INTERPRETER": str(python),
        "ALICLOUD_ACCESS_KEY": "local",
        "ALICLOUD_SECRET_KEY": "local",
    }

    done = replace(program, environ=program.environ | environ).command(
        *("ansible-playbook", "-i", "localhost,", str(LIVES / "ansible_life.yml"))
    )

    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    told = json.loads((program.folder / "told.json").read_text(encoding="utf-8"))
    assert told["shown"] == told["made"]
    assert told["vpcs"] == told["addresses"] == 1
    assert told["interfaces"] == len(ecs.engine.instances("cn-hangzhou"))
    assert told["disks"] is True
    assert told["stopped"] == ["stopped"]
    assert {each.instance_id for each in ecs.engine.instances()} == before
