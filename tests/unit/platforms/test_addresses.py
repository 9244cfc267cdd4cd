"""Addresses that lead back to the function: refused where they are entered, and where a name resolves to one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taskbridge.errors import ConfigurationError
from taskbridge.platforms.addresses import check_address, check_host, is_own, parse_hosts
from taskbridge.platforms.http import build_http_client, fetch, timeouts
from tests.builders import calm

OWN = [
    "127.0.0.1",
    "127.8.9.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",
    "0",
    "169.254.169.254",
    "169.254.100.1",
    "169.254.170.2",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
]
OTHERS = [
    "10.0.0.8",
    "192.168.1.1",
    "172.16.0.1",
    "100.64.0.1",
    "203.0.113.7",
    "fd12::1",
    "2001:db8::1",
    "gateway.school.edu.cn",
    "1.2.3.4.5",
    "256.1.1.1",
]


@pytest.mark.parametrize("address", OWN)
def test_addresses_of_the_machine_itself_are_known_however_they_are_written(address: str) -> None:
    assert is_own(address)


@calm
@given(st.text("aZ09-_.[]:", min_size=1, max_size=14))
@example("256.1.1.1")
@example("202.112.1.999:8080")
@example("[v1.a]")
def test_whatever_is_taken_for_an_address_can_be_called(host: str) -> None:
    try:
        address = check_host("host", f"https://{host}")
    except ConfigurationError:
        return
    assert httpx.URL(f"{address}/path").raw_path == b"/path"


@pytest.mark.parametrize("address", OTHERS)
def test_a_gateway_of_the_campus_may_have_any_other_address(address: str) -> None:
    assert not is_own(address)


@pytest.mark.parametrize(
    "host",
    [
        *(f"[{each}]" if ":" in each else each for each in OWN if "%" not in each),
        "localhost",
        "LOCALHOST",
        "a.localhost",
        "sandbox.localdomain",
    ],
)
def test_no_platform_is_entered_there(host: str) -> None:
    with pytest.raises(ConfigurationError, match="leads back to the function itself") as caught:
        check_address("host", f"http://{host}:9001", frozenset())
    assert caught.value.field == "host"


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("http://127.0.0.1:9001", "127.0.0.1"),
        ("http://127.0.0.1:9001", "localhost, 127.0.0.1:9001"),
        ("http://localhost", "localhost:80"),
        ("https://localhost/v1", "localhost:443"),
    ],
)
def test_the_stack_on_one_machine_names_those_that_may_be_there(url: str, hosts: str) -> None:
    check_address("host", url, parse_hosts(hosts))


def test_another_port_of_a_host_that_is_named_with_its_port_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        check_address("host", "http://127.0.0.1:9001", parse_hosts("127.0.0.1:8080"))


@pytest.fixture
def port() -> Iterator[int]:
    """A listener that nobody should send anything to."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]


def call(client: httpx.Client, url: str) -> None:
    fetch(client, httpx.Request("POST", url, content=b"secret", extensions={"timeout": timeouts(0.3)}))


def test_a_name_that_resolves_to_it_is_called_by_nobody(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # given: a name of the campus that somebody points to our own address
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: real("127.0.0.1" if "school" in str(host) else host, *rest, **more),
    )

    with build_http_client(1, frozenset()) as client, pytest.raises(httpx.ConnectError, match="leads back"):
        call(client, f"http://gateway.school.test:{port}/token")


def test_what_may_be_there_is_called(port: int) -> None:
    with build_http_client(1, frozenset({"127.0.0.1"})) as client, pytest.raises(httpx.TimeoutException):
        call(client, f"http://127.0.0.1:{port}/token")


def test_nothing_is_sent_to_it() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/token"
        with build_http_client(1, frozenset()) as client, pytest.raises(httpx.ConnectError):
            call(client, url)
        connection, _ = listener.accept()
        with closing(connection):
            assert connection.recv(100) == b""
