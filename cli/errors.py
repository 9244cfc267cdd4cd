"""What a command cannot do, in words for its user, and the exit status that tells a script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

REFUSED = 1  # the API, the bus or a check said no; or what was tested is not as it should be
WRONG_USE = 2  # arguments, environment or files, as argparse has it
NO_ANSWER = 3  # the API, the bus or AWS did not answer: the same command may work later
INTERRUPTED = 130


class CommandError(Exception):
    """A command that ends here. The text is a sentence or more, without secrets.

    `code` is that of the problem, where the API named one.
    """

    def __init__(self, text: str, status: int = REFUSED, code: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.code = code


@contextmanager
def told_of_aws() -> Iterator[None]:
    """What AWS refuses, or that it does not answer, as a CommandError."""
    try:
        yield
    except ClientError as error:
        problem = error.response["Error"]
        raise CommandError(f"AWS says: {problem.get('Message', '')} ({problem.get('Code', '')})") from None
    except BotoCoreError as error:
        raise CommandError(f"AWS does not answer: {error}", NO_ANSWER) from None
