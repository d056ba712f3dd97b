"""The check of the policies that the roles get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.check.findings import Level
from local.check.roles import NEEDED
from local.fc.context import CODE
from local.fc.deployment import function_names
from tests.local.check.edits import Checked

FOR_PRICES = {"DescribeDisks", "DescribePrice"}
"""Without these a report is complete, without prices."""


class TestPolicies:
    def test_a_missing_policy_is_an_error(self, ram: Path, checked: Checked) -> None:
        (ram / "stop.json").unlink()

        assert "ram/stop.json is missing: the policy of the role" in checked()[Level.ERROR]

    @pytest.mark.parametrize("text", ["{", '{"Version": "1", "Statement": []}'])
    def test_a_policy_that_is_none_is_an_error(
        self, ram: Path, checked: Checked, text: str
    ) -> None:
        (ram / "stop.json").write_text(text)

        assert any(one.startswith("ram/stop.json: ") for one in checked()[Level.ERROR])

    @pytest.mark.parametrize(
        "statement",
        [
            pytest.param(
                {"Effect": "Allow", "Action": ["ecs:Describe*", "ecs:List*"]}, id="not allowed"
            ),
            pytest.param({"Effect": "Deny", "Action": ["ecs:StopInstances"]}, id="denied"),
        ],
    )
    def test_an_action_that_is_missing_is_named(
        self, ram: Path, checked: Checked, statement: dict[str, object]
    ) -> None:
        document = json.loads((ram / "stop.json").read_text())
        changed = {**statement, "Resource": "*"}
        kept = document["Statement"] if statement["Effect"] == "Deny" else []
        (ram / "stop.json").write_text(json.dumps({**document, "Statement": [*kept, changed]}))

        assert (
            "ram/stop.json does not allow ecs:StopInstances, which stop needs"
            in checked()[Level.ERROR]
        )

    def test_a_condition_that_is_not_known_here_is_a_warning(
        self, ram: Path, checked: Checked
    ) -> None:
        document = json.loads((ram / "stop.json").read_text())
        document["Statement"][0]["Condition"] = {"StringEquals": {"acs:SourceVpc": "vpc-1"}}
        (ram / "stop.json").write_text(json.dumps(document))

        told = checked()

        assert told[Level.ERROR] == []
        (warned,) = [one for one in told[Level.WARNING] if "stop.json" in one]
        assert warned.startswith(
            "ram/stop.json was not checked, because its conditions are not supported"
        )

    def test_a_policy_narrowed_by_tags_or_written_wider_is_fine(
        self, ram: Path, checked: Checked
    ) -> None:
        statement = {
            "Effect": "Allow",
            "Action": "ecs:*",
            "Resource": "acs:ecs:*:*:instance/*",
            "Condition": {"StringEquals": {"acs:ResourceTag/env": "dev"}},
        }
        (ram / "stop.json").write_text(json.dumps({"Version": "1", "Statement": statement}))

        assert checked()[Level.ERROR] == []

    def test_what_each_function_needs_is_what_its_policy_allows(self) -> None:
        allowed = {
            name: {
                action.removeprefix("ecs:")
                for statement in json.loads((CODE / "ram" / f"{name}.json").read_text())[
                    "Statement"
                ]
                if statement["Effect"] == "Allow"
                for action in statement["Action"]
            }
            for name in function_names()
        }

        allowed["describe"] -= FOR_PRICES
        assert {name: set(actions) for name, actions in NEEDED.items()} == allowed
