"""Calls of DynamoDB in the usual course and out of it, over real sockets."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectionClosedError

from taskbridge.lambdas import TRIES, Clients
from tests.unit.platforms.test_http_client import serving
from tests.unit.test_lambdas import Server

KEY = {"id": {"S": "one"}}


def answer(told: object, status: str = "200 OK") -> bytes:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def error(code: str, status: str = "400 Bad Request", **more: Any) -> bytes:
    return answer({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", **more}, status)


FOUND = answer({"Item": {"id": {"S": "one"}}})
THROTTLED = error("ProvisionedThroughputExceededException")
EXPIRED = error("ExpiredTokenException")


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited before each further try."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")

    def build(port: int) -> Any:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        return Clients().client("dynamodb")

    return build


@pytest.fixture
def by_botocore(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on each call is botocore's, as it is where somebody looks on."""
    made = BaseClient._make_api_call  # type: ignore[attr-defined]

    def look_on(*arguments: Any) -> Any:
        return made(*arguments)

    return lambda: monkeypatch.setattr(BaseClient, "_make_api_call", look_on)


CALLS: dict[str, dict[str, Any]] = {
    "get_item": {"TableName": "t", "Key": {"id": {"S": "张伟"}}, "ConsistentRead": True},
    "put_item": {"TableName": "t", "Item": {"id": {"S": '"\\\n\x00'}, "body": {"B": b"\x00\xff"}, "n": {"N": "1E-7"}}},
    "update_item": {
        "TableName": "t",
        "Key": KEY,
        "UpdateExpression": "SET #a = :a",
        "ExpressionAttributeNames": {"#a": "B"},
        "ExpressionAttributeValues": {":a": {"SS": ["x", "y"]}, ":b": {"BOOL": True}, ":c": {"BS": [b"1", b"2"]}},
    },
    "query": {"TableName": "t", "Limit": 5, "ScanIndexForward": False, "KeyConditionExpression": "a = b"},
    "batch_get_item": {"RequestItems": {"t": {"Keys": [KEY], "ConsistentRead": True}}},
    "batch_execute_statement": {"Statements": [{"Statement": "UPDATE", "Parameters": [{"B": b"x" * 300}]}]},
    "transact_write_items": {"TransactItems": [{"Put": {"TableName": "t", "Item": KEY}}], "ClientRequestToken": "one"},
}


@pytest.mark.parametrize("operation", CALLS)
def test_a_call_asks_what_botocore_asks(
    client: Callable[[int], Any], by_botocore: Callable[[], None], operation: str
) -> None:
    with serving(server := Server(answer({}), answer({}))) as port:
        dynamodb = client(port)
        getattr(dynamodb, operation)(**CALLS[operation])
        by_botocore()
        getattr(dynamodb, operation)(**CALLS[operation])
    ours, theirs = (_read(request) for request in server.asked)
    assert ours[1] == theirs[1]
    for name in ("host", "content-type", "x-amz-target", "content-length", "accept-encoding"):
        assert (name, ours[0].get(name)) == (name, theirs[0].get(name) if name != "content-length" else str(ours[2]))
    assert re.fullmatch(r"Botocore/\S+( .*)?", ours[0]["user-agent"])
    assert re.match(r"AWS4-HMAC-SHA256 Credential=us-east-1/\d{8}/us-east-1/dynamodb/", ours[0]["authorization"])


def _read(request: bytes) -> tuple[dict[str, str], Any, int]:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, _, value in lines}, json.loads(body), len(body)


ANSWERS: list[tuple[str, object]] = [
    ("get_item", {}),
    ("get_item", {"Item": {"B": {"B": "AP8="}, "m": {"M": {"B": {"S": "x"}}}, "l": {"L": [{"B": "AA=="}]}}}),
    ("get_item", {"Item": {"set": {"BS": ["AA==", "AQ=="]}, "BS": {"SS": ["B"]}, "S": {"S": '"B"'}}}),
    ("query", {"Items": [{"id": {"S": "\u5f20"}}], "Count": 1, "LastEvaluatedKey": {"id": {"S": "a"}}}),
    ("batch_get_item", {"Responses": {"t": [{"B": {"B": "AA=="}}]}, "UnprocessedKeys": {}}),
    ("batch_execute_statement", {"Responses": [{}, {"Error": {"Code": "DuplicateItem", "Message": "m"}}]}),
]


