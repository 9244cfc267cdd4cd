"""What the tests of the API share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api import share_signatures


@pytest.fixture(scope="session", autouse=True)
def _signatures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        share_signatures(patched)
        yield
