"""Dead letters of ONEX: the original is a text inside the body, and can be a dead letter itself."""

from __future__ import annotations

from workbench.decoding.conventions.dead_letter_body import LetterShape

LETTERS = (
    LetterShape(
        "onex_dlq",
        "dlq",
        topic="original_topic",
        partition="original_message.partition",
        offset="original_message.offset",
        type="error_type",
        message="failure_reason",
        attempts="retry_count",
        stage="failure_class",
        content="original_message.value",
        reason="failure_reason",
        redacted="redacted_fields",
        message_id="original_message.message_id",
        lossy=True,
        position_first=True,
        nested=True,
    ),
    # The mirror for dashboards names no position.
    LetterShape(
        "onex_dlq_mirror",
        "dlq_mirror",
        type="error_type",
        message="error_message",
        attempts="retry_count",
        position_first=True,
    ),
    LetterShape(
        "onex_quarantine",
        "quarantine",
        topic="source_dlq_topic",
        partition="source_dlq_partition",
        offset="source_dlq_offset",
        type="error_type",
        message="reason",
        attempts="retry_count",
        content="original_payload",
        reason="reason",
        redacted="redacted_fields",
        lossy=True,
        position_first=True,
    ),
)
"""Body shapes that are dead letters."""
