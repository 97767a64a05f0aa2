"""Attribute names of the OpenTelemetry semantic conventions for messaging that this package uses."""

from __future__ import annotations

SEMANTIC_CONVENTIONS = "1.44.0"
"""Version of the conventions that these names are taken from."""

SYSTEM = "messaging.system"
OPERATION_NAME = "messaging.operation.name"
OPERATION_TYPE = "messaging.operation.type"
"""``send``, ``receive``, ``process`` or ``settle``."""
DESTINATION = "messaging.destination.name"
PARTITION = "messaging.destination.partition.id"
OFFSET = "messaging.kafka.offset"
GROUP = "messaging.consumer.group.name"
MESSAGE_ID = "messaging.message.id"
CONVERSATION_ID = "messaging.message.conversation_id"
BATCH_COUNT = "messaging.batch.message_count"
ERROR_TYPE = "error.type"
ATTEMPT = "workbench.attempt"
"""Which attempt this is, counted from 1; the conventions have no name for it."""
