"""The error of everything here."""


class BenchError(Exception):
    """Something that a measurement needs is not there, or what it measured did not do its job."""
