"""`taskbridge login`, `logout` and `open`: signing in by the browser, so that nobody pastes tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import typer

from cli.connection import Connection
from cli.errors import NO_ANSWER, CommandError
from cli.kept_login import Issuer, KeptLogin, ask_for_tokens, ends_at, forget_login, keep_login
from cli.session import Session
from cli.world import SIGN_IN_PORT

SIGNED_IN = "/signed-in"
COMING_BACK = f"http://localhost:{SIGN_IN_PORT}{SIGNED_IN}"  # as the client of the user pool lists it
WAIT_S = 300.0
STRAY_QUESTIONS = 5
_PAGE = (
    "<!doctype html><meta charset=utf-8><title>taskbridge</title><p>{} 可以关闭此页。You may close this page.".format
)
# The page for each kind of what is found, the parameter of its address, and what it holds.
_PLACES: Mapping[str, tuple[str, str, str]] = {
    "push_log": ("push-logs", "open", "id"),
    "instance": ("push-logs", "instance", "name"),
    "task": ("push-logs", "task", "name"),
    "rejected_event": ("rejected-events", "open", "id"),
    "skipped_event": ("skipped-events", "open", "id"),
    "replay": ("replays", "open", "id"),
    "own_task": ("approvals", "open", "id"),
    "analysis": ("approvals", "open", "within"),
}
Url = Annotated[str, typer.Option(metavar="ADDRESS", help="Output ApiUrl of the stack; else TASKBRIDGE_URL.")]


def sign_in(
    context: typer.Context,
    url: Url = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Your name at the issuer, to be filled in.")] = "",
) -> int:
    """Sign in by your browser at the stack's issuer; the login is kept on this machine and renewed by itself."""
    session: Session = context.obj
    address = Connection(url=url or session.connection.url).api_address()
    issuer = find_issuer(address, session)
    login = _by_browser(address, issuer, name, session)
    keep_login(login, session.world.environment)
    session.screen.tell(f"Signed in at {address}. `taskbridge logout` forgets it.")
    return 0


def sign_out(context: typer.Context) -> int:
    """Forget the login that is kept on this machine."""
    session: Session = context.obj
    forget_login(session.world.environment)
    session.screen.tell("No login is kept any more. Your session at the issuer ends by itself, or in the console.")
    return 0


def open_console(
    context: typer.Context,
    sought: Annotated[str, typer.Argument(metavar="ID", help="An event, log, task, instance, analysis or job.")] = "",
) -> int:
    """Open the console in your browser, at what an id names."""
    session: Session = context.obj
    place = "overview"
    if sought:
        hits = session.api.get("/v1/search", {"id": sought})["hits"]
        place = next((_place_of(hit) for hit in hits if hit["kind"] in _PLACES), "")
        if not place:
            raise CommandError(f"Nothing that you may see is called {sought}.")
    address = f"{session.connection.console_address()}/{place}"
    session.screen.tell(address)
    session.world.browse(address)
    return 0


def _place_of(hit: Mapping[str, str]) -> str:
    """The page of the console that shows what was found."""
    page, name, source = _PLACES[hit["kind"]]
    return f"{page}?{urlencode({name: hit[source]})}"


def find_issuer(address: str, session: Session) -> Issuer:
    """Whom the stack's people sign in with, as its console is told. Raises CommandError."""
    with httpx.Client(transport=session.world.transport, timeout=20.0) as client:
        config = _read(client, f"{address}/console/config.json")
        if sign_in := str(config.get("sign_in", "")):
            places = {name: f"{sign_in}/oauth2/{name}" for name in ("authorize", "token")}
        else:
            known = _read(client, f"{config['issuer']}/.well-known/openid-configuration")
            places = {"authorize": known["authorization_endpoint"], "token": known["token_endpoint"]}
    return Issuer(str(config["client_id"]), str(config["scopes"]), places["authorize"], places["token"])


def _read(client: httpx.Client, address: str) -> dict[str, Any]:
    try:
        return dict(client.get(address).raise_for_status().json())
    except (httpx.HTTPError, ValueError, TypeError) as error:
        raise CommandError(f"{address} does not answer as it should: {type(error).__name__}", NO_ANSWER) from None


def _by_browser(address: str, issuer: Issuer, name: str, session: Session) -> KeptLogin:
    """Raises CommandError where nobody comes back, or the issuer refuses."""
    world = session.world
    verifier, state = secrets.token_urlsafe(64), secrets.token_urlsafe(16)
    with _listen(world.sign_in_port) as server:
        page = _page_of(issuer, server.coming_back, verifier, state, name)
        session.screen.tell(f"Your browser opens {page}\nIf it does not, open this address yourself.")
        world.browse(page)
        for _ in range(STRAY_QUESTIONS):  # a browser asks for an icon, too
            server.handle_request()
            if server.came_back:
                break
    code = _code_of(server.came_back, state)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": server.coming_back,
        "code_verifier": verifier,
    }
    answer = ask_for_tokens(issuer, world.transport, **form)
    refresh = str(answer.get("refresh_token") or "")
    return KeptLogin(address, issuer, answer["id_token"], refresh, ends_at(answer, world.clock()))


def _page_of(issuer: Issuer, coming_back: str, verifier: str, state: str, name: str) -> str:
    """Where people sign in; a code that is given there is good for nobody without the verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": issuer.client_id,
        "redirect_uri": coming_back,
        "scope": issuer.scopes,
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **({"login_hint": name} if name else {}),
    }
    return f"{issuer.authorize}?{urlencode(query)}"


def _code_of(came_back: str, state: str) -> str:
    """The code that the browser came back with. Raises CommandError for none, or for one of another login."""
    if not came_back:
        raise CommandError(f"Nobody came back within {WAIT_S:.0f} s.", NO_ANSWER)
    query = parse_qs(urlsplit(came_back).query)
    if query.get("state") != [state]:
        raise CommandError("The browser came back from another login: try again.")
    if "code" not in query:
        raise CommandError(f"The issuer did not sign you in: {' '.join(query.get('error', ['no reason']))}.")
    return query["code"][0]


class _Listener(HTTPServer):
    """Waits on this machine for the browser to come back."""

    timeout = WAIT_S
    came_back = ""

    @property
    def coming_back(self) -> str:
        """Where the issuer is to lead back to."""
        return f"http://localhost:{self.server_port}{SIGNED_IN}"


class _Handler(BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:
        """What the issuer sends the browser back with; a stray question for an icon is answered with nothing."""
        is_it = urlsplit(self.path).path == SIGNED_IN
        if is_it:
            self.server.came_back = self.path
        body = _PAGE("taskbridge").encode() if is_it else b""
        self.send_response(200 if is_it else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the address holds a code."""


def _listen(port: int) -> _Listener:
    try:
        return _Listener(("127.0.0.1", port), _Handler)
    except OSError as error:
        raise CommandError(
            f"Port {port} of this machine is taken: {error.strerror}. The issuer leads back there."
        ) from None
