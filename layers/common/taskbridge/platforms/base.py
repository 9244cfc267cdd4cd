"""What a platform is: declarations, and pure functions from command to request and from response to outcome.

A platform opens no connection and reads no clock. `PlatformClient` drives it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from taskbridge.attempts import Attempt
from taskbridge.commands import Command, InstanceView, Operation, TaskView
from taskbridge.errors import PermanentError
from taskbridge.platforms.http_answers import JsonAnswer, Outcome, Response, ResultCodes, classify, read_answer
from taskbridge.platforms.settings import ANY_VENDOR, PlatformSettings, settings_schema
from taskbridge.platforms.task_center_settings import TaskCenterSettings


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `path` is relative to the host, the body is `json`, `form`, `parts` or none.

    `parts` is a multipart form: texts, and files as (name, content, media type).
    """

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    json: Any | None = None
    form: dict[str, str] | None = None
    parts: dict[str, str | tuple[str, bytes, str]] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of a command, with every HTTP call that was made for it, in order."""

    outcome: Outcome
    attempts: tuple[Attempt, ...]


class PlatformAdapter:
    """One configured platform of any category. A vendor declares the class attributes.

    `secret_field` names the secret: what is exchanged for a token where `uses_token`, else what is itself the
    token. Empty where the platform needs none. `limits` tells people what a class cannot do. `vendor` is whom an
    admin asks for what no public source tells. Without a `code_key` the HTTP status is the result code, and the lists
    of codes hold statuses.
    """

    class_name: ClassVar[str]
    title: ClassVar[Mapping[str, str]]
    vendor: ClassVar[Mapping[str, str]] = ANY_VENDOR
    category: ClassVar[str]
    capabilities: ClassVar[frozenset[Any]]
    limits: ClassVar[Mapping[str, Any]] = {}
    Settings: ClassVar[type[PlatformSettings]]
    uses_token: ClassVar[bool] = True
    token_lifetime_s: ClassVar[float] = 7200.0
    secret_field: ClassVar[str] = "app_secret"  # noqa: S105 - a name
    code_key: ClassVar[str] = "errcode"
    message_key: ClassVar[str] = "errmsg"

    def __init__(self, platform_id: str, settings: PlatformSettings) -> None:
        self.platform_id = platform_id
        self.settings = settings

    def build_token_request(self, secret: str) -> Request:
        """The request that exchanges `secret` for a token. Only where `uses_token`."""
        raise PermanentError(f"{self.class_name} has no token call")

    def parse_token_response(self, response: Response) -> str:
        """The token in that request's answer; raises PlatformError with a cause that an admin can act on."""
        raise PermanentError(f"{self.class_name} has no token call")

    def read_answer(self, response: Response) -> JsonAnswer:
        """The JSON object of an answer, with this platform's names for code and message."""
        return read_answer(response, self.code_key, self.message_key)

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """The platform class for people and forms, JSON-ready; `settings` is the JSON Schema of its form."""
        return {
            "class_name": cls.class_name,
            "title": dict(cls.title),
            "category": cls.category,
            "capabilities": sorted(cls.capabilities),
            "limits": dict(cls.limits),
            "settings": settings_schema(cls.Settings, cls.vendor),
        }


def link_places(instance: InstanceView, task: TaskView | None = None) -> dict[str, str]:
    """What fills the links into the process system; without a task its places stay empty."""
    places = {"sess_id": instance.sess_id, "app_id": instance.app_id}
    return places | {"task_id": task.task_id if task else "", "node_id": task.node_id if task else ""}


class TaskCenter(PlatformAdapter, ABC):
    """A platform that shows todos. A vendor writes `build_request`, rarely more."""

    category: ClassVar[str] = "task_center"
    capabilities: ClassVar[frozenset[Operation]] = frozenset(Operation)
    limits: ClassVar[Mapping[str, Any]] = {"items_per_request": 1}
    Settings: ClassVar[type[TaskCenterSettings]]
    settings: TaskCenterSettings

    def __init__(self, platform_id: str, settings: TaskCenterSettings) -> None:
        super().__init__(platform_id, settings)
        self.codes = ResultCodes(
            success=frozenset(settings.success_codes),
            token_expired=frozenset(settings.token_expired_codes),
            already_there=frozenset(settings.already_there_codes),
            already_gone=frozenset(settings.already_gone_codes),
            retry=frozenset(settings.retry_codes),
        )

    @abstractmethod
    def build_request(self, command: Command, token: str) -> Request:
        """The request that carries out `command`; `token` is empty where the platform needs none."""

    def parse_response(self, command: Command, response: Response) -> Outcome:
        """What the answer to `command` means. Never raises."""
        return classify(command.operation, response, self.read_answer(response), self.codes)
