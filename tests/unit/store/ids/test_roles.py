"""The layout of entries is written to files, so that it may grow and never change."""

from __future__ import annotations

from workbench.store.ids.roles import HASH_BITS, ROW_BITS, IdRole


def test_numbers_of_roles_and_the_bits_of_an_entry_stay_as_they_were_written():
    assert {role.name: role.value for role in IdRole} == {
        "EVENT_ID": 0,
        "CORRELATION_ID": 1,
        "LINK_ID": 2,
        "CAUSE_BY_ID": 3,
        "CAUSE_BY_LINK": 4,
        "OTHER_CAUSE": 5,
        "ROOT_ID": 6,
        "TRACE_ID": 7,
    }
    assert (HASH_BITS, ROW_BITS) == (37, 24)
    assert max(IdRole).bit_length() + HASH_BITS + ROW_BITS <= 64
