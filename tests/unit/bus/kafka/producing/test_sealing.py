"""The header is written in place, with the checksum that google_crc32c computes of the rest."""

from __future__ import annotations

import google_crc32c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.bus.kafka.producing.sealing import seal


@given(st.binary(max_size=300))
def test_the_checksum_covers_what_follows_it(records):
    header = bytes(range(61))
    batch = bytes(bytearray(61)) + records
    seal(batch, header)
    assert batch[:17] == header[:17]
    assert batch[21:] == header[21:] + records
    assert int.from_bytes(batch[17:21], "big") == google_crc32c.value(batch[21:])


def test_a_batch_without_room():
    with pytest.raises(ValueError, match="no room"):
        seal(b"x" * 60, bytes(61))
