from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.text import and_more, counted, counts_text, number_text, plural

ANY_64_BITS = st.integers(-(2**63), 2**64 - 1)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (1234, "1,234"),
        (-1234, "-1,234"),
        (np.int64(5_000), "5,000"),
        (2_000.0, "2,000"),
        (None, "unknown"),
        (float("nan"), "unknown"),
        (float("inf"), "unknown"),
        (pd.NA, "unknown"),
        (pd.NaT, "unknown"),
        ("no number", "unknown"),
        pytest.param(10**5_000, "unknown", id="more digits than Python writes"),
    ],
)
def test_a_number_has_separators_and_an_absent_one_is_unknown(value: object, shown: str) -> None:
    assert number_text(value) == shown


@given(ANY_64_BITS)
def test_every_number_reads_back(value: int) -> None:
    assert int(number_text(value).replace(",", "")) == value
    assert counted(value, "record").split()[1] == ("record" if value == 1 else "records")


def test_a_noun_follows_its_number() -> None:
    assert counted(0, "record") == "0 records"
    assert counted(1, "record") == "1 record"
    assert counted(1_000, "record") == "1,000 records"
    assert counted(2, "copy", "copies") == "2 copies"
    assert counted(1, "copy", "copies") == "1 copy"
    assert counted(None, "record") == "unknown records"
    assert (plural(1, "event"), plural(2, "event")) == ("event", "events")


def test_numbers_by_name_leave_out_what_is_zero() -> None:
    assert counts_text({"acked": 1_234, "skipped": 0, "failed": 2}) == "acked 1,234, failed 2"
    assert counts_text({}) == ""


def test_a_cut_list_says_how_much_is_missing() -> None:
    assert (and_more(3_000), and_more(0), and_more(-1)) == (" and 3,000 more", "", "")
