"""RAM policies: may this caller do this to that?"""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import pytest

from local.ecs.account.quirks import Quirks
from local.ecs.errors import DeniedError
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.ram.caller import Caller
from local.ecs.ram.policy import Policy, PolicyError
from tests.harness.desk import Desk

INSTANCE = "acs:ecs:cn-hangzhou:123456789012:instance/i-bp1aaaaaaaaaaaaaaaaa"
DISK = "acs:ecs:cn-hangzhou:123456789012:disk/d-bp1aaaaaaaaaaaaaaaaa"
DEV = {"team": "dev"}


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "1", "Statement": list(statements)}


def allow(action: object = "*", resource: object = "*", **more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object = "*", resource: object = "*", **more: object) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        pytest.param("ecs:StopInstances", True, id="itself"),
        pytest.param("ecs:stopinstances", True, id="in another case"),
        pytest.param("ecs:*", True, id="of the product"),
        pytest.param("ecs:Stop*", True, id="of the family"),
        pytest.param("*", True, id="all"),
        pytest.param(["ecs:StartInstances", "ecs:StopInstances"], True, id="one of a list"),
        pytest.param("ecs:StopInstance", False, id="another one"),
        pytest.param("ecs:Start*", False, id="of another family"),
        pytest.param("rds:*", False, id="of another product"),
        pytest.param("ecs:StopInstance?", False, id="a question mark is itself"),
    ],
)
def test_an_allow_reaches_the_actions_that_it_names(action: object, allowed: bool) -> None:  # noqa: FBT001  # a table's column
    held = Policy(policy(allow(action)))

    assert held.allows("ecs:StopInstances", INSTANCE, {}) is allowed


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        pytest.param("*", True, id="all"),
        pytest.param(INSTANCE, True, id="itself"),
        pytest.param("acs:ecs:cn-hangzhou:123456789012:instance/*", True, id="every instance"),
        pytest.param("acs:ecs:*:*:instance/*", True, id="in every region"),
        pytest.param([DISK, INSTANCE], True, id="one of a list"),
        pytest.param(DISK, False, id="another one"),
        pytest.param("acs:ecs:cn-shanghai:*:instance/*", False, id="another region"),
        pytest.param("acs:ecs:*:999999999999:instance/*", False, id="another account"),
        pytest.param(INSTANCE[:-1], False, id="a part of it"),
    ],
)
def test_an_allow_reaches_the_resources_that_it_names(resource: object, allowed: bool) -> None:  # noqa: FBT001  # a table's column
    held = Policy(policy(allow("ecs:*", resource)))

    assert held.allows("ecs:StopInstances", INSTANCE, {}) is allowed


def test_what_no_statement_allows_is_denied() -> None:
    assert not Policy(policy(deny("rds:*"))).allows("ecs:StopInstances", INSTANCE, {})


@pytest.mark.parametrize("turned", [False, True], ids=["deny last", "deny first"])
def test_an_explicit_deny_comes_first(turned: bool) -> None:  # noqa: FBT001  # a table's column
    statements = [allow(), deny("ecs:Delete*")]
    held = Policy(policy(*(reversed(statements) if turned else statements)))

    assert held.allows("ecs:StopInstances", INSTANCE, {})
    assert not held.allows("ecs:DeleteInstances", INSTANCE, {})


def test_several_documents_count_together() -> None:
    held = Policy(policy(allow("ecs:*")), json.dumps(policy(deny("ecs:Delete*"))))

    assert held.allows("ecs:StopInstances", INSTANCE, {})
    assert not held.allows("ecs:DeleteInstances", INSTANCE, {})


