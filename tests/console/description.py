"""Prints the description of the API, from which the console's types are made: `python -m tests.console.description`."""

from __future__ import annotations

import sys

from tests.api import build_client, build_services


def read_description() -> str:
    """OpenAPI 3.1 as JSON."""
    return build_client(build_services()).as_("console", "ops").get("/v1/openapi.json").text


if __name__ == "__main__":
    sys.stdout.write(read_description())
