"""Ids by the table of the envelope conventions."""

from __future__ import annotations

import pytest

from workbench.decoding.ids import canonical_id, is_uuid, span_of

UUID = "00000000-0000-4000-8000-0000000000a2"


@pytest.mark.parametrize("text", [UUID, UUID.upper(), "{" + UUID.upper() + "}", "urn:uuid:" + UUID, "URN:UUID:" + UUID])
def test_uuids_have_one_spelling(text):
    assert canonical_id(text) == UUID
    assert is_uuid(text)


@pytest.mark.parametrize(
    "text", [UUID.replace("-", ""), "Order-17", "{x}", UUID + " ", "", "urn:uuid:7", UUID[:-1] + "g"]
)
def test_other_ids_stay_exactly_as_they_are(text):
    assert canonical_id(text) == text


def test_spans_are_told_from_ids():
    assert span_of("1a2b3c4d5e6f7081") == "1a2b3c4d5e6f7081"
    assert span_of("00-5c1f9d0e7a3b42468c2d1e0f9a8b7c6d-1a2b3c4d5e6f7081-01") == "1a2b3c4d5e6f7081"
    assert span_of("1A2B3C4D5E6F7081") is None
    assert span_of(UUID) is None
