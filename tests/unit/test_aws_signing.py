"""Signatures of requests to AWS, beside those that botocore makes of the same requests."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.aws_signing import Keys, Scope, sign

NOW = datetime(2026, 11, 29, 16, 40, 7, tzinfo=UTC)
KEYS = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None)
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40)


def signed_by_botocore(headers: dict[str, str], body: bytes, keys: Keys, scope: Scope) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("botocore.auth.get_current_datetime", lambda: NOW)
        request = AWSRequest("POST", f"https://{headers['host']}/", headers, body)
        SigV4Auth(ReadOnlyCredentials(*keys), scope.service, scope.region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@given(
    body=st.binary(max_size=200),
    target=TEXTS.map(str.strip).filter(bool),
    more=st.dictionaries(st.from_regex(r"x-[a-z]{1,8}(-[a-z]{1,8})?", fullmatch=True), TEXTS, max_size=3),
    token=st.none() | TEXTS,
    scope=st.builds(Scope, st.sampled_from(["us-east-1", "cn-north-1"]), st.sampled_from(["dynamodb", "sqs"])),
)
def test_a_signature_is_the_one_that_botocore_makes(
    body: bytes, target: str, more: dict[str, str], token: str | None, scope: Scope
) -> None:
    headers = {**more, "host": "dynamodb.us-east-1.amazonaws.com", "x-amz-target": target, "user-agent": "Botocore/1"}
    keys = KEYS._replace(token=token)

    assert sign(headers, body, keys, scope, "20261129T164007Z") == signed_by_botocore(headers, body, keys, scope)


def test_who_is_between_may_change_what_is_traced() -> None:
    scope = Scope("us-east-1", "dynamodb")
    plain = sign({"host": "a"}, b"", KEYS, scope, "20261129T164007Z")
    traced = sign({"host": "a", "x-amzn-trace-id": "Root=1"}, b"", KEYS, scope, "20261129T164007Z")

    assert traced["authorization"] == plain["authorization"]
    assert traced["x-amzn-trace-id"] == "Root=1"


def test_a_key_of_one_day_or_of_one_secret_is_not_taken_for_another() -> None:
    scope = Scope("us-east-1", "dynamodb")
    others = KEYS._replace(secret_key="another")
    signed = [
        sign({"host": "a"}, b"", keys, scope, stamp)
        for keys, stamp in (
            (KEYS, "20261129T235959Z"),
            (KEYS, "20261130T000000Z"),
            (others, "20261130T000000Z"),
            (KEYS, "20261129T235959Z"),
        )
    ]

    assert signed[0] == signed[3]
    assert len({each["authorization"] for each in signed}) == 3
