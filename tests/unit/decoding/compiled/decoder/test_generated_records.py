"""Decoding in bulk equals decoding one by one on generated records: every column, every problem code.

Bounded here. ``WORKBENCH_ORACLE_RECORDS=1000000`` with a ``WORKBENCH_ORACLE_SEED`` makes it a long run, in
``WORKBENCH_ORACLE_PROCESSES``; ``WORKBENCH_ORACLE_FIRST_BLOCK`` begins at a later block of 10,000 records.
"""

from __future__ import annotations

import os

import pytest
from compared_records import BLOCK, Block, all_compared

from workbench.decoding import builtin_conventions

RECORDS = int(os.environ.get("WORKBENCH_ORACLE_RECORDS", "5000"))
SEED = int(os.environ.get("WORKBENCH_ORACLE_SEED", "11"))
PROCESSES = int(os.environ.get("WORKBENCH_ORACLE_PROCESSES", "1"))
FIRST_BLOCK = int(os.environ.get("WORKBENCH_ORACLE_FIRST_BLOCK", "0"))
pytestmark = pytest.mark.timeout(max(120, RECORDS // 50))
CODES = frozenset(
    {
        "ambiguous_convention", "amqp_encoded", "bad_position", "bad_time", "bad_trace_context", "disagreement",
        "duplicate_header", "empty", "header_name_not_utf8", "implausible_time", "lossy_copy", "marker_body",
        "not_utf8", "not_uuid", "null_header", "redacted", "self_cause", "several_correlations", "time_zone_assumed",
        "unusual_spelling", "value_not_json",
    }
)  # fmt: skip
"""Every problem code, without its subject."""


def test_bulk_equals_exact_on_generated_records():
    differences: list[str] = []
    codes: set[str] = set()
    conventions: set[str | None] = set()
    blocks = [Block(SEED, FIRST_BLOCK + done // BLOCK, min(BLOCK, RECORDS - done)) for done in range(0, RECORDS, BLOCK)]
    for seen in all_compared(blocks, PROCESSES):
        differences += seen.differences
        codes |= seen.codes
        conventions |= seen.conventions
    assert not differences, f"seed {SEED}:\n" + "\n".join(differences)
    if FIRST_BLOCK == 0:
        assert codes >= CODES
        assert conventions >= {convention.name for convention in builtin_conventions()}
