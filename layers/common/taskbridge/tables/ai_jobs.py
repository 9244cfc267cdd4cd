"""Jobs of people on the job table: dry runs and proposals, until a week after their last change; and those of the
nights, which are nobody's, for a month.

`kind` is `ai#person`, `detail` deflated JSON; `attempts` counts the claims since the job was last saved.
"""

from __future__ import annotations

import msgspec

from taskbridge.ai.jobs import NOBODY, AiJob, AiJobStatus
from taskbridge.moments import DAY_S
from taskbridge.tables.dynamo import (
    Attributes,
    Item,
    binary,
    key_part,
    number,
    text,
    to_item,
)
from taskbridge.tables.jobs import JobTable
from taskbridge.tables.packing import Packed

_packed = Packed(AiJob)


class AiJobTable(JobTable[AiJob]):
    """Jobs of people on DynamoDB."""

    kept_s = 7 * DAY_S
    night_kept_s = 30 * DAY_S

    def get(self, uid: str, job_id: str) -> AiJob | None:
        """A person's job, read consistently; None where this person has no such job."""
        return self._get(_key(uid, job_id))

    def list_nights(self) -> list[AiJob]:
        """Those of the nights, the latest first: one Query, unless they come to more than a megabyte."""
        return self.list_all(NOBODY)[::-1]

    def list_all(self, uid: str) -> list[AiJob]:
        """All jobs of a person that are kept: as above."""
        return list(map(self._read, self._query("kind = :kind", {":kind": _kind(uid)})))

    def erase_all(self, uid: str) -> int:
        """Take every job of a person away; returns how many there were."""
        return self._erase(*self._keys_in(to_item({"kind": _kind(uid)}), "id"))

    def claim(self, uid: str, job_id: str, holder: str, now: float, lease_until: float) -> AiJob | None:
        """Be the worker of a job until `lease_until`; None where it is over, or another's. Each claim is an attempt."""
        return self._claim(_key(uid, job_id), holder, now, lease_until, adds={"attempts": 1})

    def renew(self, uid: str, job_id: str, holder: str, lease_until: float) -> bool:
        """Stay its worker for longer; False where it is another's by now."""
        return self._change(_key(uid, job_id), holder, to_item({"lease_until": lease_until}))

    def save(self, job: AiJob, holder: str, now: float) -> bool:
        """Write down what was found, and let go of the job; False where it is another's by now."""
        free = to_item({"lease_until": 0, "attempts": 0})
        return self._change(self._key(job), holder, self._values(job, now) | free)

    def stop(self, uid: str, job_id: str) -> AiJob | None:
        """End a job that runs; one that has ended stays as it is. Returns it as it stands, None where there is none."""
        return self._stop(_key(uid, job_id), AiJobStatus.STOPPED)

    def _key(self, job: AiJob) -> Attributes:
        return _key(job.uid, job.id)

    def _pack(self, job: AiJob) -> dict[str, str | bytes]:
        return {"status": job.status, "detail": _packed.pack(job)}

    def _values(self, job: AiJob, now: float) -> Attributes:
        kept_s = self.kept_s if job.uid != NOBODY else self.night_kept_s
        return super()._values(job, now) | to_item({"expires_at": int(now + kept_s)})

    def _read(self, item: Item) -> AiJob:
        """A stored job. Whoever stops it writes the status alone."""
        job, status = _packed.unpack(binary(item, "detail")), AiJobStatus(text(item, "status"))
        return msgspec.structs.replace(job, status=status, attempts=int(number(item, "attempts")))


def _kind(uid: str) -> str:
    return f"ai#{key_part(uid)}"


def _key(uid: str, job_id: str) -> Attributes:
    return to_item({"kind": _kind(uid), "id": key_part(job_id)})
