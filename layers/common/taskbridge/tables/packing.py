"""Documents as they are stored in one attribute: deflated JSON, and logs deflated against a dictionary of what nearly
every log says.

A log with its request comes to some 500 bytes instead of 900, well below the kilobyte that DynamoDB writes as one
unit. The first byte tells the dictionary: a dictionary that was ever used is never changed, only followed by another.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from taskbridge.deflating import deflate

T = TypeVar("T")

MOST_BYTES = 390_000  # an item may have 400 KB
_DICTIONARIES = {
    1: (
        b'"status":"failed","status":"retrying","status":"superseded","reason":"event  is newer"'
        b'"operation":"save_instance""operation":"delete_instance""path":"/casp-tdc/processInstance/delete"'
        b'"operation":"delete_task""path":"/casp-tdc/task/delete""operation":"token","method":"GET"'
        b'"path":"/token/gateway/accessToken","accept\\":\\"application/json\\",\\"appSecret\\":\\"********\\"}'
        b'"action":"instance_completed""action":"approver_changed""action":"task_completed","sequence":'
        b'"operation":"update_task","request":"{\\"updateModel\\":{\\"taskModels\\":[{\\"taskId\\":\\"'
        b'\\"processInstanceStatus\\":\\"COMPLETE\\"\\"status\\":\\"COMPLETE\\"'
        b'"action":"task_received","sequence":1,"app_id":"","occurred_at":"2026-","received_at":"2026-","updated_at":"'
        b'2026-+00:00","entries":{"":{"status":"succeeded","operation":"insert_task","attempts":1,"errcode":"0",'
        b'"settled_at":"2026-+00:00"}},"attempts":[{"at":17,"operation":"insert_task","key":"","method":"POST",'
        b'"path":"/casp-tdc/task/saveOrUpdate","request":"{\\"insertModel\\":[{\\"taskId\\":\\"\\",\\"sceneCode\\":\\"'
        b'\\",\\"subject\\":\\"\\",\\"priority\\":3,\\"taskType\\":3,\\"initiatorType\\":1,\\"initiatorId\\":\\"'
        b'\\",\\"processors\\":[{\\"processorType\\":1,\\"processorId\\":\\"\\",\\"objectScope\\":1}],\\"urls\\":'
        b'[{\\"type\\":\\"PC\\",\\"url\\":\\"https://\\"},{\\"type\\":\\"H5\\",\\"url\\":\\"https://\\"}],'
        b'\\"status\\":\\"RUNNING\\",\\"nodeId\\":\\"\\",\\"nodeName\\":\\"\\",\\"createTime\\":\\"2026-\\",'
        b'\\"applicationModel\\":{\\"processInstanceId\\":\\"\\",\\"processInstanceStatus\\":\\"RUNNING\\",'
        b'\\"nodeId\\":\\"\\",\\"nodeName\\":\\"\\",\\"serviceName\\":\\"\\"}}]}","status":200,'
        b'"response":"{\\"errcode\\":\\"0\\",\\"errmsg\\":\\"success\\",\\"data\\":null}","duration_ms":1}]}'
    ),
}
_NEWEST = 1


def pack(text: bytes) -> bytes:
    """The text deflated, behind the number of its dictionary."""
    return bytes([_NEWEST]) + deflate(text, 9, _DICTIONARIES[_NEWEST])


def unpack(data: bytes) -> bytes:
    """The text of what was packed, with any dictionary that was ever used."""
    return zlib.decompressobj(zdict=_DICTIONARIES[data[0]]).decompress(data[1:])


class Packed(Generic[T]):
    """Documents of one type, as deflated JSON."""

    def __init__(self, kind: type[T], level: int = 6) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._level = level

    def pack(self, document: T) -> bytes:
        """The document as it is stored."""
        return deflate(msgspec.json.encode(document), self._level)

    def pack_first(self, versions: Iterable[T], most: int = MOST_BYTES) -> bytes:
        """The first version of a document that has at most so many bytes; the last one where none has."""
        packed = b""
        for version in versions:
            packed = self.pack(version)
            if len(packed) <= most:
                break
        return packed

    def unpack(self, data: bytes) -> T:
        """A stored document. Raises zlib.error and msgspec.MsgspecError where these bytes are none."""
        return self._decoder.decode(zlib.decompress(data))
