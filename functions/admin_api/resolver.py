"""Powertools' resolver as the API needs it: the guard before anything of a request is read, and ids of the upstream."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder, Route
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from admin_api.ids import decode_id
from admin_api.problems import Problem, invalid, not_found
from admin_api.requests import parse_json

# Parameters of paths that are ids of the upstream; `id` is decoded by the handlers, which know what it is.
UPSTREAM_IDS = frozenset({"app_id", "node_id", "task_id"})
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


def _decode(name: str, value: str) -> str:
    """A part of a path. API Gateway decodes every escape of it but `%25`; ids of the upstream may be coded in ours."""
    text = value.replace("%25", "%")
    return decode_id(text) if name in UPSTREAM_IDS else text
