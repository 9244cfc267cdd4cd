"""Who may use console and HTTP API: four people with their roles, a password and a ready token for each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.emulator import Aws

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

# Each one's user id in the process system is the same word.
PEOPLE = {"admin": "admin", "ops": "ops", "approver-1": "approver", "approver-2": "approver"}
APPROVERS = tuple(name for name, role in PEOPLE.items() if role == "approver")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the stack: the password is for the console, the ID token, valid for a day, for the HTTP API."""

    name: str
    role: str
    password: str
    token: str


def seed_people(aws: Aws, outputs: Mapping[str, str]) -> list[Person]:
    """Make sure that the people exist.

    A person whom somebody has changed meanwhile keeps the changes, but for the password.
    """
    pool, client = outputs["UserPoolId"], outputs["UserPoolClientId"]
    return [
        Person(name, role, _password(name, pool), _token(aws.people, pool, client, name, role))
        for name, role in PEOPLE.items()
    ]


def _token(people: CognitoIdentityProviderClient, pool: str, client: str, name: str, role: str) -> str:
    password = _password(name, pool)
    try:
        people.admin_get_user(UserPoolId=pool, Username=name)
    except people.exceptions.UserNotFoundException:
        people.admin_create_user(
            UserPoolId=pool,
            Username=name,
            UserAttributes=[{"Name": "custom:uid", "Value": name}],
            MessageAction="SUPPRESS",
        )
        people.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=role)
    people.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)
    answer = people.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )
    return str(answer["AuthenticationResult"]["IdToken"])


def _password(name: str, pool: str) -> str:
    """Good for this machine only: whoever can reach the emulator can do anything to it."""
    return f"Only-here-1-{hashlib.sha256(f'{pool}/{name}'.encode()).hexdigest()[:16]}"
