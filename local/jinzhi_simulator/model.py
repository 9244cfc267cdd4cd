"""The task center itself: who may call, which fault strikes, what is answered, what is remembered. Pure."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from local.jinzhi_simulator import casp, taskcenterapp
from local.jinzhi_simulator.board import Board
from local.jinzhi_simulator.codes import (
    BROKEN,
    SUCCESS,
    THROTTLED,
    TOKEN_EXPIRED,
    UNKNOWN_PATH,
    WRONG_CONTENT_TYPE,
    WRONG_METHOD,
)
from local.jinzhi_simulator.faults import ACTED, Faults
from local.jinzhi_simulator.ledger import Ending, Ledger
from local.jinzhi_simulator.page import render_page
from local.jinzhi_simulator.records import (
    Change,
    Operation,
    Settings,
    Snapshot,
    Verdict,
)
from local.jinzhi_simulator.wire import Wire
from local.simulating.answers import Answer, Dropped, Refused, json_answer, page_answer
from local.simulating.faults import CALLER_GONE, ERRCODE_PREFIX
from local.simulating.simulator import Endpoint, Simulator

_LOGIN_ADDRESS = "https://cas.campus.invalid/login"
_LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>统一身份认证 Login</title></head>"
    "<body><p>系统维护中，请稍后再试。 Under maintenance.</p></body></html>"
)
_TOO_LARGE_PAGE = "<html><head><title>413 Request Entity Too Large</title></head></html>"
_PAGES = {"http_503": 503, "html_403": 403, "html_404": 404}


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    operation: Operation
    wire: Wire


_ROUTES: dict[str, _Route] = {
    casp.TOKEN_PATH: _Route("GET", Operation.TOKEN, casp),
    casp.TASK_PATH: _Route("POST", Operation.SAVE_TASKS, casp),
    casp.DELETE_TASK_PATH: _Route("POST", Operation.DELETE_TASK, casp),
    casp.DELETE_INSTANCE_PATH: _Route("POST", Operation.DELETE_INSTANCE, casp),
    casp.INSTANCE_PATH: _Route("POST", Operation.SAVE_INSTANCE, casp),
    taskcenterapp.PUSH_PATH: _Route("POST", Operation.SAVE_TASKS, taskcenterapp),
}


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request on its way through: what it asks for, and why it is refused if it is."""

    route: _Route
    token: str
    changes: list[Change]
    refused: Refused | None


