"""Fetches attachments: whatever stands in an address of a form, only what was allowed is reached.

A name is looked up once, each of its addresses is checked, and the connection goes to a checked address; a name that
changes its mind in between changes nothing. TLS verifies the name all the same.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Sequence

import httpx

from ai_analyze.attachments.addresses import host_of, is_listed, is_public, parse_hosts, port_of
from ai_analyze.extraction.limits import DEFAULT_LIMITS, Limits, UnreadableFile
from taskbridge.platforms.http import build_http_client, timeouts

MOST_REDIRECTS = 3
_MOST_ADDRESSES = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAY_PASS = frozenset({408, 425, 429})

Resolve = Callable[[str, int], Sequence[str]]


def resolve(name: str, port: int) -> Sequence[str]:
    """The IP addresses of a name, IPv4 first: most networks of functions have no other. Raises OSError."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    addresses = {(family != socket.AF_INET, str(address[0])): None for family, *_, address in found}
    return [address for _, address in sorted(addresses)]


class Fetcher:
    """Fetches from the `allowed` hosts (`host` or `host:port`).

    Those that are `trusted` are allowed too, and only they may have addresses that are not public. Raises
    ConfigurationError for an entry that is neither `host` nor `host:port`. Threads may share it.
    """

    def __init__(
        self,
        allowed: Iterable[str],
        trusted: Iterable[str] = (),
        limits: Limits = DEFAULT_LIMITS,
        *,
        resolve: Resolve = resolve,
    ) -> None:
        self._trusted = parse_hosts(trusted, "trusted")
        self._allowed = parse_hosts(allowed, "attachment_hosts") | self._trusted
        self._limits = limits
        self._resolve = resolve

    def fetch(self, url: str) -> bytes:
        """The content, as its host sends it. Raises UnreadableFile."""
        ends = time.monotonic() + self._limits.fetch_s
        target = _parse_url(url)
        for _ in range(MOST_REDIRECTS + 1):
            found = self._fetch_once(target, ends)
            if isinstance(found, bytes):
                return found
            target = found
        raise UnreadableFile(f"附件地址跳转超过 {MOST_REDIRECTS} 次，未下载")

    def _fetch_once(self, url: httpx.URL, ends: float) -> bytes | httpx.URL:
        """The content, or where the host says that it is."""
        for address in self._addresses(url):
            request = _build_request(url, address, ends - time.monotonic())
            # A client for this request alone: no connection is ever reused for another name at the same address.
            with build_http_client(1) as client:
                try:
                    response = client.send(request, stream=True)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    continue
                except httpx.HTTPError as error:
                    raise _broken(error) from error
                try:
                    return self._read(response, url)
                except httpx.HTTPError as error:
                    raise _broken(error) from error
                finally:
                    response.close()
        raise UnreadableFile("附件所在服务器无法连接，未能下载", retryable=True)

    def _addresses(self, url: httpx.URL) -> Sequence[str]:
        if url.scheme not in {"http", "https"}:
            raise UnreadableFile("附件地址不是 http 或 https，未下载")
        if url.userinfo:
            raise UnreadableFile("附件地址中带有用户名或密码，未下载")
        if not is_listed(url, self._allowed):
            raise UnreadableFile("附件所在主机不在允许名单内，未下载")
        try:
            addresses = self._resolve(host_of(url), port_of(url))
        except (OSError, UnicodeError) as error:
            raise UnreadableFile("附件所在主机的域名无法解析，未能下载", retryable=True) from error
        if not is_listed(url, self._trusted) and not all(map(is_public, addresses)):
            raise UnreadableFile("附件所在主机指向内部网络地址，未下载")
        return addresses[:_MOST_ADDRESSES]

    def _read(self, response: httpx.Response, url: httpx.URL) -> bytes | httpx.URL:
        if response.status_code in _REDIRECTS:
            return _parse_url(response.headers.get("location", ""), base=url)
        if response.status_code != 200:
            may_pass = response.status_code >= 500 or response.status_code in _MAY_PASS
            raise UnreadableFile(f"附件所在服务器返回状态 {response.status_code}，未能下载", retryable=may_pass)
        if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise UnreadableFile("附件被服务器压缩传输，未下载")
        return self._read_body(response)

    def _read_body(self, response: httpx.Response) -> bytes:
        most = self._limits.file_bytes
        declared = response.headers.get("content-length", "")
        too_large = UnreadableFile(f"附件超过 {most / 1024 / 1024:g} MB，未下载")
        if declared.isdecimal() and len(declared) < 20 and int(declared) > most:
            raise too_large
        content = bytearray()
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > most:
                raise too_large
        return bytes(content)


def _parse_url(url: str, base: httpx.URL | None = None) -> httpx.URL:
    try:
        return base.join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise UnreadableFile("附件地址无法识别，未下载") from error


def _build_request(url: httpx.URL, address: str, left_s: float) -> httpx.Request:
    if left_s <= 0:
        raise _broken(httpx.ReadTimeout(""))
    name = host_of(url)
    headers = {
        "Host": url.netloc.decode("ascii"),
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": "taskbridge",
    }
    extensions = {"timeout": timeouts(left_s), "sni_hostname": name}
    return httpx.Request("GET", url.copy_with(host=address), headers=headers, extensions=extensions)


def _broken(error: httpx.HTTPError) -> UnreadableFile:
    if isinstance(error, httpx.TimeoutException):
        return UnreadableFile("附件下载超时，未能下载", retryable=True)
    return UnreadableFile("附件下载中断，未能下载", retryable=True)
