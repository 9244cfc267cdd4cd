"""Whether a platform can be worked with, as it is stored, by the secret that was entered last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import httpx
from pydantic import Field

from admin_api.api import Api, Router
from admin_api.problems import invalid
from admin_api.requests import Wanted
from admin_api.setup.connection_report import (
    Cause,
    PlatformTest,
    SecretUsed,
    Step,
    build_report,
    flaw_of,
    misconfigured,
    untried,
    with_steps,
)
from admin_api.setup.platform_forms import PlatformId, check_stored
from admin_api.setup.stored_platform import read_config
from admin_api.setup.trial import TrialTodo, push_trial
from admin_api.wiring import Services
from taskbridge.access.secrets import PlatformSecrets
from taskbridge.commands import (
    Operation,
)
from taskbridge.errors import ConfigurationError, TaskbridgeError
from taskbridge.flaws import flaw
from taskbridge.platforms import build_platform
from taskbridge.platforms.ai_client import AiPlatformClient
from taskbridge.platforms.ai_platform import AiPlatform
from taskbridge.platforms.base import PlatformAdapter, TaskCenter
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.credentials import Tokens
from taskbridge.platforms.http_answers import OutcomeKind
from taskbridge.registry import category_of
from taskbridge.tables.configuration import PlatformConfig

# A test makes up to four calls, and API Gateway waits 30 s; those of a trial todo share what is left.
TRY_S = 7.0
SHOWN_MODELS = 5
MAX_ACCOUNT = 128
CANNOT_DELETE = "todos cannot be deleted there, so none was tried"
NOT_SEEN = "what was entered a moment ago cannot be read yet"
Parts = tuple[httpx.Client, Tokens, Callable[[str], tuple[str, ...]], Callable[[], float]]
router = Router("platforms")


class TestWanted(Wanted):
    """How far a test is to go."""

    todo_for: Annotated[str, Field(max_length=MAX_ACCOUNT)] = ""


@router.post("/v1/platforms/{id}/test", summary="Try the connection")
def check_platform(api: Api, id: PlatformId, body: TestWanted | None = None) -> PlatformTest:
    """Fetches a token by the secret that was entered last, or where there is none to fetch asks the host.

    The models of an AI platform are held against its own list, where it has one. With `todo_for` a task center gets a
    trial todo for that person, which is deleted again at once: only that tells a wrong scene code. Else nothing is
    pushed, and nothing is ever asked: `untried` names what was not tried. A failure is an answer: `cause` tells it.

    Where only the secret before still opens, `opened_by` says so.
    """
    services = api.services
    config = read_config(services, id)
    account = body.todo_for.strip() if body else ""
    if account and category_of(config.class_name) == "ai":
        raise invalid("todo_for", "only a task center has todos")
    todo = TrialTodo(f"test-{services.new_id()}", account, services.clock()) if account else None
    return build_test(services, todo).run(config)


def build_test(services: Services, todo: TrialTodo | None = None) -> ConnectionTest:
    """A test by what the services have; see there."""
    return ConnectionTest(services.http, services.tokens, services.secrets, services.clock, todo)


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """Tries the token call of a platform with its secret as it is now.

    What was entered is what is tried: that the secret before it still opens is said, and makes nothing right.
    A `todo` goes to a task center that opened.
    """

    http: httpx.Client
    tokens: Tokens
    secrets: PlatformSecrets
    clock: Callable[[], float]
    todo: TrialTodo | None = None

    def run(self, config: PlatformConfig) -> PlatformTest:
        """What answered, and how long it took. Raises StoreError where the secret cannot be read."""
        try:
            platform = build_platform(config.id, config.class_name, _impatient(config.settings))
        except ConfigurationError as error:
            return misconfigured(error)
        return with_steps(platform, self._run(config, platform))

    def opens_by_the_one_before_alone(self, config: PlatformConfig) -> bool:
        """Whether the secret that was entered last is refused, and the one before it opens."""
        return self.run(config).opened_by is SecretUsed.PREVIOUS

    def _run(self, config: PlatformConfig, platform: PlatformAdapter) -> PlatformTest:
        try:
            newest, older = self._secrets_of(config, platform.secret_field)
            if platform.secret_field and not newest:
                return untried(Cause.TRY_LATER, f"{platform.secret_field}: {NOT_SEEN}")
            report = self._try(platform, newest)
        except ConfigurationError as error:
            return misconfigured(error)
        if report.cause is Cause.WRONG_SECRET and older:
            return self._try_older(report, platform, older)
        return self._try_more(report, platform, newest) if report.ok else report

    def _secrets_of(self, config: PlatformConfig, field: str) -> tuple[str, str]:
        """The secret that was entered last, and the one before it; empty where there is none, or it is not seen yet."""
        if not field:
            return "", ""
        newest, older = (*self.secrets.generations(config, field), "", "")[:2]
        if not newest and not config.secrets.get(field):
            raise ConfigurationError(field, flaw("secret_missing"))
        check_stored(field, filter(None, (newest, older)))
        return newest, older if older != newest else ""

    def _try(self, platform: PlatformAdapter, secret: str) -> PlatformTest:
        started = self.clock()
        outcome = self._client(platform, secret).check()
        report = build_report(outcome, round((self.clock() - started) * 1000))
        tried = platform.uses_token or isinstance(platform, AiPlatform)
        return replace(report, opened_by=SecretUsed.NEWEST) if report.ok and secret and tried else report

    def _try_older(self, refused: PlatformTest, platform: PlatformAdapter, older: str) -> PlatformTest:
        """The refusal of what was entered, with whether the secret before it still opens: workers go on with that."""
        again = self._try(platform, older)
        if not again.ok or again.opened_by is None:
            return refused
        words = f"the secret that was entered last is refused ({refused.message}); the one before it still opens"
        total = refused.duration_ms + again.duration_ms
        return replace(refused, message=words, opened_by=SecretUsed.PREVIOUS, duration_ms=total)

    def _try_more(self, report: PlatformTest, platform: PlatformAdapter, secret: str) -> PlatformTest:
        """What opened, with what can be told besides: whether models are listed, what becomes of the todo."""
        match platform:
            case AiPlatform():
                return self._try_models(report, platform, secret)
            case TaskCenter() if self.todo is not None:
                return self._try_todo(report, platform, secret, self.todo)
        return report

    def _try_todo(self, report: PlatformTest, platform: TaskCenter, secret: str, todo: TrialTodo) -> PlatformTest:
        if Operation.DELETE_TASK not in platform.capabilities:
            return replace(report, message=f"{report.message}; {CANNOT_DELETE}")
        started = self.clock()
        outcome = push_trial(PlatformClient(platform, *self._parts(secret)), todo, self.clock)
        found = build_report(outcome, report.duration_ms + round((self.clock() - started) * 1000))
        if outcome.verdict is OutcomeKind.PERMANENT:
            return replace(found, cause=Cause.REFUSED)
        if not found.ok:
            return replace(found, tried=(Step.SECRET, Step.PUSH))
        words = f"{report.message}; a todo for {todo.account} was inserted and deleted again"
        return replace(found, message=words, opened_by=SecretUsed.NEWEST if secret else None, tried=(Step.PUSH,))

    def _try_models(self, report: PlatformTest, platform: AiPlatform, secret: str) -> PlatformTest:
        """What opened, with whether the platform lists the models that are set. One without a list tells nothing."""
        try:
            offered = {each.model for each in AiPlatformClient(platform, *self._parts(secret)).models()}
        except TaskbridgeError:
            return report
        if not offered:
            return report
        settings = platform.settings
        unknown = [each for each in (settings.model, *settings.environment_models.values()) if each not in offered]
        if not unknown:
            return replace(report, tried=(Step.MODEL,))
        shown = ", ".join(sorted(offered)[:SHOWN_MODELS])
        words = flaw("unknown_model", got=", ".join(unknown), count=len(offered), expected=shown)
        return replace(report, ok=False, cause=Cause.UNKNOWN_MODEL, message=str(words), flaw=flaw_of("model", words))

    def _parts(self, secret: str) -> Parts:
        return self.http, self.tokens, lambda _: (secret,), self.clock

    def _client(self, platform: PlatformAdapter, secret: str) -> PlatformClient | AiPlatformClient:
        match platform:
            case TaskCenter():
                return PlatformClient(platform, *self._parts(secret))
            case AiPlatform():
                return AiPlatformClient(platform, *self._parts(secret))
        raise ConfigurationError("class_name", f"{platform.class_name} cannot be tried")


def _impatient(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with a timeout that an answer over HTTP can wait for. Defaults are shorter."""
    timeout = settings.get("timeout_s", TRY_S)
    return {**settings, "timeout_s": min(timeout, TRY_S)} if isinstance(timeout, int | float) else dict(settings)
