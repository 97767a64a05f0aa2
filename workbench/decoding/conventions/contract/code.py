"""The event-bus contract as a convention with code: headers repeat the body, and dead letters have a payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.convention import ConventionCode, DeadLetterBody
from workbench.decoding.conventions.dead_letter_body import DeadLetter, error_of, origin_of
from workbench.decoding.conventions.provenance import Found
from workbench.model.events.dead_letters import DEAD_LETTER_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "contract"


def read_dead_letter(dialect: str | None, body: Mapping[str, Any]) -> DeadLetter | None:
    """Read the payload of ``system.dead_letter``."""
    del dialect
    payload = body.get("payload")
    if not isinstance(payload, dict):
        return None
    problems: set[str] = set()
    names = ("original_topic", "original_partition", "original_offset")
    origin = origin_of(payload, names, "contract_dlq", problems)
    error = error_of(payload, "error_type", "error_message", "attempts")
    return DeadLetter(Found(origin, error, frozenset(problems))) if origin or error or problems else None


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
    dead_letters=DeadLetterBody(read_dead_letter, event_type=DEAD_LETTER_TYPE),
)
