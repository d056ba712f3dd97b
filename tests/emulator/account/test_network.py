"""Networks of an account: what is there from the start, and what is kept."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from local.ecs.account.network import Network, default_vpc_id, default_vswitch_id
from local.ecs.account.regions import REGIONS
from local.ecs.account.state import Saved
from local.ecs.clock import ManualClock
from local.ecs.engine import Ecs
from tests.harness.desk import REGION, Desk


def test_every_region_has_a_network_from_the_start() -> None:
    network = Network()

    assert [each.region for each in network.vpcs] == list(REGIONS)
    assert len(network.groups) == len(REGIONS)
    assert [each.vswitch_id for _, each in network.vswitches.walk(REGION)] == [
        default_vswitch_id(REGION, zone) for zone in REGIONS[REGION].zones
    ]
    assert {each.vpc_id for _, each in network.vswitches.walk(REGION)} == {default_vpc_id(REGION)}


def test_what_was_made_is_kept_over_a_restart() -> None:
    desk = Desk()
    desk.ask("CreateSecurityGroup", VpcId=default_vpc_id(REGION), SecurityGroupName="ci")
    desk.ask("CreateKeyPair", KeyPairName="ci")
    saved = msgspec.json.decode(msgspec.json.encode(desk.ecs.save()), type=Saved)

    desk.ecs = Ecs.restored(saved, ManualClock())

    groups = desk.ask("DescribeSecurityGroups")["SecurityGroups"]["SecurityGroup"]
    assert [each["SecurityGroupName"] for each in groups][1:] == ["ci"]
    assert desk.ask("DescribeKeyPairs")["TotalCount"] == 1


def test_a_state_of_before_there_were_networks_has_those_of_the_start() -> None:
    saved = replace(Desk().ecs.save(), network=None)

    restored = Ecs.restored(saved, ManualClock())

    assert len(restored.security_groups()) == len(REGIONS)


def test_a_change_of_a_network_is_a_change_of_the_account() -> None:
    desk = Desk()
    before = desk.ecs.changes

    desk.ask("CreateSecurityGroup", VpcId=default_vpc_id(REGION))

    assert desk.ecs.changes > before
