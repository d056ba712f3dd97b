"""Key pairs: made, imported, listed, given to instances, deleted."""

from __future__ import annotations

import json

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from tests.harness.desk import Desk

PUBLIC = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDR dev@example"
WEB = InstanceSpec("web", instance_id="i-web")
WINDOWS = InstanceSpec("win", instance_id="i-win", image_id="win2022_x64.vhd")
IDS = json.dumps(["i-web"])


def names(desk: Desk, **given: str) -> list[str]:
    found = desk.ask("DescribeKeyPairs", **given)["KeyPairs"]["KeyPair"]
    return [each["KeyPairName"] for each in found]


def test_a_key_pair_is_made_with_a_private_key_and_listed_without() -> None:
    desk = Desk()

    made = desk.ask("CreateKeyPair", KeyPairName="ci", Tag__1__Key="team", Tag__1__Value="dev")
    (entry,) = desk.ask("DescribeKeyPairs")["KeyPairs"]["KeyPair"]

    assert made["PrivateKeyBody"].startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert len(made["KeyPairFingerPrint"].split(":")) == 20
    assert entry == {
        "CreationTime": "2026-11-23T10:00:00Z",
        "KeyPairFingerPrint": made["KeyPairFingerPrint"],
        "KeyPairName": "ci",
        "ResourceGroupId": "",
        "Tags": {"Tag": [{"TagKey": "team", "TagValue": "dev"}]},
    }


def test_key_pairs_are_found_by_name_region_and_tag() -> None:
    desk = Desk()
    desk.ask("ImportKeyPair", KeyPairName="ci-1", PublicKeyBody=PUBLIC)
    desk.ask("CreateKeyPair", KeyPairName="ci-2", Tag__1__Key="team")
    desk.ask("CreateKeyPair", KeyPairName="ci-1", RegionId="cn-beijing")

    assert names(desk) == ["ci-1", "ci-2"]
    assert names(desk, KeyPairName="*-2") == ["ci-2"]
    assert names(desk, Tag__1__Key="team") == ["ci-2"]
    assert names(desk, RegionId="cn-beijing") == ["ci-1"]


def test_an_imported_key_has_the_same_fingerprint_wherever_it_is() -> None:
    desk = Desk()

    prints = {
        desk.ask("ImportKeyPair", KeyPairName=name, PublicKeyBody=PUBLIC)["KeyPairFingerPrint"]
        for name in ("one", "two")
    }

    assert len(prints) == 1


def test_key_pairs_are_deleted_by_name() -> None:
    desk = Desk()
    for name in ("one", "two"):
        desk.ask("CreateKeyPair", KeyPairName=name)

    desk.ask("DeleteKeyPairs", KeyPairNames=json.dumps(["one", "gone"]))

    assert names(desk) == ["two"]


def test_an_instance_shows_the_key_pair_that_it_was_given() -> None:
    desk = Desk(WEB)
    desk.ask("CreateKeyPair", KeyPairName="ci")

    answer = desk.ask("AttachKeyPair", KeyPairName="ci", InstanceIds=IDS)
    given = desk.instance.key_pair
    desk.ask("DetachKeyPair", KeyPairName="ci", InstanceIds=IDS)

    assert (answer["TotalCount"], answer["FailCount"]) == ("1", "0")
    assert answer["Results"]["Result"][0]["InstanceId"] == "i-web"
    assert (given, desk.instance.key_pair) == ("ci", "")


def test_a_key_pair_that_an_instance_does_not_have_takes_nothing_off_it() -> None:
    desk = Desk(WEB)
    for name in ("one", "two"):
        desk.ask("CreateKeyPair", KeyPairName=name)
    desk.ask("AttachKeyPair", KeyPairName="one", InstanceIds=IDS)

    desk.ask("DetachKeyPair", KeyPairName="two", InstanceIds=IDS)

    assert desk.instance.key_pair == "one"


@pytest.mark.parametrize(
    ("action", "given", "refusal"),
    [
        ("CreateKeyPair", {"KeyPairName": "1"}, (400, "InvalidKeyPairName.Malformed")),
        ("CreateKeyPair", {"KeyPairName": "there"}, (400, "KeyPair.AlreadyExist")),
        ("CreateKeyPair", {}, (400, "MissingKeyPairName")),
        ("ImportKeyPair", {"KeyPairName": "new"}, (400, "MissingParameter")),
        (
            "ImportKeyPair",
            {"KeyPairName": "new", "PublicKeyBody": "my dog's name"},
            (400, "InvalidPublicKeyBody.Malformed"),
        ),
        (
            "ImportKeyPair",
            {"KeyPairName": "there", "PublicKeyBody": PUBLIC},
            (400, "KeyPair.AlreadyExist"),
        ),
        ("DeleteKeyPairs", {}, (400, "MissingParameter")),
        ("DeleteKeyPairs", {"KeyPairNames": "{"}, (400, "InvalidParameter")),
        (
            "AttachKeyPair",
            {"KeyPairName": "gone", "InstanceIds": IDS},
            (400, "InvalidKeyPairName.NotFound"),
        ),
        (
            "DetachKeyPair",
            {"KeyPairName": "gone", "InstanceIds": IDS},
            (400, "InvalidKeyPairName.NotFound"),
        ),
        (
            "AttachKeyPair",
            {"KeyPairName": "there", "InstanceIds": '["i-gone"]'},
            (400, "InvalidInstanceIds.ValueNotSupported"),
        ),
        (
            "AttachKeyPair",
            {"KeyPairName": "there", "InstanceIds": '["i-win"]'},
            (403, "DependencyViolation.WindowsInstance"),
        ),
    ],
    ids=str,
)
def test_a_wrong_request_about_key_pairs_is_refused(
    action: str, given: dict[str, str], refusal: tuple[int, str]
) -> None:
    desk = Desk(WEB, WINDOWS)
    desk.ask("CreateKeyPair", KeyPairName="there")

    assert desk.refusal(action, **given) == refusal
    assert names(desk) == ["there"]


def test_a_region_has_500_key_pairs_at_most() -> None:
    desk = Desk()
    for number in range(500):
        desk.ask("CreateKeyPair", KeyPairName=f"ci-{number}")

    assert desk.refusal("CreateKeyPair", KeyPairName="one-more") == (403, "QuotaExceed.KeyPair")
