"""The AWS CLI with each command of a file, none of which leaves the machine: `python -m tests.template.aws_cli FILE`.

A process of its own, since other tests put something before what the CLI calls (moto, a shared loader of botocore).
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, suppress
from pathlib import Path

from awscli.clidriver import create_clidriver  # type: ignore[import-untyped]
from botocore.httpsession import URLLib3Session

WOULD_BE_SENT = "this would have left the machine"


def main(file: Path) -> None:
    """Write out every command that is refused, with what is said of it. A line is a command; its words end in NUL."""
    URLLib3Session.send = _send  # type: ignore[method-assign, assignment]
    driver = create_clidriver()
    for line in filter(None, file.read_text(encoding="utf-8").split("\n")):
        heard = io.StringIO()
        with redirect_stderr(heard), suppress(SystemExit):  # that is how it ends at a wrong word
            driver.main(line.split("\0")[:-1])
        if WOULD_BE_SENT not in heard.getvalue():
            sys.stdout.write(f"{line.replace(chr(0), ' ')} {heard.getvalue()}\n")


def _send(_session: URLLib3Session, _request: object) -> None:
    raise ConnectionError(WOULD_BE_SENT)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
