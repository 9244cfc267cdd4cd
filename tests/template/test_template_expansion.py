"""Loops and maps: what everybody here reads of the template is what CloudFormation makes of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ministack.services.cloudformation.language_extensions import apply  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from local.template import TEMPLATE, expand

SMALL: dict[str, Any] = {
    "Transform": ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"],
    "Parameters": {"Place": {"Default": "Cloud"}},
    "Mappings": {"Names": {"Push": {"Name": "push"}}, "Times": {"PushTime": {"Cloud": 30, "OneMachine": 20}}},
    "Resources": {
        "Fn::ForEach::Queues": [
            "Queue",
            ["Push"],
            {
                "${Queue}Queue": {
                    "Name": {
                        "Fn::Sub": [
                            "${Stack}-${Name}",
                            {"Name": {"Fn::FindInMap": ["Names", {"Ref": "Queue"}, "Name"]}},
                        ]
                    },
                    "Time": {"Fn::FindInMap": ["Times", {"Fn::Sub": "${Queue}Time"}, {"Ref": "Place"}]},
                    "Dead": {"Fn::GetAtt": [{"Fn::Sub": "${Queue}DeadLetterQueue"}, "Arn"]},
                    "Age": {"Ref": {"Fn::Sub": "${Queue}Age"}},
                    "Queue": {"Ref": "Queue"},
                    "Text": "${Queue}",
                }
            },
        ],
        "Bus": {"Queue": {"Ref": "PushQueue"}},
    },
}


def test_a_loop_makes_a_resource_for_each_item_beside_what_is_written_out() -> None:
    assert expand(SMALL, {})["Resources"] == {
        "PushQueue": {
            "Name": {"Fn::Sub": "${Stack}-push"},
            "Time": 30,
            "Dead": {"Fn::GetAtt": ["PushDeadLetterQueue", "Arn"]},
            "Age": {"Ref": "PushAge"},
            "Queue": "Push",
            "Text": "${Queue}",  # CloudFormation fills in nothing here
        },
        "Bus": {"Queue": {"Ref": "PushQueue"}},
    }


def test_what_is_expanded_asks_for_no_more_of_it() -> None:
    expanded = expand(SMALL, {})

    assert expanded["Transform"] == ["AWS::Serverless-2016-10-31"]
    assert "Mappings" not in expanded


def test_a_parameter_chooses_the_column_of_a_map() -> None:
    assert expand(SMALL, {"Place": "OneMachine"})["Resources"]["PushQueue"]["Time"] == 20


@pytest.mark.parametrize("place", ["Cloud", "OneMachine"])
def test_the_transform_of_the_emulator_makes_the_same_of_the_template(place: str) -> None:
    # given
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    parameters = {name: str(each["Default"]) for name, each in template["Parameters"].items()} | {"Place": place}

    # when: it leaves constants in the variables of a `Fn::Sub`
    theirs = expand(apply(copy.deepcopy(template), parameters), parameters)

    # then
    assert theirs == expand(template, parameters)


def test_a_loop_in_a_loop_makes_a_resource_for_each_pair() -> None:
    inner = {
        "Fn::ForEach::Kinds": ["Kind", ["A", "B"], {"${Queue}${Kind}": {"Is": {"Fn::Sub": "${Kind} of ${Queue}"}}}]
    }
    loops = {"Resources": {"Fn::ForEach::Queues": ["Queue", ["Push", "Ai"], inner]}}

    assert expand(loops, {})["Resources"] == {
        f"{queue}{kind}": {"Is": f"{kind} of {queue}"} for queue in ("Push", "Ai") for kind in ("A", "B")
    }
