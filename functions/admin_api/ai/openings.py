"""Keeps when an approver was there before the analysis: that is when it would have had to be done."""

from __future__ import annotations

import logging

from admin_api.wiring import Services
from taskbridge.ai.delays import is_new_opening
from taskbridge.ai.seats import Seat
from taskbridge.errors import StoreError

logger = logging.getLogger("admin_api")


def note_opening(seat: Seat, services: Services) -> None:
    """The person of this seat looks at the task. One write for an analysis, none where it is done or was asked for.

    What cannot be kept is not worth a page that does not open.
    """
    if not is_new_opening(seat):
        return
    try:
        services.seats.note_opening(seat, services.now())
    except StoreError as error:
        logger.warning("opening not kept: %s", error)
