"""How long the chain of AI platforms may take, in seconds. Pure.

An analysis has the time of the function that makes it (`AnalysisTimeoutSeconds`). What is kept free is for reading the
form and its attachments before the first question, and for settling behind the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskbridge.errors import ConfigurationError
from taskbridge.flaws import flaw

ANALYSIS_MARGIN_S = 30.0
DEFAULT_ANALYSIS_TIMEOUT_S = 900.0


def check_answer_timeout(answer_timeout_s: float, analysis_timeout_s: float) -> None:
    """Raises ConfigurationError where one answer alone may take longer than an analysis has."""
    room_s = analysis_timeout_s - ANALYSIS_MARGIN_S
    if answer_timeout_s > room_s:
        told = flaw("too_long_answer", most=f"{room_s:g}", whole=f"{analysis_timeout_s:g}", got=f"{answer_timeout_s:g}")
        raise ConfigurationError("answer_timeout_s", told)


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
        times = {"got": f"{whole_s:g}", "most": f"{room_s:g}", "whole": f"{analysis_timeout_s:g}"}
        raise ConfigurationError(field, flaw("chain_too_long", parts=told, **times))
