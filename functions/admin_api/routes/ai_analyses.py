"""`/v1/ai/analyses`: an approver's results, and what the approver thinks of them."""

from __future__ import annotations

from admin_api.ai import analyses
from admin_api.api import Api
from admin_api.models.ai_results import FeedbackTaken, FeedbackWanted, Result

_TAGS = ["AI results"]


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    @api.get("/v1/ai/analyses/{id}", summary="One of one's analyses", tags=_TAGS)
    def get_analysis(id: str) -> Result:
        """404 also for one that another has replaced, or that is not of today's form and rule."""
        return analyses.get(api.caller.uid, id, services)

    @api.post("/v1/ai/analyses/{id}/feedback", summary="Say what one thinks of a result", tags=_TAGS)
    def give_feedback(id: str, body: FeedbackWanted) -> FeedbackTaken:
        """It takes the place of what was said before."""
        return analyses.give_feedback(api.caller.uid, id, body, services)
