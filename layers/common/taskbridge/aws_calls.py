"""How DynamoDB is called in the usual course: a request as JSON, signed here, sent by AwsTransport, its answer read.

botocore takes 0.9 ms of CPU for a call of ten items, most of it to walk the shapes of its service model and to put
headers together; this takes 0.2 (docs/decisions/0090-the-usual-call-of-dynamodb.md). It is for calls that go well and
for conditions that do not hold. Whatever else comes, a throttled call, a broken connection, credentials that have
ended, is left to botocore, which makes the call again as often as it would have. Credentials and their renewal,
regions and endpoints are botocore's.
"""

from __future__ import annotations

import json
import random
import time
import uuid
import zlib
from base64 import b64decode
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec
from botocore.client import BaseClient
from botocore.session import Session

from taskbridge.aws import is_throttled_answer
from taskbridge.aws_http import Answer, AwsTransport, host_of
from taskbridge.aws_signing import Keys, Scope, sign
from taskbridge.call_failures import CallFailure

DYNAMODB = "dynamodb"
MADE_HERE = 1  # of the tries that a client has for a call
PAUSE_S = 1.0  # at most, before botocore makes a call again: as long as its own pause before a second try
REST_S = 1.0  # in which each call is botocore's, after one that failed: what is down is not asked twice as often

_OF_BOTOCORE = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001 - see _make_api_call
_WITH_TOKEN = frozenset({"TransactWriteItems"})  # made again with the same token, it is carried out once
_CALLS = _WITH_TOKEN | {
    *("BatchExecuteStatement", "BatchGetItem", "BatchWriteItem"),
    *("DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"),
}
_UNMET = frozenset({"ConditionalCheckFailedException", "TransactionCanceledException"})
_OK, _REFUSED = 200, 400


class DirectCalls:
    """A base of a client's class, before botocore's own. Without `direct`, each call is botocore's."""

    direct: Direct | None = None

    def _make_api_call(self, operation_name: str, api_params: dict[str, Any]) -> Any:
        if operation_name in _WITH_TOKEN:
            api_params = {"ClientRequestToken": str(uuid.uuid4()), **api_params}
        # X-Ray and others look on by putting a function in the place of botocore's, which then has to be called.
        if self.direct and BaseClient._make_api_call is _OF_BOTOCORE and operation_name in _CALLS:  # type: ignore[attr-defined]  # noqa: SLF001
            answer = self.direct.call(self, operation_name, api_params)
            if answer is not None:
                return answer
        return super()._make_api_call(operation_name, api_params)  # type: ignore[misc]


def add_direct_calls(session: Session) -> None:
    """Have the clients of DynamoDB that a session makes take calls here first, once `send_by` says how."""
    session.register(f"creating-client-class.{DYNAMODB}", _add_base, unique_id="direct-calls")


def _add_base(**told: Any) -> None:
    told["base_classes"].insert(0, DirectCalls)


def send_by(transport: AwsTransport, client: Any, session: Session) -> None:
    """Have a client send by this transport; one of DynamoDB makes its usual calls directly."""
    client.meta.events.register("before-send", transport)
    if isinstance(client, DirectCalls) and (credentials := session.get_credentials()):
        client.direct = Direct(client, credentials, transport)


@dataclass(frozen=True, slots=True)
class _Response:
    """What those ask of a response who hear botocore's event `after-call`."""

    status_code: int


