from __future__ import annotations

from dataclasses import asdict
from typing import Any

import golden_vectors
import pytest

from workbench.decoding import decode_record

VECTORS = [vector for section in golden_vectors.SECTIONS for vector in golden_vectors.committed(section)]


def decoded(vector: dict[str, Any]) -> dict[str, Any]:
    row = asdict(decode_record(golden_vectors.raw_record(vector)))
    for name in ("via", "unread"):  # of the exact codec alone, no columns
        row.pop(name)
    for name in ("convention_version", "format", "damage", "raw_reason", "decoded", "decoded_key"):
        row.pop(name)
    row["causes"] = list(row["causes"])
    for name in ("also_matched", "link_ids", "problems"):
        row[name] = list(row[name])
    return row


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_exact_codec_reproduces_golden_record(vector):
    assert decoded(vector) == golden_vectors.expected_event(vector)


@pytest.mark.parametrize("section", golden_vectors.SECTIONS)
def test_committed_vectors_are_the_published_ones(section):
    if not golden_vectors.REFERENCE.exists():
        pytest.skip(f"needs the reference page {golden_vectors.REFERENCE.name} beside the repository")
    assert golden_vectors.committed(section) == golden_vectors.published(section)
