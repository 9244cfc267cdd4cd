"""Fetching attachments: only from where it was allowed, only so much, and never with a surprise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_analyze.attachments import Fetcher, Limits, UnreadableFile

CONTENT = b"%PDF-1.7 of 2026"
PUBLIC = "202.120.0.1"


@dataclass
class Site:
    """A file server on this machine: what it answers by path, and what it was asked."""

    port: int
    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/a.pdf") -> str:
        return f"http://{self.host}{path}"

    def answer(self, path: str, status: int = 200, content: bytes = CONTENT, **headers: str) -> None:
        def act(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)

        self.answers[path] = act


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site(0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, dict(self.headers)))
            try:
                found.answers[self.path](self)
            except OSError:
                return  # the client went away, as it should

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.port = server.server_address[1]
        found.answer("/a.pdf")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


class Names:
    """A name service that counts: each name has its addresses, and may have others the next time."""

    def __init__(self, **addresses: Sequence[str]) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    def __call__(self, name: str, port: int) -> Sequence[str]:
        self.asked.append(name)
        if name not in self.addresses:
            raise OSError(name)
        return self.addresses[name]


def problem_of(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(UnreadableFile) as unreadable:
        fetcher.fetch(url)
    return unreadable.value.problem


def test_a_file_comes_as_its_host_sends_it(site: Site) -> None:
    assert Fetcher([], [site.host]).fetch(site.url()) == CONTENT
    _, headers = site.asked[0]
    assert headers["Host"] == site.host
    assert headers["Accept-Encoding"] == "identity"
    assert not {"Cookie", "Authorization"} & set(headers)


def test_a_name_is_looked_up_once_and_its_checked_address_is_reached(site: Site) -> None:
    # given a name that would lead elsewhere the second time
    names = Names(files=["127.0.0.1"])
    fetcher = Fetcher([], [f"files:{site.port}"], resolve=names)

    # when
    content = fetcher.fetch(f"http://files:{site.port}/a.pdf")

    # then
    assert content == CONTENT
    assert names.asked == ["files"]
    assert site.asked[0][1]["Host"] == f"files:{site.port}"


@pytest.mark.parametrize(
    "url",
    [
        "http://other.example/a.pdf",
        "http://files.example:8080/a.pdf",
        "http://files.example.evil.example/a.pdf",
        "http://127.0.0.1/a.pdf",
        "http://127.1/a.pdf",
        "http://2130706433/a.pdf",
        "http://0x7f.0.0.1/a.pdf",
        "http://[::1]/a.pdf",
        "http://[::ffff:127.0.0.1]/a.pdf",
        "http://169.254.169.254/latest/meta-data/",
        "http://metadata.google.internal/",
        "http://files.example@127.0.0.1/a.pdf",
        "http://127.0.0.1#@files.example/",
        "http://files.example\\@127.0.0.1/",
        "http://user:secret@files.example/a.pdf",
        "http://files.example:99999/a.pdf",
        "http://files.example:0/a.pdf",
        "ftp://files.example/a.pdf",
        "file:///etc/passwd",
        "gopher://files.example/_x",
        "data:text/plain,approve",
        "javascript:alert(1)",
        "//files.example/a.pdf",
        "/etc/passwd",
        "http://",
        "http://\n/",
        "http://files.example/\r\nHost: evil",
        "",
        "\ud800",
        "http://" + "a" * 70_000,
    ],
)
def test_an_address_that_was_not_allowed_is_never_looked_up(url: str) -> None:
    names = Names(**{"files.example": [PUBLIC]})
    assert problem_of(Fetcher(["files.example"], resolve=names), url).endswith("未下载")
    assert names.asked == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.8"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:10.0.0.8"],
        ["64:ff9b::a00:8"],
        ["0.0.0.0"],
        [PUBLIC, "10.0.0.8"],
    ],
)
def test_an_allowed_name_with_any_private_address_is_refused(addresses: list[str]) -> None:
    fetcher = Fetcher(["files.example"], resolve=Names(**{"files.example": addresses}))
    assert problem_of(fetcher, "http://files.example/a.pdf") == "附件所在主机指向内部网络地址，未下载"


def test_only_what_is_trusted_may_be_on_this_machine(site: Site) -> None:
    assert "内部网络" in problem_of(Fetcher([site.host]), site.url())
    assert Fetcher([site.host], [site.host]).fetch(site.url()) == CONTENT
    assert len(site.asked) == 1


def test_a_redirect_is_followed_where_its_target_is_allowed_too(site: Site) -> None:
    site.answer("/old", 302, Location="/a.pdf")
    site.answer("/older", 307, Location=site.url("/old"))
    assert Fetcher([], [site.host]).fetch(site.url("/older")) == CONTENT


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/iam/",
        "http://localhost/a.pdf",
        "//evil.example/a.pdf",
        "file:///etc/passwd",
        "http://user@{host}/a.pdf",
        "http://[",
        "",
    ],
)
def test_a_redirect_to_anywhere_else_is_refused(site: Site, location: str) -> None:
    site.answer("/old", 302, Location=location.format(host=site.host))
    assert problem_of(Fetcher([], [site.host]), site.url("/old")).endswith("未下载")


def test_redirects_end(site: Site) -> None:
    site.answer("/round", 301, Location="/round")
    assert "跳转" in problem_of(Fetcher([], [site.host]), site.url("/round"))
    assert len(site.asked) == 4


def test_a_name_that_moves_inside_between_two_steps_is_refused(site: Site) -> None:
    # given a host that redirects to its own name, which by then is an address inside
    names = Names(files=["127.0.0.1"], moving=["10.0.0.8"])
    site.answer("/old", 302, Location="http://moving/a.pdf")
    fetcher = Fetcher(["moving"], [f"files:{site.port}"], resolve=names)
    assert "内部网络" in problem_of(fetcher, f"http://files:{site.port}/old")


@pytest.mark.parametrize(
    ("status", "may_pass"),
    [(400, False), (403, False), (404, False), (408, True), (429, True), (500, True), (503, True)],
)
def test_an_error_of_the_host_says_whether_it_may_pass(site: Site, status: int, may_pass: bool) -> None:
    site.answer("/a.pdf", status)
    with pytest.raises(UnreadableFile, match=str(status)) as unreadable:
        Fetcher([], [site.host]).fetch(site.url())
    assert unreadable.value.retryable is may_pass


@pytest.mark.parametrize("declares", [True, False])
def test_a_file_above_the_limit_is_not_read_to_its_end(site: Site, declares: bool) -> None:
    # given a host that would never stop
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        if declares:
            handler.send_header("Content-Length", str(10**12))
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    site.answers["/a.pdf"] = act
    assert problem_of(Fetcher([], [site.host], Limits(file_bytes=1024 * 1024)), site.url()) == "附件超过 1 MB，未下载"


def test_a_file_at_the_limit_is_read(site: Site) -> None:
    assert Fetcher([], [site.host], Limits(file_bytes=len(CONTENT))).fetch(site.url()) == CONTENT


def test_compressed_answers_are_refused(site: Site) -> None:
    site.answer("/a.pdf", Content_Encoding="gzip")
    assert "压缩" in problem_of(Fetcher([], [site.host]), site.url())


def test_a_file_that_breaks_off_is_not_taken_for_whole(site: Site) -> None:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(CONTENT)

    site.answers["/a.pdf"] = act
    assert "中断" in problem_of(Fetcher([], [site.host]), site.url())


def test_a_file_that_trickles_in_is_given_up_as_a_whole(site: Site) -> None:
    # given a server whose single bytes come well within any timeout of one read
    gone = threading.Event()

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not gone.wait(0.01):
            handler.wfile.write(b"x")

    site.answers["/a.pdf"] = act
    assert "超时" in problem_of(Fetcher([], [site.host], Limits(fetch_s=1.0)), site.url())
    gone.set()


def test_a_host_without_a_server_may_come_back(site: Site) -> None:
    names = Names(closed=["127.0.0.1"])
    fetcher = Fetcher([], ["closed:1", "gone:1"], resolve=names)
    for url in ("http://closed:1/", "http://gone:1/"):
        with pytest.raises(UnreadableFile) as unreadable:
            fetcher.fetch(url)
        assert unreadable.value.retryable


def test_the_next_address_is_tried_where_one_does_not_answer(site: Site) -> None:
    # given an address of this machine on which nothing listens, before one on which the server does
    names = Names(files=["127.0.0.2", "127.0.0.1"])
    fetcher = Fetcher([], [f"files:{site.port}"], resolve=names)
    assert fetcher.fetch(f"http://files:{site.port}/a.pdf") == CONTENT


@given(st.text(max_size=60).map(lambda text: f"http://{text}") | st.text(max_size=60))
def test_no_text_whatever_makes_it_raise_anything_else(url: str) -> None:
    with pytest.raises(UnreadableFile):
        Fetcher(["files.example"], resolve=Names()).fetch(url)
