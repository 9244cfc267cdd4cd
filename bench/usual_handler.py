"""A handler that imports what handlers usually import, the usual way. What a cold start is measured against."""

from __future__ import annotations

from typing import Any

import boto3
import httpx
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig
from aws_lambda_powertools.utilities.parser import BaseModel
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model


class Trigger(BaseModel):
    """An event."""

    id: str
    sequence: int


class PushLog(Model):
    """A log."""

    class Meta:
        """Where it is."""

        table_name = "push-logs"
        region = "us-east-1"

    event_id = UnicodeAttribute(hash_key=True)
    sequence = NumberAttribute()


def _wired() -> tuple[Any, ...]:
    """What the other functions wire: logger, metrics, tracer, three AWS clients, an HTTP client; and the rest."""
    return (
        Logger(service="usual"),
        Metrics(service="usual", namespace="usual"),
        Tracer(service="usual"),
        boto3.client("dynamodb"),
        boto3.client("sqs"),
        boto3.client("ssm"),
        httpx.Client(),
        APIGatewayHttpResolver(),
        BatchProcessor(event_type=EventType.SQS),
        DynamoDBPersistenceLayer(table_name="idempotency"),
        IdempotencyConfig(),
    )