def test_a_single_statement_needs_no_list() -> None:
    assert Policy({"Version": "1", "Statement": allow()}).allows("ecs:StopInstance", INSTANCE, {})


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "holds"),
    [
        ("StringEquals", "dev", "dev", True),
        ("StringEquals", "dev", "Dev", False),
        ("StringEquals", ["qa", "dev"], "dev", True),
        ("StringEquals", "d*", "dev", False),
        ("StringEqualsIgnoreCase", "dev", "DEV", True),
        ("StringEqualsIgnoreCase", "dev", "qa", False),
        ("StringLike", "d*", "dev", True),
        ("StringLike", "d?v", "dev", True),
        ("StringLike", "d.v", "dev", False),
        ("StringLike", "d*", "qa", False),
        ("StringNotEquals", "dev", "dev", False),
        ("StringNotEquals", "dev", "qa", True),
        ("StringNotEquals", ["qa", "dev"], "dev", False),
        ("StringNotEqualsIgnoreCase", "dev", "DEV", False),
        ("StringNotEqualsIgnoreCase", "dev", "qa", True),
        ("StringNotLike", "d*", "dev", False),
        ("StringNotLike", "d*", "qa", True),
    ],
)
@pytest.mark.parametrize("prefix", ["acs:ResourceTag/", "ecs:tag/"])
def test_a_condition_looks_at_a_tag_of_the_resource(
    prefix: str,
    operator: str,
    wanted: object,
    value: str,
    holds: bool,  # noqa: FBT001  # a table's column
) -> None:
    condition = {operator: {f"{prefix}team": wanted}}
    held = Policy(policy(allow("ecs:*", Condition=condition)))

    assert held.allows("ecs:StopInstances", INSTANCE, {"team": value}) is holds


def test_all_conditions_of_a_statement_must_hold() -> None:
    condition = {
        "StringEquals": {"acs:ResourceTag/team": "dev", "acs:ResourceTag/env": "test"},
        "StringNotEquals": {"acs:ResourceTag/keep": "yes"},
    }
    held = Policy(policy(allow("ecs:*", Condition=condition)))
    tags = {"team": "dev", "env": "test", "keep": "no"}

    assert held.allows("ecs:StopInstances", INSTANCE, tags)
    for change in ({"team": "qa"}, {"env": "prod"}, {"keep": "yes"}):
        assert not held.allows("ecs:StopInstances", INSTANCE, {**tags, **change})


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLike"])
def test_without_the_tag_no_condition_of_an_allow_holds(operator: str) -> None:
    held = Policy(policy(allow("ecs:*", Condition={operator: {"acs:ResourceTag/team": "dev"}})))

    assert not held.allows("ecs:StopInstances", INSTANCE, {})


@pytest.mark.parametrize(
    ("operator", "allowed"), [("StringEquals", True), ("StringNotEquals", False)]
)
def test_without_the_tag_a_negated_condition_of_a_deny_holds(operator: str, allowed: bool) -> None:  # noqa: FBT001  # a table's column
    condition = {operator: {"acs:ResourceTag/team": "dev"}}
    held = Policy(policy(allow(), deny("ecs:Delete*", Condition=condition)))

    assert held.allows("ecs:DeleteInstances", INSTANCE, {}) is allowed


