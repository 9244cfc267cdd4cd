"""Who may use console and HTTP API: four people with their roles, a password and a ready token for each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

    from local.emulator import Aws

# Each one's user id in the process system is the same word.
PEOPLE = {"admin": "admin", "ops": "ops", "approver-1": "approver", "approver-2": "approver"}
APPROVERS = tuple(name for name, role in PEOPLE.items() if role == "approver")


def seed_people(aws: Aws, outputs: Mapping[str, str]) -> dict[str, str]:
    """Make sure that the people exist, and return an ID token for each, valid for a day.

    A person whom somebody has changed meanwhile keeps the changes, but for the password.
    """
    pool, client = outputs["UserPoolId"], outputs["UserPoolClientId"]
    password = password_of(client)
    return {name: _token(aws.people, pool, client, name, role, password) for name, role in PEOPLE.items()}


def password_of(client: str) -> str:
    """With which each of them signs in at this client of the pool.

    Good for this machine only: whoever can reach the emulator can do anything.
    """
    return f"Only-here-1-{hashlib.sha256(client.encode()).hexdigest()[:8]}"


def _token(people: CognitoIdentityProviderClient, pool: str, client: str, name: str, role: str, password: str) -> str:
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
