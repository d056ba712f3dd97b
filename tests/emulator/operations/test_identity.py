"""Whose key it is, as STS tells it."""

from __future__ import annotations

import pytest

from local.ecs.engine import Caller
from local.ecs.products import Product
from tests.harness.desk import Desk

ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        (
            Caller(principal_type="Account", principal="root"),
            {
                "Arn": f"acs:ram::{ACCOUNT}:root",
                "IdentityType": "Account",
                "PrincipalId": ACCOUNT,
                "UserId": ACCOUNT,
            },
        ),
        (
            Caller(principal_type="SubUser", principal="ci"),
            {
                "Arn": f"acs:ram::{ACCOUNT}:user/ci",
                "IdentityType": "RAMUser",
                "PrincipalId": "ci",
                "UserId": "ci",
            },
        ),
        (
            Caller(principal_type="AssumedRoleUser", principal="role:session"),
            {
                "Arn": f"acs:ram::{ACCOUNT}:assumed-role/role/session",
                "IdentityType": "AssumedRoleUser",
                "PrincipalId": "role:session",
                "RoleId": "role",
            },
        ),
    ],
    ids=["account", "user", "role"],
)
def test_a_caller_is_told_who_he_is(caller: Caller, said: dict[str, str]) -> None:
    answer = Desk().ecs.call("GetCallerIdentity", {}, caller, Product.STS)

    assert answer == {"AccountId": ACCOUNT, **said}
