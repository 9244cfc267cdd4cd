"""What the doctor found: one thing that was looked at, how it is, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from cli.errors import NO_ANSWER, REFUSED, CommandError

_NOT_ALLOWED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_OF_ANOTHER_ROLE = "not_allowed"  # as the API says it
_WHO = "say who you are to AWS: `aws configure sso`, AWS_PROFILE, or AWS_ACCESS_KEY_ID"


class State(StrEnum):
    """How a thing is."""

    OK = "ok"
    LOOK = "look"  # it works; somebody should look at it
    WRONG = "wrong"
    SILENT = "no answer"
    NOT_ASKED = "not asked"  # nothing is known of it: no permission, no login, or nobody here who would know


@dataclass(frozen=True, slots=True)
class Finding:
    """`found` says what is not as it should be, `do` what to do about it; both may be empty where all is well."""

    area: str
    name: str
    state: State
    found: str = ""
    do: str = ""


def exit_status(findings: Iterable[Finding]) -> int:
    """Whether something is wrong, else whether something did not answer; see cli.errors."""
    states = {finding.state for finding in findings}
    return REFUSED if State.WRONG in states else NO_ANSWER if State.SILENT in states else 0


def fold(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with one row in the place of all that is well in an area."""
    rows: list[Finding] = []
    for area in dict.fromkeys(finding.area for finding in findings):
        of_area = [finding for finding in findings if finding.area == area]
        fine = [finding for finding in of_area if finding.state is State.OK]
        if len(fine) > 1:
            count = f"{len(fine)} of {len(of_area)}" if len(fine) < len(of_area) else f"all {len(fine)}"
            rows.append(Finding(area, count, State.OK))
            fine = []
        rows += [finding for finding in of_area if finding.state is not State.OK or finding in fine]
    return rows


def ask(area: str, name: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What a look finds; where AWS or the API refuses or is silent, that is what was found."""
    try:
        return list(look())
    except ClientError as error:
        problem = error.response["Error"]
        code = problem.get("Code", "")
        if code in _NOT_ALLOWED:
            do = f"let your AWS credentials do {error.operation_name}"
            return [Finding(area, name, State.NOT_ASKED, code, do)]
        return [Finding(area, name, State.WRONG, f"{code}: {problem.get('Message', '')}")]
    except BotoCoreError as error:
        do = _WHO if isinstance(error, NoCredentialsError) else "look at network, region and credentials of AWS"
        return [Finding(area, name, State.SILENT, str(error), do)]
    except CommandError as error:
        if error.code == _OF_ANOTHER_ROLE:
            return [Finding(area, name, State.NOT_ASKED, str(error), "sign in as somebody with that role")]
        state = State.SILENT if error.status == NO_ANSWER else State.WRONG
        return [Finding(area, name, state, str(error))]
