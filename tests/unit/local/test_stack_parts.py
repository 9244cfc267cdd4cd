"""Settings, and the template on one machine: what needs no stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.bundles import Bundle
from local.deployment import bound_concurrency, place_bundles, spell_out_numbers
from local.errors import StackError
from local.settings import read_settings

TEMPLATE = {
    "Parameters": {
        "PushConcurrency": {"Type": "Number", "Default": 10},
        "AttachmentHosts": {"Type": "String", "Default": ""},
        "Retention": {"Type": "Number", "Default": 30},
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


def test_a_function_has_no_more_processes_than_are_reserved_for_it() -> None:
    resources = bound_concurrency(TEMPLATE, {"PushTaskFunction": 1})["Resources"]

    assert resources["PushTaskFunction"]["Properties"]["ReservedConcurrentExecutions"] == 1
    assert resources["CommonLayer"] == TEMPLATE["Resources"]["CommonLayer"]
