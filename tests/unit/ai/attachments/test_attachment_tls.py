"""Fetching over TLS: the connection goes to the address that was checked, the certificate is that of the name."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ai_analyze.attachments import Fetcher, UnreadableFile
from taskbridge.platforms.http import tls_context


@dataclass
class Secured:
    """A server with a certificate for `files.example`, and the names that it was asked for."""

    port: int = 0
    names: list[str | None] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["Host"].encode())

    def log_message(self, *_: object) -> None:
        return


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        return  # a client that refuses the certificate hangs up


@pytest.fixture
def secured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secured]:
    found = Secured()
    context = certificate_for("files.example", tmp_path)
    context.sni_callback = lambda _socket, name, _context: found.names.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
    tls_context.cache_clear()
    with QuietServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()
    tls_context.cache_clear()


def certificate_for(host: str, folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(private + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


def test_the_name_is_asked_for_and_verified_at_the_checked_address(secured: Secured) -> None:
    host = f"files.example:{secured.port}"
    fetcher = Fetcher([], [host], resolve=lambda *_: ["127.0.0.1"])
    assert fetcher.fetch(f"https://{host}/a.pdf") == host.encode()
    assert secured.names == ["files.example"]


def test_a_server_with_the_certificate_of_another_name_is_refused(secured: Secured) -> None:
    host = f"other.example:{secured.port}"
    fetcher = Fetcher([], [host], resolve=lambda *_: ["127.0.0.1"])
    with pytest.raises(UnreadableFile, match="无法连接"):
        fetcher.fetch(f"https://{host}/a.pdf")
    assert secured.names == ["other.example"]
