"""Sets whose problems are told in prose, of which code decides none alone: RuleArena's NBA, and GoldCoin."""

from __future__ import annotations

import ast
import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from evaluation.golden import GoldenForm
from evaluation.public_sets.forms import Clause, build_form

NBA, GOLDCOIN = "rulearena nba", "goldcoin"
_CASES = ("cases", "train_val_test", "test_real_cases_hipaa_compliance.csv")


def read_nba(folder: Path) -> Iterator[GoldenForm]:
    """A form for each annotated problem: are all operations allowed by the agreement? Raises OSError and ValueError."""
    rules = (folder / "nba" / "reference_rules.txt").read_text(encoding="utf-8")
    for path in sorted((folder / "nba" / "annotated_problems").glob("*.json")):
        for number, problem in enumerate(json.loads(path.read_text(encoding="utf-8"))):
            fields = {
                key: "\n".join(problem[f"{key}"]) for key in ("team_situations", "player_situations", "operations")
            }
            # `answer` says that some operation is not allowed.
            clause = Clause("All operations are allowed by the reference rules", not problem["answer"], "operations")
            yield build_form(f"nba-{path.stem}-{number:03}", NBA, "Operations of teams.", fields, [clause], rules)


def read_goldcoin(folder: Path) -> Iterator[GoldenForm]:
    """A form for each real case: does the HIPAA Privacy Rule permit the flow? Raises OSError and ValueError."""
    with folder.joinpath(*_CASES).open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            fields = {"background": row["generate_background"], **_characteristics(row["generate_characteristics"])}
            is_permitted = row["generate_HIPAA_type"].strip() == "Permit"
            clause = Clause("The HIPAA Privacy Rule permits the flow of information", is_permitted, "background")
            yield build_form(f"goldcoin-{number:03}", GOLDCOIN, "A flow of information.", fields, [clause])


def _characteristics(text: str) -> Mapping[str, str]:
    """What is said of sender, recipient, purpose and the like; what cannot be read is left out."""
    try:
        read = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return {}
    return {key.lower().replace(" ", "_"): str(value) for key, value in read.items() if value} if read else {}
