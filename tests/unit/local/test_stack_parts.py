"""Settings, the template on one machine, and how a story is judged: what needs no stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.bundles import Bundle
from local.deployment import choose_parameters, place_bundles, spell_out_numbers
from local.errors import StackError
from local.outcomes import EventRow
from local.settings import read_settings
from local.story import Expected, find_event_mismatches, find_todo_mismatches
from local.watching import Picture, explain_unsettled

TEMPLATE = {
    "Parameters": {
        "PushConcurrency": {"Type": "Number", "Default": 10},
        "Retention": {"Type": "Number", "Default": 30},
        "EnableArchive": {"Type": "String", "Default": "true"},
    },
    "Resources": {
        "PushTaskFunction": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Handler": "push_task.app.handler",
                "CodeUri": "functions/push_task",
                "Scaling": {"MaximumConcurrency": {"Ref": "PushConcurrency"}, "Kept": [{"Ref": "Retention"}]},
            },
        },
        "CommonLayer": {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "layers/common"}},
        "Bus": {"Type": "AWS::Events::EventBus"},
    },
}


def picture(*rows: EventRow, waiting: int = 0) -> Picture:
    return Picture(("e-1",), rows, {"Push": waiting}, {}, ())


def row(status: str, event_id: str = "e-1") -> EventRow:
    return EventRow(event_id, "task_received", status, "", "jinzhi", 1)


def test_settings_have_the_agreed_defaults() -> None:
    settings = read_settings({})

    assert settings.aws_port == 4566
    assert settings.state_dir.name == ".local"
    assert (settings.push_concurrency, settings.router_concurrency) == (2, 2)
    assert settings.jinzhi_host == ""


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("10.0.0.7:9000", "http://10.0.0.7:9000"),
        ("https://gateway.example.edu.cn/", "https://gateway.example.edu.cn"),
        ("", ""),
    ],
)
def test_jinzhi_host_may_be_an_address_or_a_url(given: str, url: str) -> None:
    assert read_settings({"JINZHI_HOST": given}).jinzhi_host == url


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1", "４５６６"])
def test_a_wrong_port_is_named(port: str) -> None:
    with pytest.raises(StackError, match="AWS_PORT"):
        read_settings({"AWS_PORT": port})


def test_folders_of_the_template_become_packed_bundles() -> None:
    # given
    bundles = {name: Bundle(name, "abc", Path(f"{name}.zip")) for name in ("layer", "push_task")}

    # when
    resources = place_bundles(TEMPLATE, bundles)["Resources"]

    # then
    assert resources["PushTaskFunction"]["Properties"]["CodeUri"].endswith("/push_task-abc.zip")
    assert resources["CommonLayer"]["Properties"]["ContentUri"].endswith("/layer-abc.zip")
    assert resources["Bus"] == {"Type": "AWS::Events::EventBus"}


def test_references_to_numbers_become_the_numbers_that_are_chosen() -> None:
    properties = spell_out_numbers(TEMPLATE, {"PushConcurrency": "2"})["Resources"]["PushTaskFunction"]["Properties"]

    assert properties["Scaling"] == {"MaximumConcurrency": 2, "Kept": [30]}


def test_only_parameters_that_the_template_knows_are_given() -> None:
    parameters = choose_parameters(TEMPLATE, read_settings({"PUSH_CONCURRENCY": "1"}))

    assert parameters == {"PushConcurrency": "2", "EnableArchive": "false"}


def test_a_picture_is_settled_when_queues_are_empty_and_every_event_came_to_an_end() -> None:
    assert picture(row("succeeded")).is_settled
    assert not picture(row("succeeded"), waiting=1).is_settled
    assert not picture(row("retrying")).is_settled
    assert not picture().is_settled


def test_what_is_not_settled_is_explained() -> None:
    text = explain_unsettled(picture(waiting=3), 180)

    assert "3 messages in queue Push" in text
    assert "e-1 stands in no table" in text


def test_a_story_that_ended_otherwise_is_told_sentence_by_sentence() -> None:
    # given
    todo = {"task_id": "T-1", "sess_id": "P-1", "status": "COMPLETE"}
    expected = Expected({"T-1": todo}, {"P-1": "COMPLETE"}, {"e-1": ["succeeded", "superseded"], "e-2": ["skipped"]})
    state = {
        "tasks": [{**todo, "status": "RUNNING"}, {"task_id": "T-2", "sess_id": "P-1", "status": "RUNNING"}],
        "instances": [{"sess_id": "P-1", "status": "COMPLETE"}],
    }

    # then
    assert find_event_mismatches(expected, [row("failed")]) == [
        "event e-1: expected succeeded or superseded, found failed",
        "event e-2: expected skipped, found nothing",
    ]
    assert find_todo_mismatches(expected, state) == [
        "todo T-2 should not be there",
        "todo T-1: status should be 'COMPLETE', is 'RUNNING'",
    ]
    assert find_event_mismatches(expected, [row("superseded"), row("skipped", "e-2")]) == []
