"""The event-bus contract as a convention with code: headers repeat the body, and dead letters have a payload."""

from __future__ import annotations

from workbench.decoding.conventions.convention import ConventionCode, DeadLetterBody
from workbench.decoding.conventions.dead_letter_body import LetterShape
from workbench.model.events.dead_letters import DEAD_LETTER_TYPE

NAME = "contract"
_LETTER = LetterShape(
    "contract_dlq",
    inside="payload",
    topic="payload.original_topic",
    partition="payload.original_partition",
    offset="payload.original_offset",
    type="payload.error_type",
    message="payload.error_message",
    attempts="payload.attempts",
)

CODE = ConventionCode(
    NAME,
    dialect="seed",
    repeated={
        "event_id": "message_id",
        "correlation_id": "correlation_id",
        "cause": "causation_id",
        "event_type": "event_type",
        "source": "source",
    },
    dead_letters=DeadLetterBody((_LETTER,), event_type=DEAD_LETTER_TYPE),
)
