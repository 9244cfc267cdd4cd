"""The next slice of a bulk replay: logs of one status, shard by shard of its index, the oldest first."""

from __future__ import annotations

from reconciler.slices import Slice
from taskbridge.push.jobs import PushJob, build_messages, wants
from taskbridge.tables.push_log_items import status_shards
from taskbridge.tables.push_logs import PushLogTable


def next_replays(job: PushJob, logs: PushLogTable, most: int) -> Slice:
    """At most `most` logs; moves the position of the job behind them.

    A log that leaves the index meanwhile moves nothing: the position is a place in an order, not a count.
    """
    shards = [shard for platform_id in job.platform_ids for shard in status_shards(platform_id, job.log_status)]
    if job.partition >= len(shards):
        return Slice(0, 0, [], is_last=True)
    listed, has_more = logs.by_status(shards[job.partition], job.start, job.end, most, after=job.position)
    wanted = [each.log for each in listed if wants(job, each.log)]
    if has_more and listed:
        job.position = listed[-1].place
    else:
        job.partition, job.position = job.partition + 1, ()
    messages = build_messages(job, ((log.platform_id, log.sess_id) for log in wanted))
    return Slice(len(listed), len(wanted), messages, is_last=job.partition >= len(shards))