@pytest.mark.parametrize("action", ["ecs:DescribeInstances", "ecs:ListTagResources"])
def test_lists_do_not_see_the_tags_of_what_they_would_list(action: str) -> None:
    condition = {"StringEquals": {"acs:ResourceTag/team": "dev"}}
    conditional = Policy(policy(allow("ecs:*", Condition=condition)))

    assert not conditional.allows(action, INSTANCE, DEV)
    assert Policy(policy(allow(action))).allows(action, INSTANCE, DEV)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        pytest.param("{", "not JSON", id="not JSON"),
        pytest.param("[]", "must be a JSON object, not []", id="not an object"),
        pytest.param({"Statement": [allow()]}, 'Version must be "1", not None', id="no version"),
        pytest.param(
            {"Version": "2012-10-17", "Statement": [allow()]}, 'Version must be "1"', id="AWS's"
        ),
        pytest.param({"Version": "1"}, "Statement must be a list", id="no statement"),
        pytest.param({"Version": "1", "Statement": []}, "Statement must be", id="no statements"),
        pytest.param(
            {"Version": "1", "Statement": ["x"]}, "Statement[0] must be an object", id="a string"
        ),
        pytest.param({**policy(allow()), "Id": "x"}, "the policy has Id", id="unknown member"),
        pytest.param(policy(allow(NotAction="*")), "has NotAction", id="unknown element"),
        pytest.param(policy({**allow(), "Effect": "allow"}), "Effect must be", id="wrong effect"),
        pytest.param(
            policy(allow(7)), "Statement[0].Action must be a string", id="action a number"
        ),
        pytest.param(policy(allow([])), "Statement[0].Action must be", id="no action"),
        pytest.param(policy(allow("*", None)), "Statement[0].Resource must be", id="no resource"),
        pytest.param(
            policy(allow(Condition=[])), "Statement[0].Condition must be", id="condition a list"
        ),
        pytest.param(
            policy(allow(Condition={"StringEqual": {}})),
            "StringEqual is not one of StringEquals, ",
            id="unknown operator",
        ),
        pytest.param(
            policy(allow(Condition={"StringEquals": {}})), "must be an object", id="no key"
        ),
        pytest.param(
            policy(allow(Condition={"StringEquals": {"acs:SourceIp": "x"}})),
            "acs:SourceIp is not a supported condition key",
            id="unknown key",
        ),
        pytest.param(
            policy(allow(Condition={"StringEquals": {"acs:ResourceTag/": "x"}})),
            "is not a supported condition key",
            id="key without a tag",
        ),
        pytest.param(
            policy(allow(Condition={"StringEquals": {"acs:ResourceTag/team": 1}})),
            "Statement[0].Condition.StringEquals.acs:ResourceTag/team must be a string",
            id="value a number",
        ),
    ],
)
def test_what_is_not_understood_is_refused(document: Any, complaint: str) -> None:  # noqa: ANN401  # anything at all
    with pytest.raises(PolicyError, match=re.escape(complaint)):
        Policy(document)


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize(
    ("action", "parameters"),
    [("StopInstances", {}), ("DeleteInstances", {"Force": "true"})],
)
def test_ram_sees_the_tags_of_a_batch_or_by_the_quirk_does_not(
    action: str, parameters: dict[str, str], *, seen: bool
) -> None:
    desk = Desk(
        InstanceSpec("web", tags={"team": "dev"}),
        InstanceSpec("db", tags={"team": "ops"}),
        quirks=Quirks(ram_sees_tags_of_a_batch=seen),
    )
    condition = {"StringEquals": {"acs:ResourceTag/team": "dev"}}
    caller = Caller(authorizer=Policy(policy(allow("ecs:*", Condition=condition))))
    web, db = desk.ids()

    assert desk.refusal(action, caller, InstanceId=(web, db)) == (403, "Forbidden.RAM")
    if seen:
        desk.ask(action, caller, InstanceId=(web,), **parameters)
    else:
        assert desk.refusal(action, caller, InstanceId=(web,)) == (403, "Forbidden.RAM")


@pytest.mark.parametrize("needed", [True, False])
@pytest.mark.parametrize(
    ("action", "parameters", "resource"),
    [
        ("CreateSnapshot", {"DiskId": "disk"}, "snapshot/*"),
        ("CreateSnapshotGroup", {"InstanceId": "instance"}, "snapshotgroup/*"),
        ("RunInstances", {"ImageId": "x.vhd", "InstanceType": "ecs.c7.large"}, "instance/*"),
    ],
)
def test_tagging_what_is_new_may_need_a_permission_of_its_own(
    action: str, parameters: dict[str, str], resource: str, *, needed: bool
) -> None:
    desk = Desk(InstanceSpec("web"), quirks=Quirks(tagging_what_is_new_needs_permission=needed))
    names = {"disk": desk.instance.disk_ids[0], "instance": desk.instance_id}
    given = {key: names.get(value, value) for key, value in parameters.items()}
    caller = Caller(authorizer=Policy(policy(allow("ecs:*"), deny("ecs:TagResources"))))
    tagged = {**given, "Tag.1.Key": "by", "Tag.1.Value": "me"}

    if needed:
        with pytest.raises(DeniedError) as caught:
            desk.ask(action, caller, **tagged)
        assert caught.value.detail["AuthAction"] == "ecs:TagResources"
        diagnosis = json.loads(b64decode(caught.value.detail["EncodedDiagnosticMessage"]))
        assert diagnosis["AuthResource"].endswith(f":{resource}")
    else:
        desk.ask(action, caller, **tagged)
        desk = Desk(InstanceSpec("web"))
    desk.ask(action, caller, **given)


def test_a_policy_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(PolicyError, match="nested too deeply"):
        Policy("[" * 100_000)
