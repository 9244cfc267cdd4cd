"""Asks one platform about golden forms, several at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from ai_analyze.asked import Asked
from ai_analyze.material import ReadFile
from ai_analyze.review import Link, Model, review
from evaluation.errors import EvaluationError
from evaluation.golden import GoldenForm, build_material
from evaluation.scores import Outcome
from taskbridge.ai.results import Review
from taskbridge.ai.settings import SecondLook
from taskbridge.errors import (
    ConfigurationError,
    IncompleteAnswer,
    PermanentError,
    PlatformError,
    QuotaExhausted,
    ThrottledError,
    TransientError,
)

ATTEMPTS = 4
THROTTLED_WAIT_S = 60.0
TRANSIENT_WAIT_S = 5.0
UID = "evaluation"


class Unseen:
    """A sink that nobody watches."""

    def text(self, piece: str) -> None:
        """Forget it: the review holds the whole."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How to ask: whom, masked or not, which verdicts are looked at again, and how many questions at a time.

    `link_to` gives whom to ask about a form, `audit` is told each question that was asked about it, `sleep` waits for
    seconds.
    """

    link_to: Callable[[GoldenForm], Link]
    masking: bool = False
    second_look: SecondLook = "approves"
    workers: int = 1
    audit: Callable[[GoldenForm, Asked], None] = lambda *_: None
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def evaluate(self, forms: Sequence[GoldenForm], heard: Callable[[Outcome], None]) -> list[Outcome]:
        """The outcomes, in the order of `forms`; `heard` is told each when it comes.

        Raises EvaluationError where no question can succeed: a setting is wrong, or a quota is used up.
        """
        with ThreadPoolExecutor(self.workers) as pool:
            futures = [pool.submit(self._ask_patiently, golden) for golden in forms]
            try:
                for future in as_completed(futures):
                    heard(future.result())
            except (ConfigurationError, QuotaExhausted) as error:
                raise EvaluationError(f"{self.link_to(forms[0]).client.platform_id}: {error}") from error
            finally:
                for future in futures:
                    future.cancel()
        return [future.result() for future in futures]

    def _ask_patiently(self, golden: GoldenForm) -> Outcome:
        """Asks, again where that may help. Raises ConfigurationError and QuotaExhausted."""
        started = time.monotonic()
        problem = ""
        for attempt in range(ATTEMPTS):
            try:
                answer = self._ask(golden)
            except IncompleteAnswer as error:
                problem = str(error)  # it was asked for twice
                break
            except TransientError as error:
                problem = str(error)
                if attempt + 1 < ATTEMPTS:
                    self.sleep(_wait_after(error))
            except QuotaExhausted:
                raise
            except PlatformError as error:
                problem = str(error)
                break
            else:
                return Outcome(golden, answer, seconds=time.monotonic() - started)
        return Outcome(golden, None, problem, time.monotonic() - started)

    def _ask(self, golden: GoldenForm) -> Review:
        return review(
            build_material(golden),
            [self.link_to(golden)],
            Unseen(),
            masking=self.masking,
            second_look=self.second_look,
            uid=UID,
            upload=refuse_upload,
            forget=lambda *_: None,
            audit=lambda asked: self.audit(golden, asked),
        )


def _wait_after(error: TransientError) -> float:
    usual = THROTTLED_WAIT_S if isinstance(error, ThrottledError) else TRANSIENT_WAIT_S
    return usual if error.retry_after is None else error.retry_after


def refuse_upload(_client: Model, file: ReadFile) -> str:
    raise PermanentError(f"{file.name} is a golden attachment: its text is in the question, there is no file to upload")
