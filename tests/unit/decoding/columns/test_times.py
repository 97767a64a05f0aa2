"""Times of columns against the exact parser."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.columns.times import FAULTS, parse_times
from workbench.decoding.times import PARSERS, parse_time

calendar = st.from_regex(
    r"\A(19|20|00|99)\d\d-[01]\d-[0-3]\d[Tt ][0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,10})?(Z|z|[+-][0-2]\d:[0-6]\d|)\Z",
)


integers = st.integers(-(10**19), 10**19).map(str)


time_texts = st.lists(
    calendar | integers | st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=30
)


@settings(deadline=None)
@given(time_texts, st.sampled_from(PARSERS))
def test_times_of_columns_equal_those_of_the_exact_parser(texts, parser):
    column = parse_times(pa.array(texts, pa.string()), parser)
    for row, text in enumerate(texts):
        exact = parse_time(text, parser)
        faults = tuple(name for bit, name in FAULTS if column.faults[row] & bit)
        assert faults == exact.faults, text
        assert exact.micros is None or column.micros[row] == exact.micros, text
