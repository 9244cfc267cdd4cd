"""Where attachments may be fetched from."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ai_analyze.attachments.addresses import is_listed, is_public, parse_hosts
from taskbridge.errors import ConfigurationError
from taskbridge.platforms.addresses import check_fetched_host
from tests.builders import calm

LISTED = parse_hosts(["Files.Example.edu.cn", "store.example:8443", "[2606:4700::1111]:9000", "文件.中国"], "hosts")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://files.example.edu.cn/a.pdf", True),
        ("http://FILES.example.edu.cn/a.pdf", True),
        ("https://files.example.edu.cn:443/a.pdf", True),
        ("https://files.example.edu.cn:8443/a.pdf", False),
        ("http://files.example.edu.cn:443/a.pdf", False),
        ("https://store.example:8443/a", True),
        ("https://store.example/a", False),
        ("http://[2606:4700::1111]:9000/a", True),
        ("https://xn--5nqy36c.xn--fiqs8s/a", True),
        ("https://文件.中国/a", True),
        ("https://evil.files.example.edu.cn/a", False),
        ("https://files.example.edu.cn.evil.example/a", False),
        ("https://files.example.edu.cn./a", False),
        ("https://evil.example/files.example.edu.cn", False),
    ],
)
def test_a_host_is_listed_with_its_port_or_with_the_usual_one(url: str, expected: bool) -> None:
    assert is_listed(httpx.URL(url), LISTED) is expected


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "https://files.example",
        "files.example/path",
        "user@files.example",
        "*.example",
        "a b",
        ":80",
        "a:b",
        "a:0",
        "a:99999",
        "a?b",
        "a#b",
    ],
)
def test_what_is_no_host_is_refused_with_its_place_in_the_list(entry: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_hosts(["files.example", entry], "attachment_hosts")
    assert refused.value.field == "attachment_hosts[1]"


@calm
@given(st.text("aZ09-_.", min_size=1, max_size=12), st.sampled_from(["", ":0", ":1", ":443", ":65535", ":65536"]))
@example("256.1.1.1", "")
def test_what_the_settings_take_can_be_fetched_from(name: str, port: str) -> None:
    try:
        check_fetched_host("attachment_hosts", name + port)
    except ConfigurationError:
        return
    assert parse_hosts([name + port], "attachment_hosts")


@pytest.mark.parametrize("address", ["8.8.8.8", "202.120.0.1", "2606:4700:4700::1111", "240e:1::1"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "169.254.170.2",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::1",
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_every_other_address_is_not(address: str) -> None:
    assert not is_public(address)
