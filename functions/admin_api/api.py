"""The frame of the API: routes from the table of access, a guard before each, problems for errors."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder, Route
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from admin_api.access import ACCESS, ANYONE, Access, Caller, read_caller
from admin_api.ids import decode_id
from admin_api.limits import MAX_KEY_CHARS, StoredAnswer, parse_json, read_body
from admin_api.problems import Problem, invalid, not_found, to_problem, to_response
from admin_api.wiring import Services

H = TypeVar("H", bound=Callable[..., Any])
JSON_TYPE = "application/json"
# Parameters of paths that are ids of the upstream; `id` is decoded by the handlers, which know what it is.
UPSTREAM_IDS = frozenset({"app_id", "node_id", "task_id"})
PROTECTION = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
}
_PARAMETER = re.compile(r"\{(\w+)\}")
_PLACE = re.compile(r"<(\w+)>")


class Resolver(APIGatewayHttpResolver):
    """Powertools' resolver, with the guard before anything of a request is read or validated."""

    def __init__(self, guard: Callable[[str, str], None]) -> None:
        super().__init__(
            enable_validation=True,
            response_validation_error_http_code=500,
            json_body_deserializer=parse_json,
        )
        self._guard = guard
        self._at_hand = threading.local()

    @property
    def current_event(self) -> BaseProxyEvent:  # type: ignore[override]
        """The request of this thread. Powertools keeps one for the whole process."""
        event: BaseProxyEvent = self._at_hand.event
        return event

    def _to_proxy_event(self, event: dict[str, Any]) -> BaseProxyEvent:
        self._at_hand.event = super()._to_proxy_event(event)
        return self.current_event

    def _call_route(self, route: Route, route_arguments: dict[str, str]) -> ResponseBuilder[Any]:
        try:
            self._guard(route.method, route.openapi_path)
            self._check_query(route)
            decoded = {name: _decode(name, value) for name, value in route_arguments.items()}
        except Exception as error:  # noqa: BLE001  # every error is a problem, as after this point
            return self._refused(error, route)
        return super()._call_route(route, decoded)

    def _handle_not_found(self, method: str, path: str) -> ResponseBuilder[Any]:
        route = Route(method, "/", re.compile(""), not_found, cors=False, compress=False)
        if method == "OPTIONS":  # a browser asks what it may send; the gateway adds what the console may
            return ResponseBuilder(Response(204, body=""), route=route)
        try:
            self._guard(method, path)
            error: Exception = self._not_there(method, path)
        except Exception as refused:  # noqa: BLE001  # as above
            error = refused
        return self._refused(error, route)

    def _not_there(self, method: str, path: str) -> Problem:
        """404, or 405 where another method is there."""
        routes = self._static_routes + self._dynamic_routes
        methods = sorted({route.method for route in routes if route.rule.match(path)})
        if not methods:
            return not_found("route")
        allowed = ", ".join(methods)
        return Problem(405, "method_not_allowed", f"Here only {allowed} works.", headers={"Allow": allowed})

    def _check_query(self, route: Route) -> None:
        """A misspelt filter is an error, not a list of everything."""
        known = {field.alias for field in route.dependant.query_params}
        for name in self.current_event.query_string_parameters:
            if name not in known:
                raise invalid(name, "no such parameter", where="query")

    def _refused(self, error: Exception, route: Route) -> ResponseBuilder[Any]:
        builder = self._call_exception_handler(error, route)
        if builder is None:
            raise error
        return builder

    @staticmethod
    def _compile_regex(rule: str, _base: str = "") -> re.Pattern[str]:
        """An id may hold whatever a path can, but for the slash."""
        return re.compile(_PLACE.sub(r"(?P<\1>[^/]+)", rule) + r"\Z")


class Api:
    """Where routes are registered, and what their handlers ask about the request at hand."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.resolver = Resolver(self._guard)
        self.resolver.use([self._once])
        self.resolver.exception_handler(Exception)(self._tell)

    def get(self, template: str, **options: Any) -> Callable[[H], H]:
        """Register a route, such as `/v1/platforms/{id}`. `options` are those of Powertools' resolver.

        Raises KeyError for a route that the table of access does not hold.
        """
        return self._route("GET", template, options)

    def post(self, template: str, **options: Any) -> Callable[[H], H]:
        """See get."""
        return self._route("POST", template, options)

    def put(self, template: str, **options: Any) -> Callable[[H], H]:
        """See get."""
        return self._route("PUT", template, options)

    def delete(self, template: str, **options: Any) -> Callable[[H], H]:
        """See get."""
        return self._route("DELETE", template, options)

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

    def _route(self, method: str, template: str, options: Mapping[str, Any]) -> Callable[[H], H]:
        access = ACCESS[method, template]
        rule = _PARAMETER.sub(r"<\1>", template)
        security: list[dict[str, list[str]]] = [] if ANYONE in access.roles else [{"token": []}]

        def register(handler: H) -> H:
            told = {"description": inspect.getdoc(handler) or "", **options}
            route = self.resolver.route(rule, method, openapi_extensions={"security": security}, **told)
            registered: H = route(handler)
            return registered

        return register

    def _guard(self, method: str, template: str) -> None:
        """Who calls may call this, and not too often. A route that is not there is for whoever has signed in."""
        access = ACCESS.get((method, template), Access(frozenset()))
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


def _decode(name: str, value: str) -> str:
    """A part of a path. API Gateway decodes every escape of it but `%25`; ids of the upstream may be coded in ours."""
    text = value.replace("%25", "%")
    return decode_id(text) if name in UPSTREAM_IDS else text


def _instance(event: Mapping[str, Any]) -> str:
    """The id under which API Gateway logs the request."""
    return f"urn:taskbridge:request:{event.get('requestContext', {}).get('requestId', '')}"