@pytest.mark.parametrize(("operation", "told"), ANSWERS)
def test_an_answer_says_what_botocore_reads_in_it(
    client: Callable[[int], Any], by_botocore: Callable[[], None], operation: str, told: object
) -> None:
    with serving(Server(answer(told), answer(told))) as port:
        dynamodb = client(port)
        ours = getattr(dynamodb, operation)(**CALLS[operation])
        by_botocore()
        theirs = getattr(dynamodb, operation)(**CALLS[operation])
    assert ours.pop("ResponseMetadata")["HTTPStatusCode"] == theirs.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    assert ours == theirs


@pytest.mark.parametrize(
    ("operation", "code", "more"),
    [
        ("put_item", "ConditionalCheckFailedException", {"message": "why", "Item": {"body": {"B": "AA=="}}}),
        (
            "transact_write_items",
            "TransactionCanceledException",
            {
                "Message": "why",
                "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "m"}],
            },
        ),
    ],
)
def test_a_condition_that_does_not_hold_is_told_at_once_as_botocore_tells_it(
    client: Callable[[int], Any], by_botocore: Callable[[], None], operation: str, code: str, more: dict[str, Any]
) -> None:
    def refused(dynamodb: Any) -> ClientError:
        with pytest.raises(getattr(dynamodb.exceptions, code)) as caught:
            getattr(dynamodb, operation)(**CALLS[operation])
        assert isinstance(caught.value, ClientError)
        return caught.value

    with serving(server := Server(error(code, **more), error(code, **more))) as port:
        dynamodb = client(port)
        ours = refused(dynamodb)
        by_botocore()
        theirs = refused(dynamodb)
    told = [each.response.pop("ResponseMetadata") for each in (ours, theirs)]
    assert told[0]["HTTPHeaders"] == told[1]["HTTPHeaders"]
    assert ours.response == theirs.response
    assert str(ours).replace(" (reached max retries: 0)", "") == str(theirs)
    assert len(server.asked) == 2


UNUSUAL = {
    "throttled": THROTTLED,
    "out of order": error("InternalServerError", "500 Internal Server Error"),
    "a page of a proxy": answer(b"<html>", "502 Bad Gateway"),
    "no JSON": answer(b"<html>"),
    "no object": answer([]),
    "a connection that breaks": b"",
}


