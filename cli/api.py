"""The HTTP API, as the commands use it."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from cli.connection import Connection
from cli.errors import NO_ANSWER, CommandError

PAGE = 200
TRIES = 5
LONGEST_WAIT_S = 60.0
NOT_FOUND = "not_found"
TIMEOUT = httpx.Timeout(35.0, connect=10.0)
_TRY_LATER = frozenset({429, 502, 503, 504})
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@=+~-]*")

Query = Mapping[str, str | int | None]


class Api:
    """Calls of one person. Every call may be repeated: a POST carries the same `Idempotency-Key` each time."""

    def __init__(self, client: httpx.Client, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._sleep = sleep

    def get(self, path: str, query: Query | None = None) -> Any:
        """The JSON of an answer. Raises CommandError for a problem, or where none comes."""
        return self.call("GET", path, query=query)

    def find(self, path: str) -> Any:
        """As get, but None where there is no such thing."""
        try:
            return self.get(path)
        except CommandError as error:
            if error.code == NOT_FOUND:
                return None
            raise

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """As get."""
        return self.call("POST", path, body=body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """As get."""
        return self.call("PUT", path, body=body)

    def delete(self, path: str, query: Query | None = None) -> Any:
        """As get."""
        return self.call("DELETE", path, query=query)

    def items(self, path: str, query: Query, limit: int) -> list[Any]:
        """The first items of a list, over as many pages as they take."""
        found: list[Any] = []
        cursor = None
        while len(found) < limit:
            page = self.get(path, {**query, "limit": min(PAGE, limit - len(found)), "cursor": cursor})
            found += page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                break
        return found[:limit]

    def stream(self, path: str, last_event_id: str) -> httpx.Response:
        """Server-sent events that are there by now, behind the last that was seen."""
        return self._send("GET", path, headers={"Last-Event-ID": last_event_id} if last_event_id else {})

    def call(self, method: str, path: str, *, query: Query | None = None, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON of an answer to any method. Raises CommandError for a problem, or where none comes."""
        answer = self._send(method, path, query=query, body=body)
        if answer.status_code == 204:
            return {}
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise CommandError("The answer is none of the API: is TASKBRIDGE_URL its address?")
        return found

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        params = {name: value for name, value in (query or {}).items() if value is not None}
        key = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
        request = self._client.build_request(method, path, params=params, json=body, headers={**key, **(headers or {})})
        for number in range(1, TRIES + 1):
            try:
                answer = self._client.send(request)
            except httpx.TransportError as error:
                if number == TRIES:
                    raise _unreachable(request, error) from None
                self._sleep(2.0 ** (number - 1))
                continue
            if answer.status_code not in _TRY_LATER or number == TRIES:
                break
            self._sleep(_wait_of(answer, number))
        if answer.is_success:
            return answer
        raise explain(answer)


@contextmanager
def open_api(
    connection: Connection, transport: httpx.BaseTransport | None, sleep: Callable[[float], None]
) -> Iterator[Api]:
    """The API of a connection. Raises CommandError where address or token are missing."""
    address, token = connection.api_address(), connection.bearer()
    with httpx.Client(
        base_url=address,
        headers={"Authorization": f"Bearer {token}"},
        timeout=TIMEOUT,
        transport=transport,
        trust_env=urlsplit(address).scheme == "https",  # http is this machine, which no proxy reaches
    ) as client:
        yield Api(client, sleep)


def path_of(*parts: str) -> str:
    """A path below /v1 of parts that may hold anything."""
    return "/v1/" + "/".join(quote(part, safe=":@=+~") for part in parts)


def encode_id(text: str) -> str:
    """An upstream's id as paths of the API carry it: any but a plain one as `~` and base64url."""
    if _PLAIN.fullmatch(text):
        return text
    return "~" + base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def explain(answer: httpx.Response) -> CommandError:
    """A refusal as sentences. Problem details are shown, and nothing else that came."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not (isinstance(problem, dict) and isinstance(problem.get("detail"), str)):
        return CommandError(_without_details(answer.status_code), _exit_status(answer.status_code))
    lines = [f"{problem['detail']} ({answer.status_code} {problem.get('code', '')})"]
    errors = problem.get("errors")
    if isinstance(errors, list) and len(errors) > 1:
        lines += [f"  {each.get('field')}: {each.get('problem')}" for each in errors if isinstance(each, dict)]
    if answer.status_code >= 500:
        lines.append(f"The log of the API has it as {problem.get('instance', 'unknown')}.")
    return CommandError("\n".join(lines), _exit_status(answer.status_code), str(problem.get("code", "")))


def _without_details(status: int) -> str:
    if status == 401:
        return "The API does not accept the token. It may have expired: get a new one. (401)"
    if status in {404, 405}:
        return f"There is no such address: is TASKBRIDGE_URL that of the API? ({status})"
    return f"The API answered with {status}."


def _exit_status(status: int) -> int:
    return NO_ANSWER if status in _TRY_LATER else 1


def _unreachable(request: httpx.Request, error: httpx.TransportError) -> CommandError:
    where = f"{request.url.scheme}://{request.url.netloc.decode()}"
    return CommandError(f"The API at {where} does not answer: {type(error).__name__} {error}".strip(), NO_ANSWER)


def _wait_of(answer: httpx.Response, number: int) -> float:
    asked = answer.headers.get("Retry-After", "")
    wait = float(asked) if asked.isascii() and asked.isdigit() else 2.0 ** (number - 1)
    return min(wait, LONGEST_WAIT_S)
