"""Attachments: which take part, fetched with care, and read by `ai_analyze.extraction` apart from the worker.

Whatever a file or its address is, nothing here raises because of it: a file that could not be read has a `problem`,
in Chinese, for the people who decide.
"""

from ai_analyze.attachments.fetching import Fetcher
from ai_analyze.attachments.reading import read_files
from ai_analyze.extraction.limits import DEFAULT_LIMITS, Limits, UnreadableFile

__all__ = ["DEFAULT_LIMITS", "Fetcher", "Limits", "UnreadableFile", "read_files"]
