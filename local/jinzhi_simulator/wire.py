"""What a generation of the wire has to offer: the seam between the model and its two dialects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from local.jinzhi_simulator.records import Change, Operation, Settings
from local.simulating.answers import Answer, Refused


class Wire(Protocol):
    """One dialect. Header names come in lower case."""

    @property
    def content_type(self) -> str:
        """The media type that a body must have."""

    def authorise(self, headers: Mapping[str, str], settings: Settings, token_is_valid: Callable[[str], bool]) -> None:
        """Refuses a caller that may not call."""

    def parse(self, operation: Operation, body: bytes, settings: Settings) -> list[Change]:
        """The changes that `body` asks for, in order, at least one; refuses what is not well formed."""

    def glance(self, operation: Operation, body: bytes) -> Change:
        """What can be told of a request that was refused; never fails."""

    def accept(self, settings: Settings, data: str = "") -> Answer:
        """The answer of success."""

    def refuse(self, refused: Refused, settings: Settings) -> Answer:
        """The answer of a refusal."""

    def refuse_token(self) -> Refused:
        """The refusal of a token that is missing, wrong or has ended."""
