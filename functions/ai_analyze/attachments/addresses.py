"""Where attachments may be fetched from: hosts that were allowed, and addresses of the public internet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

import httpx

from taskbridge.errors import ConfigurationError

DEFAULT_PORTS = {"http": 80, "https": 443}
# What clouds answer their own machines on, though it lies among addresses of the internet.
_OF_CLOUDS = (ip_network("192.0.0.0/24"), ip_network("168.63.129.16/32"))
_NAME = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")


@dataclass(frozen=True, slots=True)
class Host:
    """A host in ASCII and lower case. Without a `port` it stands for the usual port of either scheme."""

    name: str
    port: int | None = None


def parse_hosts(entries: Iterable[str], setting: str) -> frozenset[Host]:
    """Hosts from `host` and `host:port` (IPv6 addresses in brackets), as `setting` names them.

    Raises ConfigurationError, with the place in the list, for anything else.
    """
    return frozenset(_parse_host(entry.strip(), f"{setting}[{index}]") for index, entry in enumerate(entries))


def _parse_host(entry: str, field: str) -> Host:
    refused = ConfigurationError(field, f"expected host or host:port, got {entry!r}")
    try:
        url = httpx.URL(f"//{entry}")
    except httpx.InvalidURL as error:
        raise refused from error
    is_host = _NAME.fullmatch(host_of(url)) and not any(mark in entry for mark in "/?#@")
    if not is_host or not (url.port is None or 0 < url.port < 65536):
        raise refused
    return Host(host_of(url), url.port)


def host_of(url: httpx.URL) -> str:
    """The host of a URL as it is looked up: ASCII, lower case, IPv6 addresses without brackets."""
    return url.raw_host.decode("ascii").lower()


def port_of(url: httpx.URL) -> int:
    """The port that an http or https URL leads to."""
    return DEFAULT_PORTS[url.scheme] if url.port is None else url.port


def is_listed(url: httpx.URL, hosts: frozenset[Host]) -> bool:
    """Whether the list has the host with this port, or without one where the URL's port is the usual one."""
    name, port = host_of(url), port_of(url)
    return Host(name, port) in hosts or (port == DEFAULT_PORTS[url.scheme] and Host(name) in hosts)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet.

    Loopback, private, link-local (metadata of clouds), carrier-grade NAT, multicast and reserved ranges do not, nor
    does any IPv6 address with an IPv4 address inside (mapped, NAT64, 6to4, Teredo): that one is what would be reached.
    """
    ip = ip_address(address)
    if not ip.is_global or ip.is_multicast or ip.is_reserved or any(ip in network for network in _OF_CLOUDS):
        return False
    return not isinstance(ip, IPv6Address) or not (ip.is_site_local or ip.sixtofour or ip.teredo or ip.scope_id)
