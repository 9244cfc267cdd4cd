"""How long the chain of AI platforms may take, in seconds. Pure.

An analysis has the time of the function that makes it (`AnalysisTimeoutSeconds`). What is kept free is for reading the
form and its attachments before the first question, and for settling behind the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskbridge.errors import ConfigurationError

ANALYSIS_MARGIN_S = 30.0
DEFAULT_ANALYSIS_TIMEOUT_S = 900.0


def check_answer_timeout(answer_timeout_s: float, analysis_timeout_s: float) -> None:
    """Raises ConfigurationError where one answer alone may take longer than an analysis has."""
    room_s = analysis_timeout_s - ANALYSIS_MARGIN_S
    if answer_timeout_s > room_s:
        told = f"expected at most {room_s:g}: an analysis has {analysis_timeout_s:g} s (AnalysisTimeoutSeconds)"
        raise ConfigurationError("answer_timeout_s", f"{told}, got {answer_timeout_s:g}")


def check_chain(
    field: str, chain: Sequence[str], answer_timeouts_s: Mapping[str, float], analysis_timeout_s: float
) -> None:
    """Raises ConfigurationError where the answers of a chain together may take longer than an analysis has.

    `chain` are the ids of its platforms in order, which may repeat; `answer_timeouts_s` are by id.
    """
    room_s = analysis_timeout_s - ANALYSIS_MARGIN_S
    parts = [(platform_id, answer_timeouts_s.get(platform_id, 0.0)) for platform_id in chain]
    whole_s = sum(seconds for _, seconds in parts)
    if whole_s > room_s:
        told = " + ".join(f"{platform_id} {seconds:g}" for platform_id, seconds in parts)
        raise ConfigurationError(
            field,
            f"the answer_timeout_s of the chain ({told}) come to {whole_s:g} s, and an analysis has {room_s:g} of "
            f"{analysis_timeout_s:g} s (AnalysisTimeoutSeconds)",
        )
