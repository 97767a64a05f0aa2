"""Gaps of records above the limit say how large they are and which setting decides."""

from __future__ import annotations

from workbench.bus.oversized import oversized_record, oversized_records


def test_a_gap_names_size_limit_and_setting():
    gap = oversized_record(7, 300 << 20, 64 << 20)
    assert (gap.start, gap.stop) == (7, 8)
    assert gap.reason == (
        "oversized: a record of 314,572,800 bytes (300 MiB), more than max_record_mb allows (67,108,864 bytes (64 MiB))"
    )


def test_records_that_are_unpacked_together_share_a_gap():
    gap = oversized_records(7, 12, 1 << 20)
    assert (gap.start, gap.stop) == (7, 12)
    assert gap.reason.startswith("oversized: records that can only be unpacked together, more than max_record_mb")
