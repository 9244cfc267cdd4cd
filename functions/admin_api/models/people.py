"""What is erased of a person, as it is shown."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field


class Erased(BaseModel):
    """How many there were of each."""

    tasks: Annotated[int, Field(description="tasks of this person, with their analyses")] = 0
    open_tasks: Annotated[int, Field(description="those among them that are still open: an event brings them back")] = 0
    documents: Annotated[int, Field(description="process documents that named this person")] = 0
    audit_entries: Annotated[int, Field(description="questions that lost person and text")] = 0
    answers: Annotated[int, Field(description="answers to this person's own rules")] = 0
    nodes: Annotated[int, Field(description="nodes on which something was counted or noted")] = 0
    own_rules: Annotated[int, Field(description="versions of own rules, with their changes on the trail")] = 0
    jobs: Annotated[int, Field(description="dry runs and proposals")] = 0


class Erasure(BaseModel):
    """What one call erased, or would. `finished` false: call again, it goes on where it stopped."""

    finished: bool
    dry_run: bool
    erased: Erased
    change_id: str = Field(description="this call on the trail of changes, which does not name the person; empty: none")
