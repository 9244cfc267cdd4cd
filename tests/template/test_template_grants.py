"""No call without a grant, and no grant without a call.

The calls are recorded while the functional tests run the functions (tests/functional/recorder.py). tests/functional/
calls.json names a test for each grant, which fails where it does not make the call; and each functional test fails
where a function makes a call that is not granted.
"""

from __future__ import annotations

import ast

from bundle.aws_models import CALLED
from tests.functional.recorder import SAME_GRANT, granted, implied, proven
from tests.template.reader import ROOT, Template

# Calls that others make for a function: Lambda where it is in a VPC, which is one with Valkey alone, SQS and DynamoDB
# with a key of one's own.
OF_OTHERS = ("ec2:", "kms:")
# What is called where the name of a grant is not that of an operation.
_CALLED_BY = {"PartiQLInsert": "BatchExecuteStatement", "PartiQLUpdate": "BatchExecuteStatement"}


def test_no_call_is_without_a_grant() -> None:
    assert not {str(call) for calls in proven().values() for call in calls} - {str(each) for each in granted()}


def test_no_grant_is_without_a_call(template: Template) -> None:
    called = set().union(*proven().values()) | implied(template)
    idle = {str(grant) for grant in granted() - called if not grant.action.startswith(OF_OTHERS)}

    assert not idle, "take these grants away, or name a test that makes the call in tests/functional/calls.json"


def test_what_is_called_is_in_the_models_that_the_layer_carries() -> None:
    for service, packed in CALLED.items():
        grants = {SAME_GRANT.get(name, name) for name in packed} | {*packed}
        for call in set().union(*proven().values()):
            of, name = call.action.split(":")
            assert of != service or _CALLED_BY.get(name, name) in grants, call


def test_every_grant_stands_at_one_test_that_there_is() -> None:
    for name in proven():
        file, test = name.partition("[")[0].split("::")
        tree = ast.parse((ROOT / "tests" / "functional" / file).read_text())
        assert test in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}, name
    listed = [call for calls in proven().values() for call in calls]
    assert len(listed) == len(set(listed))
