"""What keeps an evaluation from being made."""

from __future__ import annotations


class EvaluationError(Exception):
    """A golden form, a platform file or a platform cannot be used; the text says which and why."""
