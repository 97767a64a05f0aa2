"""Arrow schemas of what the journal returns and takes."""

from __future__ import annotations

import pyarrow as pa

LEDGER = pa.schema(
    [
        ("seq", pa.int64()),
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("body_sha256", pa.binary()),
        ("target_topic", pa.string()),
        ("target_partition", pa.int32()),
        ("target_offset", pa.int64()),
        ("target_timestamp_ms", pa.int64()),
        ("new_event_id", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("acked_at", pa.timestamp("us")),
    ],
)
"""Source position, target position and outcome of each record: ``acked``, ``skipped``, ``refused``, ``failed``,
``unknown``."""

OUTCOME_NAMES = ("acked", "skipped", "refused", "failed", "unknown")
"""Outcomes of a record; the file stores their indexes."""

OUTCOMES = pa.schema(
    [
        LEDGER.field(name)
        for name in (
            "seq",
            "outcome",
            "reason",
            "target_offset",
            "target_timestamp_ms",
            "acked_at",
        )
    ]
)
"""What became of some records of a run."""

SELECTION = pa.schema(
    [
        ("seq", pa.int64()),
        ("source_id", pa.int32()),
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("body_sha256", pa.binary()),
        ("target_topic", pa.string()),
        ("target_partition", pa.int32()),
    ],
)
"""Every record of a plan by seq, also those that are left out: where it was captured and where it goes."""

EDITS = pa.schema(
    [
        ("seq", pa.int64()),
        ("patch", pa.string()),
        ("before_sha256", pa.binary()),
        ("after_sha256", pa.binary()),
    ]
)
"""The records of a run that were rewritten. ``patch`` is a JSON object: ``what`` was done, the ``patch`` of an edit,
and the ``new_event_id``."""

POSITIONS = pa.schema(
    [
        ("target_topic", pa.string()),
        ("target_partition", pa.int32()),
        ("start_offset", pa.int64()),
        ("next_target_offset", pa.int64()),
    ],
)
