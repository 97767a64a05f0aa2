from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.text import size_text


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (2**20 - 1, "1,048,575 bytes"),
        (2**20, "1,048,576 bytes (1 MiB)"),
        (1_572_864, "1,572,864 bytes (1.5 MiB)"),
        (2**30, "1,073,741,824 bytes (1 GiB)"),
        (2**63 - 1, "9,223,372,036,854,775,807 bytes (8 EiB)"),
        (-(2**21), "-2,097,152 bytes (-2 MiB)"),
        (None, "unknown bytes"),
    ],
)
def test_a_size_is_exact_and_has_a_unit(size_bytes: int | None, shown: str) -> None:
    assert size_text(size_bytes) == shown


@given(st.integers(-(2**63), 2**64 - 1))
def test_no_digit_of_a_size_is_lost(size_bytes: int) -> None:
    assert int(size_text(size_bytes).split()[0].replace(",", "")) == size_bytes
