"""Gives the console of the stack an address that a browser can open, and that its sign-in pages lead back to.

The emulator's own address of an API is a path, and the console stands at the root of its origin, as it does at AWS. So
the API gets a custom domain. Browsers look for names below `localhost` on this machine, and trust them like https.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from local.emulator import Aws
from local.people import PEOPLE
from local.settings import StackSettings

HOST = "taskbridge.localhost"


def console_origin(settings: StackSettings) -> str:
    """Where the console of this stack is."""
    return f"http://{HOST}:{settings.aws_port}"


def console_lines(outputs: Mapping[str, str]) -> str:
    """Where the console is, for a terminal: a link that signs the admin in by itself, and how the others sign in."""
    first, *others = PEOPLE
    return (
        f"{outputs['ConsoleUrl']}console/sign-in?login_hint={first}\n"
        f"{', '.join(others)}: put the name in place of {first}\n"
        f"Or sign in at {outputs['ConsoleUrl']} with {outputs['password']}"
    )


def give_address(aws: Aws, outputs: Mapping[str, str]) -> None:
    """Make sure that the deployed API answers at the address."""
    gateway = aws.gateway
    with suppress(gateway.exceptions.ConflictException):
        gateway.create_domain_name(DomainName=HOST)
    mapped = gateway.get_api_mappings(DomainName=HOST)["Items"]
    for mapping in mapped:
        if mapping["ApiId"] != outputs["ApiId"]:
            gateway.delete_api_mapping(DomainName=HOST, ApiMappingId=mapping["ApiMappingId"])
    if outputs["ApiId"] not in {mapping["ApiId"] for mapping in mapped}:
        gateway.create_api_mapping(DomainName=HOST, ApiId=outputs["ApiId"], Stage="$default")
