"""The switches of AI approval: they stand in the configuration, which every function reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model of a platform; empty: the platform's own choice for the environment."""

    platform_id: str
    model: str = ""


Masked = bool | Literal["names"]
# Which answers are looked at once more, over their evidence alone: those with a verdict, approves, or none.
SecondLook = Literal["always", "approves", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AiSettings:
    """The switches of AI approval. `default_app_ids`: where node defaults count, unless they do everywhere.

    `mask_names`: with masking, the names that an event itself carries are masked as well.
    `second_look`: which verdicts a second, independent question has to confirm by the evidence alone.
    `attachment_hosts` (`host` or `host:port`) may be fetched from; `retention_days` bounds answers and the audit log.
    `daily_person`, `daily_node` and `daily_total` bound what is asked in a day, `daily_cost` what it costs in the
    currency of the price lists; 0 is no bound (see caps). `nightly_flips` is how many questions a night may take about
    changed forms, over all nodes; 0: none. `version` is that of the store, 0 where nobody has set them.
    """

    examine_enable: bool = False
    examine_default_all_apps: bool = False
    default_app_ids: tuple[str, ...] = ()
    platform_id: str = ""
    model: str = ""
    fallbacks: tuple[ModelChoice, ...] = ()
    masking: bool = False
    retention_days: int = 180
    attachment_hosts: tuple[str, ...] = ()
    mask_names: bool = False
    second_look: SecondLook = "approves"
    daily_person: int = 200
    daily_node: int = 2_000
    daily_total: int = 20_000
    daily_cost: float = 0.0
    nightly_flips: int = 0
    version: int = 0

    @property
    def masked(self) -> Masked:
        """What is kept from the AI platforms: nothing, numbers, or names too."""
        return "names" if self.masking and self.mask_names else self.masking
