"""The messages of the AI half. Version 1, JSON.

The AI queue carries what changes somebody's tasks or rules; the analysis queue what takes a model's time. So no change
of state waits behind a slow answer.
"""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import quote

import msgspec

from taskbridge.errors import InvalidEvent

VERSION = 1


class TrackMessage(msgspec.Struct, frozen=True, tag="event", tag_field="kind"):
    """A trigger event, whole: `detail` as it came over the bus. `received_at` is when it came into the ingest queue.

    `turn` counts, here and below, how many messages of this queue led to this one: see ai_track.pieces.
    """

    received_at: str
    detail: msgspec.Raw
    version: int = VERSION
    turn: int = 0


class RuleChanged(msgspec.Struct, frozen=True, tag="rule_changed", tag_field="kind"):
    """A rule was saved: clear what was answered by the one before. An empty `uid` means the node's default."""

    app_id: str
    node_id: str
    uid: str = ""
    version: int = VERSION
    turn: int = 0


class SeatsMessage(msgspec.Struct, frozen=True, tag="seats", tag_field="kind"):
    """A piece of a large instance: these seats, people by task id, are to be as its document implies."""

    sess_id: str
    places: dict[str, list[str]]
    version: int = VERSION
    turn: int = 0


class SweepMessage(msgspec.Struct, frozen=True, tag="sweep", tag_field="kind"):
    """A piece of a node with many open tasks, whose rule changed: these seats, people by task id.

    `clears`: what older rules answered goes. What came after `since` (RFC 3339; empty: nothing) is asked for.
    """

    app_id: str
    node_id: str
    places: dict[str, list[str]]
    clears: bool
    since: str = ""
    version: int = VERSION
    turn: int = 0


class AnalyseMessage(msgspec.Struct, frozen=True, tag="analyse", tag_field="kind"):
    """An analysis is to be made. Who gets it looks whether that is still so.

    `app_id` says with whose it shares the queue; messages of a release before have none.
    """

    uid: str
    task_id: str
    analysis_id: str
    version: int = VERSION
    app_id: str = ""

    @property
    def group(self) -> str:
        """Those who share the queue's turns fairly: the applications."""
        return _group("app", self.app_id)


class JobMessage(msgspec.Struct, frozen=True, tag="job", tag_field="kind"):
    """A person's job is to go on; see `taskbridge.ai.jobs`."""

    uid: str
    job_id: str
    version: int = VERSION

    @property
    def group(self) -> str:
        """See AnalyseMessage: each person's jobs are a group."""
        return _group("jobs", self.uid)


AiMessage = TrackMessage | RuleChanged | SeatsMessage | SweepMessage
AnalysisMessage = AnalyseMessage | JobMessage

M = TypeVar("M", bound=AiMessage | AnalysisMessage)

_encoder = msgspec.json.Encoder()
_ai_decoder = msgspec.json.Decoder(AiMessage)
_analysis_decoder = msgspec.json.Decoder(AnalysisMessage)


def _group(kind: str, name: str) -> str:
    """A `MessageGroupId`: at most 128 characters of ASCII. Where two names come to one, they share a turn."""
    return f"{kind}:{quote(name, safe='', errors='replace')}"[:128]


def encode_ai_message(message: AiMessage | AnalysisMessage) -> str:
    """The message as JSON."""
    return _encoder.encode(message).decode()


def parse_ai_message(body: str) -> AiMessage:
    """A message of the AI queue. Raises InvalidEvent where it is not one, or of a version not known here."""
    message: AiMessage = _parse(_ai_decoder, body)
    return message


def parse_analysis_message(body: str) -> AnalysisMessage:
    """A message of the analysis queue. Raises InvalidEvent as above."""
    message: AnalysisMessage = _parse(_analysis_decoder, body)
    return message


def _parse(decoder: msgspec.json.Decoder[M], body: str) -> M:
    try:
        message: M = decoder.decode(body)
    except msgspec.DecodeError as error:
        raise InvalidEvent("message", str(error)) from None
    if message.version != VERSION:
        raise InvalidEvent("message.version", f"expected {VERSION}, got {message.version}")
    return message
