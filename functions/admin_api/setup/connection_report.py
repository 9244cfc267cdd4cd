"""What a connection test found: where to look first, how far it came, and what it did not try. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from taskbridge.errors import ConfigurationError, NoAnswer
from taskbridge.flaws import as_flaw
from taskbridge.platforms.ai_platform import AiPlatform
from taskbridge.platforms.base import PlatformAdapter
from taskbridge.platforms.http_answers import Outcome, OutcomeKind


class Cause(StrEnum):
    """Where to look first."""

    OK = "ok"
    WRONG_HOST = "wrong_host"  # nobody there, or somebody else: address, paths, a firewall
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a word; the platform refused the app id and the secret
    TOO_SLOW = "too_slow"
    CONNECTION_BROKEN = "connection_broken"
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"
    NOT_CONFIGURED = "not_configured"  # no call was made: a secret is missing, or a setting cannot be used
    REFUSED = "refused"  # the trial todo: a code such as the scene code, a path, a permission, or the person
    UNKNOWN_MODEL = "unknown_model"  # the platform has a list of models, without one that is set here
    TRY_LATER = "try_later"  # no call was made: another worker is fetching the token, or its store does not answer


class SecretUsed(StrEnum):
    """Which of the two valid secrets opened."""

    NEWEST = "newest"  # what was entered last
    PREVIOUS = "previous"  # the one before: what was entered last is refused


class Step(StrEnum):
    """What there is to try of a platform, in this order."""

    ADDRESS = "address"
    SECRET = "secret"  # noqa: S105 - a word
    MODEL = "model"  # whether the platform lists the models that are set here
    PUSH = "push"  # writing a todo, with its codes and paths: only where a trial todo is asked for
    QUESTION = "question"  # asking, which costs: a test never does


@dataclass(frozen=True, slots=True)
class SettingFlaw:
    """A setting that cannot be used, as fields of refused requests are told."""

    field: str
    problem: str
    kind: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PlatformTest:
    """What a connection test found. Of what it did not try, nothing is known."""

    ok: bool
    cause: Cause
    message: str  # holds no secret
    status: int | None
    errcode: str
    duration_ms: int
    opened_by: SecretUsed | None = None
    tried: tuple[Step, ...] = ()
    untried: tuple[Step, ...] = ()
    flaw: SettingFlaw | None = None


# The first row that holds decides. A platform's own code proves that it is the platform that speaks, except where
# the path itself is unknown there.
_TABLE: tuple[tuple[Cause, Callable[[Outcome], bool]], ...] = (
    (Cause.OK, lambda o: o.verdict is OutcomeKind.OK),
    (Cause.WRONG_HOST, lambda o: o.no_answer is NoAnswer.UNREACHABLE),
    (Cause.TOO_SLOW, lambda o: o.no_answer is NoAnswer.TOO_SLOW),
    (Cause.CONNECTION_BROKEN, lambda o: o.no_answer is NoAnswer.BROKEN),
    (Cause.TRY_LATER, lambda o: o.status is None),
    (Cause.THROTTLED, lambda o: o.status == 429),
    (Cause.SERVER_ERROR, lambda o: (o.status or 0) >= 500),
    (Cause.WRONG_SECRET, lambda o: o.status in {401, 403}),
    (Cause.WRONG_HOST, lambda o: o.status in {404, 405} or o.status in range(300, 400)),
    (Cause.WRONG_SECRET, lambda o: bool(o.errcode)),
    (Cause.WRONG_HOST, lambda _: True),
)


# How far a test came, by what it found. For any other cause no call was made.
_REACHED: Mapping[Cause, frozenset[Step]] = {
    Cause.OK: frozenset({Step.ADDRESS}),
    Cause.WRONG_HOST: frozenset({Step.ADDRESS}),
    Cause.TOO_SLOW: frozenset({Step.ADDRESS}),
    Cause.CONNECTION_BROKEN: frozenset({Step.ADDRESS}),
    Cause.THROTTLED: frozenset({Step.ADDRESS}),
    Cause.SERVER_ERROR: frozenset({Step.ADDRESS}),
    Cause.WRONG_SECRET: frozenset({Step.ADDRESS, Step.SECRET}),
    Cause.REFUSED: frozenset({Step.ADDRESS, Step.SECRET, Step.PUSH}),
    Cause.UNKNOWN_MODEL: frozenset({Step.ADDRESS, Step.SECRET, Step.MODEL}),
}


def build_report(outcome: Outcome, duration_ms: int) -> PlatformTest:
    """The outcome of `PlatformClient.check` or `AiPlatformClient.check` for people."""
    cause = next(cause for cause, holds in _TABLE if holds(outcome))
    ok = cause is Cause.OK
    return PlatformTest(ok, cause, outcome.message, outcome.status, outcome.errcode, duration_ms)


def untried(cause: Cause, message: str, flaw: SettingFlaw | None = None) -> PlatformTest:
    """The report where nothing could be tried."""
    return PlatformTest(False, cause, message, None, "", 0, flaw=flaw)


def misconfigured(error: ConfigurationError) -> PlatformTest:
    return untried(Cause.NOT_CONFIGURED, str(error), flaw_of(error.field, error.problem))


def flaw_of(field: str, problem: str) -> SettingFlaw:
    """By the path of the form's field."""
    told = as_flaw(problem)
    return SettingFlaw(field if field == "class_name" else f"settings.{field}", str(told), told.kind, told.values)


def with_steps(platform: PlatformAdapter, report: PlatformTest) -> PlatformTest:
    """The report with what it tried, and what there is besides."""
    reached = _REACHED.get(report.cause, frozenset()) | set(report.tried)
    tried = reached | ({Step.SECRET} if report.opened_by else set())
    is_ai = isinstance(platform, AiPlatform)
    secret = (Step.SECRET,) if platform.secret_field else ()
    steps = (Step.ADDRESS, *secret, *((Step.MODEL, Step.QUESTION) if is_ai else (Step.PUSH,)))
    done = tuple(step for step in steps if step in tried)
    return replace(report, tried=done, untried=tuple(step for step in steps if step not in tried))
