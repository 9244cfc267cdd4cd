"""The same job by Celery with Redis: dequeue, guard, log before, push, log the attempt, log after.

Runs in an environment that has Celery (see celery_side):

    python -m bench.celery_worker worker REDIS_URL    one worker, solo pool
    python -m bench.celery_worker enqueue REDIS_URL   reads a line of JSON: a list of messages; answers with the
                                                      processor time in seconds that the worker took for them

Redis holds the log as it holds the queue, which is kinder to Celery than a store behind HTTP.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from typing import Any

from celery import Celery  # type: ignore[import-not-found]  # not among this project's packages
from redis import Redis

from bench.lone_loop import LoneLoop, Message

_READINGS = "cpu-readings"
_WAIT_S = 120


@dataclass(frozen=True, slots=True)
class RedisStore:
    """The log in Redis: one HGET and three HSET for a task."""

    redis: Any

    def known_sequence(self, message: Message) -> int:
        """See Store."""
        known = self.redis.hget(_name(message), "sequence")
        return int(known) if known else -1

    def log_before(self, message: Message) -> None:
        """See Store."""
        kept = {name: message[name] for name in ("sess_id", "action", "sequence", "received_at")}
        self.redis.hset(_name(message), mapping={**kept, "status": "retrying"})

    def log_attempt(self, message: Message, attempt: dict[str, str | int]) -> None:
        """See Store."""
        self.redis.hset(f"attempt:{message['event_id']}", mapping=attempt)

    def log_after(self, message: Message, errcode: str) -> None:
        """See Store."""
        settled = {"status": "succeeded", "errcode": errcode, "settled_at": time.time()}
        self.redis.hset(_name(message), mapping=settled)


def _name(message: Message) -> str:
    return f"task:{message['platform_id']}:{message['tasks'][0]['task_id']}"


def build_app(url: str) -> Any:
    """The Celery application; the tasks `push` and `read_cpu` are registered."""
    app = Celery("bench", broker=url)
    app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)
    redis = Redis.from_url(url)
    environment = os.environ
    loop = LoneLoop(
        RedisStore(redis),
        environment["BENCH_HOST"],
        environment["BENCH_APP_ID"],
        environment["BENCH_APP_SECRET"],
        environment["BENCH_SCENE_CODE"],
    )

    @app.task(name="push")  # type: ignore[untyped-decorator]
    def push(message: Message) -> None:
        loop.push(message)

    @app.task(name="read_cpu")  # type: ignore[untyped-decorator]
    def read_cpu() -> None:
        redis.rpush(_READINGS, time.process_time())

    return app


def work(url: str) -> None:
    """Work until told to end."""
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING")
    build_app(url).worker_main(["worker", "--pool=solo", *quiet])


def enqueue(url: str) -> None:
    """Send what stands in each line of the input, wait until it is done, and say what it took."""
    app, redis = build_app(url), Redis.from_url(url, socket_timeout=2 * _WAIT_S)  # a busy machine takes its time
    for line in sys.stdin:
        app.send_task("read_cpu")
        for message in json.loads(line):
            app.send_task("push", [message])
        app.send_task("read_cpu")
        readings: list[Any] = [redis.blpop([_READINGS], timeout=_WAIT_S) for _ in range(2)]
        if None in readings:
            raise SystemExit("the worker did not finish")
        before, after = (float(reading[1]) for reading in readings)
        sys.stdout.write(f"{after - before}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    {"worker": work, "enqueue": enqueue}[sys.argv[1]](sys.argv[2])
