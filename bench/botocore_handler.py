"""A handler that imports botocore and does nothing: what anybody pays who speaks to AWS in Python."""

from __future__ import annotations

from typing import Any

import botocore.session


def _wired() -> Any:
    """What every client begins with."""
    return botocore.session.get_session()