class TaskCenter(Simulator[Faults, Snapshot, Answer]):
    """A strict task center that speaks both generations over one board: see Simulator. `/` is a page for people.

    `tasks` and `instances` are those held, by id; `deleted_tasks` those that went, with the instance of each;
    `deleted_instances` in the order in which they went; `violations` what callers did that they must never do.
    """

    name = "jinzhi"
    title = "JinZhi simulator"
    settings: Settings
    settings_kind = Settings
    faults_kind = Faults
    snapshot_kind = Snapshot

    @property
    def max_body_bytes(self) -> int:  # type: ignore[override]  # a fault can make it less
        """See the base."""
        return self.faults.max_body_bytes or super().max_body_bytes

    def state(self) -> dict[str, Any]:
        """See the base."""
        return {**super().state(), **self.held(), "deleted_tasks": list(self.deleted_tasks)}

    def is_control(self, path: str) -> bool:
        """See the base. What a browser asks for is no call of the ledger."""
        return path.partition("?")[0] in ("/", "/favicon.ico") or super().is_control(path)

    def endpoints(self) -> dict[tuple[str, str], Endpoint]:
        """See the base."""
        policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return {**super().endpoints(), ("GET", "/"): lambda *_: page_answer(render_page(self), headers=policy)}

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, heard: bool) -> Answer:
        """See the base. `path` may carry a query, which is ignored."""
        name = path.partition("?")[0]
        route = _ROUTES.get(name)
        if self.faults.down:
            self._record([_sketch(route, body)], Ending(Verdict.FAILED, "", "down", 0, "down"))
            raise Dropped("down", acted=False)
        if 0 < self.faults.max_body_bytes < len(body):
            self._record([_sketch(route, b"")], Ending(Verdict.FAILED, "", "too large", 413, "max_body_bytes"))
            return _packed(page_answer(_TOO_LARGE_PAGE, 413), self.faults)
        if route is None:
            return self._turn_away(route, Refused(UNKNOWN_PATH, f"no such path: {name}", 404))
        if method != route.method:
            problem = f"{method} is not allowed here, {route.method} is"
            return self._turn_away(route, Refused(WRONG_METHOD, problem, 405), allow=route.method)
        visit = self._receive(route, headers, body)
        if visit.refused is None:
            self._ledger.note(self._board.findings(visit.changes), self._board, self.requests, self._clock())
        kind = self.next_fault([change.operation for change in visit.changes])
        if kind and kind not in ACTED:
            return _packed(self._fail(visit, kind, heard=heard), self.faults)
        return _packed(self._proceed(visit, kind, heard=heard), self.faults)

    def held(self) -> dict[str, Any]:
        """See the base."""
        return {
            "tasks": list(self.tasks.values()),
            "instances": list(self.instances.values()),
            "deleted_tasks": dict(self.deleted_tasks),
            "deleted_instances": list(self.deleted_instances),
            "violations": list(self.violations),
        }

    def restore(self, snapshot: Snapshot) -> None:
        """See the base."""
        super().restore(snapshot)
        self._board, self._ledger = Board(snapshot), Ledger(snapshot)
        self.tasks, self.instances = self._board.tasks, self._board.instances
        self.deleted_tasks, self.deleted_instances = self._board.deleted_tasks, self._board.deleted_instances
        self.calls, self.violations = self._ledger.calls, self._ledger.violations

    def _receive(self, route: _Route, headers: Mapping[str, str], body: bytes) -> _Visit:
        token = headers.get("accesstoken", "")
        try:
            if route.operation is Operation.TOKEN:
                casp.authorise_token_call(headers, self.settings)
                return _Visit(route, token, [Change(Operation.TOKEN)], None)
            route.wire.authorise(headers, self.settings, self._is_valid)
            media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type != route.wire.content_type:
                problem = f"Content-Type {route.wire.content_type} is required"
                raise Refused(WRONG_CONTENT_TYPE, problem, 415)
            return _Visit(route, token, route.wire.parse(route.operation, body, self.settings), None)
        except Refused as refused:
            return _Visit(route, token, [_sketch(route, body)], refused)

    def _is_valid(self, token: str) -> bool:
        return self._tokens.is_valid(token, self._clock())

    def _proceed(self, visit: _Visit, kind: str, *, heard: bool) -> Answer:
        """Does what is asked, or refuses it; then answers, unless a fault swallows the answer."""
        fault = kind if heard else CALLER_GONE
        data, refused = "", visit.refused
        if refused is None:
            try:
                data = self._act(visit, heard=not fault)
            except Refused as refusal:
                refused = refusal
        answer = _garbled(fault) if fault else self._answer(visit, data, refused)
        status = answer.status if answer else 0
        if refused is not None:
            ending = Ending(Verdict.REFUSED, refused.errcode, refused.message, status, fault)
        else:
            ending = Ending(Verdict.UNHEARD if fault else Verdict.ACKNOWLEDGED, SUCCESS, "", status, fault)
        self._record(visit.changes, ending)
        if answer is None:
            raise Dropped(fault, acted=refused is None)
        return answer

    def _act(self, visit: _Visit, *, heard: bool) -> str:
        """Changes the board, all or nothing; returns the token where one was asked for."""
        now = self._clock()
        if visit.route.operation is Operation.TOKEN:
            lifetime_s, ends_old = self.settings.token_lifetime_s, self.settings.new_token_ends_old
            return self._tokens.issue(now, self._rng, lifetime_s, ends_old=ends_old)
        self._board.check(visit.changes, self.settings)
        for change in visit.changes:
            found = self._board.apply(change, now, heard=heard)
            if found is not None:
                self._ledger.note([found], self._board, self.requests, now)
        return ""

    def _answer(self, visit: _Visit, data: str, refused: Refused | None) -> Answer:
        wire = visit.route.wire
        if refused is None:
            return wire.accept(self.settings, data)
        if refused.errcode == TOKEN_EXPIRED and self.faults.lost_session:
            return self._lost_session(wire)
        return wire.refuse(refused, self.settings)

    def _lost_session(self, wire: Wire) -> Answer:
        """What a gateway says to a token that has ended, where it does not say so."""
        kind = self.faults.lost_session
        if kind.startswith(ERRCODE_PREFIX):
            return wire.refuse(Refused(kind.removeprefix(ERRCODE_PREFIX), "session timeout"), self.settings)
        return _garbled(kind) or page_answer(_LOGIN_PAGE)

    def _fail(self, visit: _Visit, kind: str, *, heard: bool) -> Answer:
        """Strikes a call before anything is done."""
        answer = self._failure(visit, kind) if heard else None
        kind = kind if heard else CALLER_GONE
        self._record(visit.changes, Ending(Verdict.FAILED, "", kind, answer.status if answer else 0, kind))
        if answer is None:
            raise Dropped(kind, acted=False)
        return answer

    def _failure(self, visit: _Visit, kind: str) -> Answer | None:
        wire = visit.route.wire
        if kind.startswith(ERRCODE_PREFIX):
            code = kind.removeprefix(ERRCODE_PREFIX)
            return wire.refuse(Refused(code, "simulated refusal"), self.settings)
        if kind == "expired_token":
            self._tokens.end(visit.token)
            return wire.refuse(wire.refuse_token(), self.settings)
        if kind == "http_429":
            payload = {"errcode": THROTTLED, "errmsg": "too many requests"}
            return json_answer(payload, 429, {"retry-after": str(self.faults.retry_after_s)})
        return _garbled(kind)

    def _turn_away(self, route: _Route | None, refused: Refused, **headers: str) -> Answer:
        """Refuses a request that is none of the calls."""
        change = Change(route.operation if route else Operation.UNKNOWN)
        self._record([change], Ending(Verdict.REFUSED, refused.errcode, refused.message, refused.status))
        payload = {"errcode": refused.errcode, "errmsg": refused.message}
        return json_answer(payload, refused.status, headers)

    def _record(self, changes: list[Change], ending: Ending) -> None:
        self._ledger.record(changes, ending, self._board, self.requests, self._clock())


def _garbled(kind: str) -> Answer | None:
    """The answer of a fault that answers something useless, or None where it answers nothing."""
    if kind in ("html", "html_after"):
        return page_answer(_LOGIN_PAGE)
    if kind == "redirect":
        return page_answer("", 302, {"location": _LOGIN_ADDRESS})
    if kind in _PAGES:
        return page_answer(_LOGIN_PAGE, _PAGES[kind])
    if kind in ("http_500", "http_500_after"):
        return json_answer({"errcode": BROKEN, "errmsg": "internal error"}, 500)
    return None


def _packed(answer: Answer, faults: Faults) -> Answer:
    """The answer as it goes out: compressed, where that is asked of the simulator."""
    if not faults.gzip:
        return answer
    return replace(answer, headers={**answer.headers, "content-encoding": "gzip"}, body=gzip.compress(answer.body))


def _sketch(route: _Route | None, body: bytes) -> Change:
    return route.wire.glance(route.operation, body) if route else Change(Operation.UNKNOWN)