class Direct:
    """The calls of one client of DynamoDB. Threads may share it. `credentials`: botocore's, which renew themselves."""

    def __init__(self, client: Any, credentials: Any, transport: AwsTransport) -> None:
        meta, described = client.meta, client.meta.service_model.metadata
        self._credentials = credentials
        self._transport = transport
        self._url: SplitResult = urlsplit(_place_of(client))
        self._scope = Scope(meta.region_name, meta.service_model.signing_name)
        self._target = described["targetPrefix"]
        self._is_below = bool(self._url.path.strip("/") or self._url.query)  # what is signed here is the root
        self._rests_until = 0.0
        self._headers = {
            "host": host_of(self._url),
            "content-type": f"application/x-amz-json-{described['jsonVersion']}",
            "user-agent": meta.config.user_agent,
            "accept-encoding": "identity",
        }

    def call(self, client: Any, operation: str, request: dict[str, Any]) -> dict[str, Any] | None:
        """The answer; None where botocore has to make the call. Raises ClientError where a condition did not hold."""
        if self._is_below or time.monotonic() < self._rests_until:
            return None
        try:
            body = msgspec.json.encode(request)
        except (TypeError, ValueError):
            return None  # botocore tells what is wrong with it
        hears = {"model": client.meta.service_model.operation_model(operation), "context": {}}
        told: dict[str, Any] = {"headers": {}, "body": body}
        events = client.meta.events
        _, given = events.emit_until_response(f"before-call.dynamodb.{operation}", params=told, **hears)
        http, parsed = given or self._ask(operation, body, told["headers"])
        if http is None:
            return None
        events.emit(f"after-call.dynamodb.{operation}", http_response=http, parsed=parsed, **hears)
        if http.status_code != _OK:
            raise client.exceptions.from_code(parsed["Error"]["Code"])(parsed, operation)
        answer: dict[str, Any] = parsed
        return answer

    def _ask(self, operation: str, body: bytes, more: dict[str, str]) -> tuple[Any, dict[str, Any]]:
        """The response and what it says; None where it is not of the usual course."""
        headers = {**self._headers, **more, "x-amz-target": f"{self._target}.{operation}"}
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        held = self._credentials.get_frozen_credentials()
        keys = Keys(held.access_key, held.secret_key, held.token)
        signed = sign(headers, body, keys, self._scope, stamp)
        signed["content-length"] = str(len(body))
        lines = [(name.encode(), value.encode("latin-1")) for name, value in signed.items()]
        try:
            answer = self._transport.send("POST", self._url, lines, body)
            parsed = _read(answer)
        except (CallFailure, ValueError):
            parsed = None
        if parsed is None or is_throttled_answer(parsed):
            self._rests_until = time.monotonic() + REST_S
            time.sleep(PAUSE_S * random.random())  # noqa: S311
            return None, {}
        if answer.status != _OK and parsed["Error"]["Code"] not in _UNMET:
            return None, {}  # refused: who asks wrongly need not wait, nor need anybody else
        return _Response(answer.status), parsed


def _place_of(client: Any) -> str:
    """Where botocore's rules lead for this region and these settings: not always where `meta.endpoint_url` does."""
    model = client.meta.service_model.operation_model("GetItem")
    resolve = getattr(client, "_resolve_endpoint_ruleset", None)
    return str(resolve(model, {}, {})[0] if resolve else client.meta.endpoint_url)


def _read(answer: Answer) -> dict[str, Any] | None:
    """What an answer or a refusal says, as botocore gives it; None where it is neither. Raises ValueError."""
    status, told = answer.status, {name.lower().decode(): value.decode("latin-1") for name, value in answer.headers}
    if status not in (_OK, _REFUSED) or not _is_whole(answer.body, told.get("x-amz-crc32")):
        return None
    read = read_body(answer.body)
    if not isinstance(read, dict):
        return None
    if status == _REFUSED:
        code = str(read.pop("__type", "")).rpartition("#")[2]
        message = read.get("message") or read.get("Message", "")  # each exception has its own spelling
        read["Error"] = {"Message": message, "Code": code}
    read["ResponseMetadata"] = {
        "RequestId": told.get("x-amzn-requestid", ""),
        "HTTPStatusCode": status,
        "HTTPHeaders": told,
        "RetryAttempts": 0,
    }
    return read


def _is_whole(body: bytes, checksum: str | None) -> bool:
    return checksum is None or checksum == str(zlib.crc32(body))


def read_body(body: bytes) -> Any:
    """What a request or an answer of DynamoDB says, binary attributes as bytes. Raises ValueError."""
    # An object with such a name alone is an attribute, wherever it stands.
    if b'"B"' in body or b'"BS"' in body:
        return json.loads(body, object_hook=_with_bytes)
    return msgspec.json.decode(body)


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    if len(value) == 1:
        ((kind, content),) = value.items()
        if kind == "B" and isinstance(content, str):
            return {"B": b64decode(content)}
        if kind == "BS" and isinstance(content, list):
            return {"BS": [b64decode(each) for each in content]}
    return value
