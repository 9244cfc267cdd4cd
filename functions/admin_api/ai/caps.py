"""What a person may still ask for today. The worker holds the caps; here they are told before anything begins."""

from __future__ import annotations

from admin_api.problems import Problem
from admin_api.wiring import Services
from taskbridge.ai.caps import reached_cap, seconds_to_tomorrow


def admit(uid: str, app_id: str, node_id: str, services: Services) -> None:
    """Raises Problem (429) where a cap of today is reached: it says which, and when the next day begins."""
    now = services.clock()
    settings = services.switches().settings
    cap = reached_cap(settings, services.questions.read(uid, app_id, node_id, now))
    if cap:
        detail = f"as much was asked today as {cap} allows ({getattr(settings, cap):g} a day): try again tomorrow"
        raise Problem(429, "daily_limit", detail, headers={"Retry-After": str(round(seconds_to_tomorrow(now)))})
