"""`DELETE /v1/people/{uid}`: erases what is stored of a person."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.api import Api
from admin_api.erasure import erase_person, plan_erasure
from admin_api.ids import decode_id
from admin_api.models.people import Erasure

DryRun = Annotated[bool, Query(description="Only count; what is found by way of tasks is not counted")]


def register(api: Api) -> None:
    """Register the route."""
    services = api.services

    @api.delete("/v1/people/{id}", summary="Erase what is stored of a person", tags=["people"])
    def erase(id: str, *, dry_run: DryRun = False) -> Erasure:
        """As much as a call has time for: call until `finished`. What cannot be found by key goes by itself."""
        uid = decode_id(id)
        return plan_erasure(uid, services) if dry_run else erase_person(uid, api.caller.uid, services)
