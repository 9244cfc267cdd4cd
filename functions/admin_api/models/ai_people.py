"""What is counted and noted of a person on nodes, as it is shown."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, computed_field

from admin_api.ids import encode_id


class Count(BaseModel):
    """How many open tasks AI approval is on for."""

    count: int


class Node(BaseModel):
    """A node of an application."""

    app_id: str
    app_name: str
    node_id: str
    node_key: str
    node_name: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def path(self) -> str:
        """Application and node as a path of the API takes them."""
        return f"{encode_id(self.app_id)}/{encode_id(self.node_id)}"


class Recommendation(Node):
    """A node without a rule on which the caller has decided `decided` times."""

    decided: int
    open_count: int


class RuleUpdate(Node):
    """A node whose rule changed since the caller last looked; `rule_version` is empty where there is none now."""

    rule_version: str
    updated_at: datetime


class Agreement(BaseModel):
    """How often verdict and decision agreed.

    `decided` counts the decisions that had the verdict approve or reject. Under `needed` of them `hidden` is true, and
    the others are null. `low` and `high` bound the true `rate` with 95%. `abstained` are decisions beside these, where
    the verdict was needs_human; `false_approvals` those where approve was advised and the person refused.
    """

    app_id: str | None
    node_id: str | None
    of_everyone: bool
    hidden: bool
    needed: int
    decided: int | None
    agreed: int | None
    rate: float | None
    low: float | None
    high: float | None
    false_approvals: int | None
    abstained: int | None
