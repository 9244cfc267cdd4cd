"""The AI process table: one document per process instance, written by compare-and-set.

Item: `sess_id`, `version`, `document` (deflated JSON).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskbridge.ai.processes import Process, decode_process, encode_process
from taskbridge.tables.ai_items import conditional_call
from taskbridge.tables.attributes import binary, number, store_call, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@dataclass(slots=True)
class StoredProcess:
    """A document with the version it was read at; version 0 is not stored yet."""

    process: Process
    version: int = 0


class ProcessTable:
    """The documents on DynamoDB. They are kept as long as a late event could need them: for good."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def load(self, sess_id: str) -> StoredProcess:
        """The document of an instance, read consistently; a new one where nothing is stored."""
        answer = store_call(
            self._client.get_item, TableName=self._table, Key=to_item({"sess_id": sess_id}), ConsistentRead=True
        )
        item = answer.get("Item")
        if item is None:
            return StoredProcess(Process(sess_id))
        return StoredProcess(decode_process(binary(item, "document")), int(number(item, "version")))

    def save(self, stored: StoredProcess) -> bool:
        """Write it if nobody else has since it was read, and count its version up; False where somebody has."""
        item = to_item(
            {
                "sess_id": stored.process.sess_id,
                "version": stored.version + 1,
                "document": encode_process(stored.process),
            }
        )
        is_new = stored.version == 0
        written = conditional_call(
            self._client.put_item,
            TableName=self._table,
            Item=item,
            ConditionExpression="attribute_not_exists(#version)" if is_new else "#version = :version",
            ExpressionAttributeNames={"#version": "version"},
            **({} if is_new else {"ExpressionAttributeValues": to_item({":version": stored.version})}),
        )
        if written is None:
            return False
        stored.version += 1
        return True
