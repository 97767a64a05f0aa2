"""Fingerprints of errors: messages without the parts that vary."""

from __future__ import annotations

import pytest

from workbench.decoding.fingerprint import fingerprint, normalised

VECTORS = [
    ("ValueError", "order 17 has price -3.50", "order <n> has price <n>", "94e8757d82cf"),
    ("ValueError", "order 18 has price -12", "order <n> has price <n>", "94e8757d82cf"),
    ("KeyError", "'customer_id'", "'customer_id'", "3252c773c9be"),
    ("KeyError", "'order_id'", "'order_id'", "fc6df4f02b7c"),
    (
        "TimeoutError", "10.0.0.7:5432 did not answer at 2026-01-02T03:04:05Z (try 3)",
        "<addr> did not answer at <time> (try <n>)", "3940692fdb63",
    ),
    ("HTTPError", "id 550e8400-e29b-41d4-a716-446655440000 gone", "id <uuid> gone", "3e450f4ccd19"),
    (
        "E", "item-17 of v2 at 2026-01-02 03:04:05,123 ref deadbeef1 deadbeef 12345678 0xFF",
        "item-<n> of v2 at <time> ref <hex> deadbeef <n> <hex>", "9391d81ff108",
    ),
]  # fmt: skip


@pytest.mark.promise("RS-8")
@pytest.mark.parametrize(("kind", "message", "text", "digits"), VECTORS)
def test_fingerprints_are_the_references(kind, message, text, digits):
    assert normalised(message) == text
    assert fingerprint(kind, message) == digits
