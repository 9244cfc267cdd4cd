"""What can go wrong with the stack on one machine, said to people."""

from __future__ import annotations


class StackError(Exception):
    """One clear sentence about what is wrong, and what to do about it. Shown without a traceback."""