@pytest.mark.parametrize("unusual", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_unusual_is_made_again_after_a_pause(
    client: Callable[[int], Any], pauses: list[float], unusual: bytes
) -> None:
    with serving(server := Server(unusual, FOUND)) as port:
        assert client(port).get_item(TableName="t", Key=KEY)["Item"] == KEY
    assert len(server.asked) == 2
    assert [0 <= pause <= 1 for pause in pauses] == [True]


@pytest.mark.parametrize("refusal", [EXPIRED, error("ValidationException", message="no such start")])
def test_what_is_refused_is_told_by_botocore_and_holds_nobody_up(
    client: Callable[[int], Any], pauses: list[float], refusal: bytes
) -> None:
    with serving(server := Server(refusal, refusal, FOUND)) as port:
        dynamodb = client(port)
        with pytest.raises(ClientError):
            dynamodb.get_item(TableName="t", Key=KEY)
        assert dynamodb.get_item(TableName="t", Key=KEY)["Item"] == KEY
    assert pauses == []
    assert [b"amz-sdk-invocation-id" in request for request in server.asked] == [False, True, False]


def test_what_is_down_is_not_asked_twice_as_often(
    client: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("taskbridge.aws_calls.time.monotonic", lambda: now[0])
    with serving(server := Server(THROTTLED, *[FOUND] * 9)) as port:
        dynamodb = client(port)
        for seconds in (0.0, 0.9, 1.1):
            now[0] = 1000.0 + seconds
            dynamodb.get_item(TableName="t", Key=KEY)
    by_botocore = [b"amz-sdk-invocation-id" in request for request in server.asked]
    assert by_botocore == [False, True, True, False]


def test_an_answer_that_was_damaged_on_its_way_is_asked_for_again(client: Callable[[int], Any]) -> None:
    def summed(checksum: int) -> bytes:
        return FOUND.replace(b"\r\n\r\n", b"\r\nx-amz-crc32: %d\r\n\r\n" % checksum, 1)

    right = zlib.crc32(FOUND.partition(b"\r\n\r\n")[2])
    with serving(server := Server(summed(right - 1), summed(right), summed(right))) as port:
        dynamodb = client(port)
        assert [dynamodb.get_item(TableName="t", Key=KEY)["Item"] for _ in range(2)] == [KEY, KEY]
    assert len(server.asked) == 3


@pytest.mark.parametrize("unusual", [THROTTLED, b""])
def test_a_call_is_made_as_often_as_any_other_and_then_fails_as_botocore_fails(
    client: Callable[[int], Any], unusual: bytes
) -> None:
    with serving(server := Server(*[unusual] * 9)) as port, pytest.raises((ClientError, ConnectionClosedError)):
        client(port).get_item(TableName="t", Key=KEY)
    assert len(server.asked) == TRIES


def test_a_transaction_is_made_again_with_its_token(client: Callable[[int], Any]) -> None:
    writes = CALLS["transact_write_items"]["TransactItems"]
    with serving(server := Server(THROTTLED, answer({}), answer({}))) as port:
        dynamodb = client(port)
        dynamodb.transact_write_items(TransactItems=writes)
        dynamodb.transact_write_items(TransactItems=writes)
    tokens = [_read(request)[1]["ClientRequestToken"] for request in server.asked]
    assert tokens[0] == tokens[1] != tokens[2]


def test_a_text_that_json_cannot_hold_goes_as_botocore_sends_it(client: Callable[[int], Any]) -> None:
    with serving(server := Server(FOUND)) as port:
        client(port).get_item(TableName="t", Key={"id": {"S": "\ud83d"}})
    assert server.asked[0].endswith(b'"\\ud83d"}}}')


def test_an_endpoint_below_a_path_is_called_by_botocore(
    client: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(server := Server(FOUND)) as port:
        client(port)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}/aws")
        assert Clients().client("dynamodb").get_item(TableName="t", Key=KEY)["Item"] == KEY
    assert [request.partition(b"\r\n")[0] for request in server.asked] == [b"POST /aws HTTP/1.1"]
    assert b"amz-sdk-invocation-id" in server.asked[0]


def test_a_trace_is_carried_on(client: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "push")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-2;Parent=3;Sampled=0")
    with serving(server := Server(FOUND)) as port:
        client(port).get_item(TableName="t", Key=KEY)
    assert _read(server.asked[0])[0]["x-amzn-trace-id"] == "Root=1-2;Parent=3;Sampled=0"


def test_who_listens_to_botocore_hears_of_each_call(client: Callable[[int], Any]) -> None:
    heard: list[tuple[object, ...]] = []
    with serving(Server(FOUND)) as port:
        dynamodb = client(port)
        events = dynamodb.meta.events
        events.register("before-call.dynamodb", lambda model, params, **_: heard.append((model.name, params["body"])))
        events.register(
            "after-call.dynamodb", lambda http_response, parsed, **_: heard.append((http_response.status_code, parsed))
        )
        answered = dynamodb.get_item(TableName="t", Key=KEY)
    assert heard == [("GetItem", b'{"TableName":"t","Key":{"id":{"S":"one"}}}'), (200, answered)]
