"""`GET /v1/health`, the one route that is open to anyone."""

from __future__ import annotations

from admin_api.api import Api
from admin_api.description import VERSION
from admin_api.health import HealthCheck, look_at
from admin_api.models.health import HealthReport


def register(api: Api) -> None:
    """Register the route."""
    services = api.services
    check = HealthCheck(
        lambda: look_at(services.dynamodb, dict(services.tables), services.sqs, dict(services.queues)), services.clock
    )

    @api.get("/v1/health", summary="Whether everything answers", tags=["health"])
    def get_health() -> HealthReport:
        """Version, and whether each table and each queue answers. It is up to ten seconds old."""
        found = check()
        return HealthReport.model_validate(
            {
                "status": "ok" if found.is_ok else "degraded",
                "version": VERSION,
                "tables": found.tables,
                "queues": found.queues,
            }
        )
