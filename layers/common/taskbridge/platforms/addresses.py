"""Addresses of platforms: how one is written, and which none has. Refused when it is saved, and when it is called.

No platform is where a function of ours reaches itself, or what AWS tells it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from taskbridge.errors import ConfigurationError
from taskbridge.flaws import flaw

HOST_EXAMPLE = "https://gateway.school.edu.cn"
_FETCHED_EXAMPLE = "files.school.edu.cn:8443"

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOSTNAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")
_FOUR_NUMBERS = re.compile(r"[0-9]+(\.[0-9]+){3}")
# "This network"; and where EC2 answers its machines by IPv6. Link-local has the metadata and the runtime of Lambda.
_OWN = (ip_network("0.0.0.0/8"), ip_network("fd00:ec2::/32"))
_NAT64 = ip_network("64:ff9b::/96")
_NAMES = ("localhost", "localdomain")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_host(field: str, value: str) -> str:
    """`https://name[:port]` (or http); a blank around it and a slash after it are forgiven."""
    text = value.strip().removesuffix("/")
    kind = _host_flaw(text)
    if kind:
        # A mistyped address may hold a password: it is not repeated.
        shown = "an address with a user name" if "@" in text else repr(text)
        raise ConfigurationError(field, flaw(kind, expected=HOST_EXAMPLE, got=shown))
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc}"


def check_fetched_host(field: str, value: str) -> None:
    """Refuse what is neither `name` nor `name:port`. Raises ConfigurationError."""
    kind = _host_flaw(f"https://{value}")
    if kind:
        raise ConfigurationError(field, flaw(kind, expected=_FETCHED_EXAMPLE, got=repr(value)))


def _host_flaw(text: str) -> str:
    """The kind of flaw that a host has, empty where it has none."""
    if not _VISIBLE_ASCII.fullmatch(text):
        return "host_blank"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "host_unreadable"
    bracketed = parts.netloc.startswith("[")
    flaws = {
        "host_scheme": parts.scheme not in {"https", "http"},
        "host_user": "@" in parts.netloc,
        "host_tail": text.partition("://")[2] != parts.netloc,
        "host_nameless": not _names_a_host(parts.hostname or "", bracketed=bracketed),
        "host_port": port == 0 or parts.netloc.endswith(":"),
    }
    return next((kind for kind, holds in flaws.items() if holds), "")


def _names_a_host(host: str, *, bracketed: bool) -> bool:
    """Four numbers, and what stands in brackets, are an IP address: no name begins so, and nobody could be called."""
    if not bracketed and not _FOUR_NUMBERS.fullmatch(host):
        return _HOSTNAME.fullmatch(host) is not None
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def is_own(address: str) -> bool:
    """Whether an IP address is loopback, link-local or unspecified, however it is written; False for a name."""
    ip = _parse(address)
    if isinstance(ip, IPv6Address):
        inner = _inner(ip)
        return (
            ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip in _OWN[1] or bool(inner and _is_own4(inner))
        )
    return ip is not None and _is_own4(ip)


def is_allowed(host: str, port: int, hosts: Collection[str]) -> bool:
    """Whether `hosts` (`host` for all its ports, or `host:port`) has this one."""
    return host in hosts or f"{host}:{port}" in hosts


def check_address(field: str, url: str, hosts: Collection[str]) -> None:
    """Refuse a platform at such an address, unless `hosts` allow it. Raises ConfigurationError."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if not is_own(host) and host.rpartition(".")[2] not in _NAMES:
        return
    if not is_allowed(host, parts.port or _DEFAULT_PORTS.get(parts.scheme, 0), hosts):
        raise ConfigurationError(field, flaw("own_address", got=host))


def parse_hosts(text: str) -> frozenset[str]:
    """The hosts of a setting, with commas between them."""
    return frozenset(host.strip().lower() for host in text.split(",") if host.strip())


def _is_own4(ip: IPv4Address) -> bool:
    return ip.is_loopback or ip.is_link_local or ip in _OWN[0]


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that is reached by an IPv6 one."""
    if ip in _NAT64 or int(ip) < 2**32:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address.partition("%")[0])
    except ValueError:
        return _parse_short(address)


def _parse_short(address: str) -> IPv4Address | None:
    """An IPv4 address as the C library also takes it: `127.1`, `0x7f000001`, `2130706433`, `0177.0.0.1`."""
    try:
        parts = [int(part, 8 if part.startswith("0") and part.isdigit() else 0) for part in address.split(".")]
    except ValueError:
        return None
    *first, last = parts
    room = 256 ** (4 - len(first))
    if len(first) > 3 or not 0 <= last < room or not all(0 <= part < 256 for part in first):
        return None
    value = last
    for number, part in enumerate(first):
        value += part << (24 - 8 * number)
    return IPv4Address(value)
