"""Settings, the template on one machine, and how a story is judged: what needs no stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.analyses import SeatRow
from local.bundles import Bundle
from local.deployment import choose_parameters, place_bundles, spell_out_numbers
from local.errors import StackError
from local.outcomes import EventRow
from local.settings import read_settings
from local.story import Expected, find_analysis_mismatches, find_event_mismatches, find_todo_mismatches
from local.watching import Picture, explain_unsettled

TEMPLATE = {
    "Parameters": {
        "PushConcurrency": {"Type": "Number", "Default": 10},
        "AiReservedConcurrency": {"Type": "Number", "Default": 0},
        "AttachmentHosts": {"Type": "String", "Default": ""},
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


def picture(*rows: EventRow, waiting: int = 0, seats: tuple[SeatRow, ...] = ()) -> Picture:
    return Picture(("e-1",), rows, {"Push": waiting}, {}, (), seats)


def row(status: str, event_id: str = "e-1", target: str = "jinzhi") -> EventRow:
    return EventRow(event_id, "task_received", status, "", target, 1)


def seat(status: str, task_id: str = "T-1", verdict: str = "", decision: str = "") -> SeatRow:
    return SeatRow("u-1", task_id, "请假", "辅导员审批", status, verdict, decision, "", "", "")


def expect(
    events: dict[str, list[str]],
    todos: dict[str, dict[str, str]] | None = None,
    analyses: dict[tuple[str, str], dict[str, str] | None] | None = None,
) -> Expected:
    return Expected(todos or {}, {"P-1": "COMPLETE"}, events, analyses or {})


def test_settings_have_the_agreed_defaults() -> None:
    settings = read_settings({})

    assert settings.aws_port == 4566
    assert settings.state_dir.name == ".local"
    assert (settings.push_concurrency, settings.router_concurrency, settings.ai_concurrency) == (2, 2, 2)
    assert (settings.jinzhi_host, settings.aigc_host, settings.attachment_hosts) == ("", "", "")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("10.0.0.7:9000", "http://10.0.0.7:9000"),
        ("https://gateway.example.edu.cn/", "https://gateway.example.edu.cn"),
        ("", ""),
    ],
)
def test_a_host_may_be_an_address_or_a_url(given: str, url: str) -> None:
    assert read_settings({"JINZHI_HOST": given}).jinzhi_host == url
    assert read_settings({"AIGC_HOST": given}).aigc_host == url


def test_attachment_hosts_are_read_as_the_template_takes_them() -> None:
    settings = read_settings({"ATTACHMENT_HOSTS": " 127.0.0.1:9000 ,files.example.edu.cn,"})

    assert settings.attachment_hosts == "127.0.0.1:9000,files.example.edu.cn"


@pytest.mark.parametrize("hosts", ["http://a.example.edu.cn", "a b", "a:port", "[::1]:80"])
def test_a_wrong_attachment_host_is_named(hosts: str) -> None:
    with pytest.raises(StackError, match="ATTACHMENT_HOSTS"):
        read_settings({"ATTACHMENT_HOSTS": hosts})


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
    settings = read_settings({"PUSH_CONCURRENCY": "1", "AI_CONCURRENCY": "3"})

    assert choose_parameters(TEMPLATE, settings, "127.0.0.1:9000") == {
        "PushConcurrency": "2",
        "AiReservedConcurrency": "3",
        "AttachmentHosts": "127.0.0.1:9000",
        "EnableArchive": "false",
    }


def test_a_picture_is_settled_when_queues_are_empty_and_every_event_came_to_an_end() -> None:
    assert picture(row("succeeded")).is_settled
    assert not picture(row("succeeded"), waiting=1).is_settled
    assert not picture(row("retrying")).is_settled
    assert not picture().is_settled


def test_a_picture_is_not_settled_while_an_analysis_is_under_way() -> None:
    assert not picture(row("succeeded"), seats=(seat("running"),)).is_settled
    assert not picture(row("succeeded"), seats=(seat("pending"),)).is_settled
    assert picture(row("succeeded"), seats=(seat("done"), seat("failed"), seat(""))).is_settled


def test_an_event_is_settled_when_it_is_so_at_every_target() -> None:
    rows = (row("succeeded"), row("retrying", target="ai"), row("skipped", "e-2"))

    assert picture(*rows).settled_events == 1


def test_what_is_not_settled_is_explained() -> None:
    text = explain_unsettled(picture(waiting=3, seats=(seat("pending"),)), 180)

    assert "the analysis of T-1 for u-1 is pending" in text
    assert "3 messages in queue Push" in text
    assert "e-1 stands in no table" in text


def test_a_story_that_ended_otherwise_is_told_sentence_by_sentence() -> None:
    # given
    todo = {"task_id": "T-1", "sess_id": "P-1", "status": "COMPLETE"}
    expected = expect({"e-1": ["succeeded", "superseded"], "e-2": ["skipped"]}, todos={"T-1": todo})
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


def test_what_ai_approval_took_in_is_no_matter_of_the_task_center() -> None:
    # given
    expected = expect({"e-1": ["succeeded"], "e-rule": []})
    rows = [row("succeeded"), row("superseded", target="ai"), row("succeeded", "e-rule", "ai")]

    # then
    assert find_event_mismatches(expected, rows) == []
    assert find_event_mismatches(expected, [*rows, row("succeeded", "e-rule")]) == [
        "event e-rule: expected nothing, found succeeded"
    ]
    assert find_event_mismatches(expected, [*rows, row("failed", target="ai")]) == [
        "event e-1: AI approval has it as failed"
    ]


def test_analyses_that_are_not_as_they_should_be_are_told() -> None:
    # given
    expected = expect(
        {},
        analyses={
            ("u-1", "T-1"): {"status": "done", "verdict": "approve"},
            ("u-1", "T-2"): None,
            ("u-1", "T-3"): {"status": "processed", "decision": "rejected"},
        },
    )
    as_it_should_be = [seat("done", verdict="approve"), seat("", "T-2"), seat("processed", "T-3", decision="rejected")]
    otherwise = [seat("done", verdict="reject"), seat("done", "T-2")]

    # then
    assert find_analysis_mismatches(expected, as_it_should_be, is_simulated=True) == []
    assert find_analysis_mismatches(expected, otherwise, is_simulated=True) == [
        "analysis of T-1 for u-1: verdict should be approve, is reject",
        "analysis of T-2 for u-1: should not be there",
        "analysis of T-3 for u-1: should be there",
    ]
    assert len(find_analysis_mismatches(expected, otherwise, is_simulated=False)) == 2
