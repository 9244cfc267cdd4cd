"""Files that a platform has, by their content: items of the coordination table.

Key `upload#<platform>#<sha256>#<ocr>`. Item: `file_id` once it was uploaded, `holder` with `lease_until` while somebody
is uploading it, and `expires_at` when the platform, or nobody, has it any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from taskbridge.moments import DAY_S
from taskbridge.tables.conditional import Lease
from taskbridge.tables.dynamo import Attributes, key_part, number, text, to_item
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


def upload_key(platform_id: str, sha256: str, *, ocr: bool) -> str:
    """The key of a content on a platform. Read by OCR it is another file there."""
    return f"upload#{key_part(platform_id)}#{sha256}#{'ocr' if ocr else 'plain'}"


@dataclass(frozen=True, slots=True)
class Claim:
    """What `claim` found. "mine": upload it. "known": `file_id` is there. "busy": another uploads it."""

    state: Literal["mine", "busy", "known"]
    file_id: str = ""


class UploadTable(Table):
    """Uploads on DynamoDB. Times are epoch seconds."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        super().__init__(client, table)
        self._lease = Lease(client, table)

    def claim(self, key: str, holder: str, now: float, lease_until: float) -> Claim:
        """Be the one who uploads a content, or learn its id."""
        known = self._known(key, now)
        if known:
            return known
        claimed = self._lease.claim(
            _key(key),
            holder,
            now,
            lease_until,
            when="attribute_not_exists(#file_id) OR #expires_at <= :now",
            sets=to_item({"expires_at": int(lease_until) + DAY_S}),
            removes=["file_id"],
        )
        if claimed is not None:
            return Claim("mine")
        return self._known(key, now) or Claim("busy")

    def store(self, key: str, holder: str, file_id: str, expires_at: float) -> bool:
        """Say under which id the platform has it until `expires_at`; False where the claim was lost."""
        sets = to_item({"file_id": file_id, "expires_at": int(expires_at), "lease_until": 0})
        return self._lease.change(_key(key), holder, sets=sets)

    def release(self, key: str, holder: str) -> bool:
        """Let others upload it: it did not work out here. False where the claim was lost."""
        return self._lease.release(_key(key), holder)

    def forget(self, key: str, file_id: str) -> bool:
        """The platform says that it has no such file any more; False where it is another one by now."""
        condition, values = "#file_id = :file_id", {":file_id": file_id}
        return self._update(_key(key), removes=["file_id"], condition=condition, values=values)

    def _known(self, key: str, now: float) -> Claim | None:
        item = self._item(_key(key)) or {}
        if "file_id" not in item or number(item, "expires_at") <= now:
            return None
        return Claim("known", text(item, "file_id"))


def _key(key: str) -> Attributes:
    return to_item({"key": key})
