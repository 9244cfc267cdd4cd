"""The frame of the API: routes from the table of access, a guard before each, problems for errors."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import types
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder, Route

from admin_api.access import ACCESS, ANYONE, Access, Caller, read_caller
from admin_api.limits import MAX_KEY_CHARS, StoredAnswer
from admin_api.lists import Listed
from admin_api.problems import Problem, invalid, to_problem, to_response
from admin_api.requests import check_size, read_body
from admin_api.resolver import Resolver

if TYPE_CHECKING:
    from admin_api.wiring import Services

H = TypeVar("H", bound=Callable[..., Any])
T = TypeVar("T")
VERSION = "0.1.0"
JSON_TYPE = "application/json"
PROTECTION = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
}
_PARAMETER = re.compile(r"\{(\w+)\}")


class Router:
    """The routes of an area, under one heading of the description. `options` are those of Powertools' resolver.

    A handler is a function whose first parameter is the Api at hand; the others are what it reads of the request. It
    is registered bound to that Api, so that the description knows nothing of it, and a request pays nothing for it.
    """

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._routes: list[tuple[str, str, Callable[..., Any], Mapping[str, Any]]] = []

    def get(self, template: str, **options: Any) -> Callable[[H], H]:
        """Add a route, such as `/v1/platforms/{id}`; the table of access has to hold it."""
        return self._add("GET", template, options)

    def post(self, template: str, **options: Any) -> Callable[[H], H]:
        """See get."""
        return self._add("POST", template, options)

    def put(self, template: str, **options: Any) -> Callable[[H], H]:
        """See get."""
        return self._add("PUT", template, options)

    def delete(self, template: str, **options: Any) -> Callable[[H], H]:
        """See get."""
        return self._add("DELETE", template, options)

    def register(self, api: Api) -> None:
        """Register the routes with an API. Raises KeyError for one that the table of access does not hold."""
        for method, template, handler, options in self._routes:
            api.register(method, template, types.MethodType(handler, api), options)

    def _add(self, method: str, template: str, options: Mapping[str, Any]) -> Callable[[H], H]:
        def add(handler: H) -> H:
            self._routes.append((method, template, handler, {"tags": [self._tag], **options}))
            return handler

        return add


class Api:
    """What the handlers of routes are given: services, and what they ask about the request at hand."""

    def __init__(self, services: Services, areas: Iterable[Router] = ()) -> None:
        self.services = services
        self.resolver = Resolver(self._guard)
        self.resolver.use([self._once])
        self.resolver.exception_handler(Exception)(self._tell)
        for area in areas:
            area.register(self)

    def register(self, method: str, template: str, handler: Callable[..., Any], options: Mapping[str, Any]) -> None:
        """Register a route; see Router."""
        access = ACCESS[method, template]
        rule = _PARAMETER.sub(r"<\1>", template)
        security: list[dict[str, list[str]]] = [] if ANYONE in access.roles else [{"token": []}]
        told = {"description": inspect.getdoc(handler) or "", **options}
        self.resolver.route(rule, method, openapi_extensions={"security": security}, **told)(handler)

    @property
    def caller(self) -> Caller:
        """Who calls. Raises Problem (401) where nobody has signed in."""
        caller = read_caller(self._event, self.services.groups_claim, own_pool=self.services.own_pool)
        if caller is None:
            raise Problem(401, "not_signed_in", "Sign in: this needs a token.", headers={"WWW-Authenticate": "Bearer"})
        return caller

    def open_cursor(self, cursor: str | None) -> str | None:
        """The position that a `cursor` parameter stands for, None at the beginning. Raises Problem (400)."""
        return None if cursor is None else self.services.cursors.open(cursor, self._list_scope())

    def seal_cursor(self, position: str | None) -> str | None:
        """The `next_cursor` of a position in the list that is asked for, None at its end."""
        return None if position is None else self.services.cursors.seal(position, self._list_scope())

    def listed(self, items: list[T], following: str | None) -> Listed[T]:
        """A page of the list that is asked for; `following` is the position of the next one, None at the end."""
        return Listed(items, self.seal_cursor(following))

    def header(self, name: str) -> str:
        """A header of the request, empty where there is none. Names are lower case."""
        return next((str(value) for key, value in self._event["headers"].items() if key.lower() == name), "")

    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Answer a request of API Gateway (payload format 2.0)."""
        try:
            read = read_body(event)
        except Problem as problem:
            builder: ResponseBuilder[Any] = ResponseBuilder(to_response(problem, _instance(event)))
            answer = builder.build(self.resolver._to_proxy_event(dict(event)))  # noqa: SLF001
        else:
            answer = self.resolver.resolve(read, context)
        given = {name.lower(): value for name, value in answer.get("headers", {}).items()}
        return {**answer, "headers": PROTECTION | given}

    @property
    def _event(self) -> dict[str, Any]:
        event: dict[str, Any] = self.resolver.current_event.raw_event
        return event

    def _guard(self, method: str, template: str) -> None:
        """Who calls may call this, and not too often. A route that is not there is for whoever has signed in."""
        access = ACCESS.get((method, template), Access(frozenset()))
        check_size(self._event.get("body") or "", access.most_bytes)
        if ANYONE in access.roles:
            return
        caller = self.caller
        if access.roles and not caller.may(access):
            wanted = " or ".join(sorted(access.roles))
            raise Problem(403, "not_allowed", f"This is for the role {wanted}.")
        if access.per_minute:
            self.services.calls.take(f"{method} {template}", caller.uid, access.per_minute)
        self._check_content_type()

    def _check_content_type(self) -> None:
        kind = self.header("content-type").partition(";")[0].strip().lower()
        if self._event.get("body") and kind not in {"", JSON_TYPE}:
            raise Problem(415, "unsupported_media_type", f"The body has to be JSON: {JSON_TYPE}.")

    def _once(self, resolver: Any, following: Callable[[Any], Response[Any]]) -> Response[Any]:
        """A call with an `Idempotency-Key` starts its work once, and is answered the same each time."""
        route: Route = resolver.context["_route"]
        key = self.header("idempotency-key")
        if not key or not ACCESS[route.method, route.openapi_path].starts_work:
            return following(resolver)
        if len(key) > MAX_KEY_CHARS:
            raise invalid("Idempotency-Key", f"expected at most {MAX_KEY_CHARS} characters", where="header")
        keys, uid, scope = self.services.keys, self.caller.uid, f"{route.method} {route.openapi_path} {key}"
        stored = keys.begin(scope, uid, self._digest())
        if stored is not None:
            return Response(stored.status, JSON_TYPE, stored.body, headers={"Idempotent-Replayed": "true"})
        try:
            response = following(resolver)
        except BaseException:
            keys.give_up(scope, uid)
            raise
        keys.end(scope, uid, StoredAnswer(response.status_code, json.dumps(response.body, ensure_ascii=False)))
        return response

    def _digest(self) -> str:
        """What is asked, as a digest: path, query and body."""
        event = self._event
        asked = [event.get("rawPath", ""), event.get("rawQueryString", ""), event.get("body") or ""]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    def _list_scope(self) -> str:
        """Names the list that is asked for: whose it is, its route, and what it is filtered by."""
        event = self._event
        query = {
            name: value
            for name, value in (event.get("queryStringParameters") or {}).items()
            if name not in {"cursor", "limit"}
        }
        return json.dumps([self.caller.uid, event.get("rawPath", ""), query], sort_keys=True)

    def _tell(self, error: Exception) -> Response[str]:
        return to_response(to_problem(error), _instance(self._event))


def _instance(event: Mapping[str, Any]) -> str:
    """The id under which API Gateway logs the request."""
    return f"urn:taskbridge:request:{event.get('requestContext', {}).get('requestId', '')}"
