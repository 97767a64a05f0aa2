from __future__ import annotations

from workbench.session.frames import TOPIC_COLUMNS, plain_rows, topics_frame


def test_a_frame_of_topics_has_its_dtypes_even_without_rows():
    frame = topics_frame([], provenance={"address": "memory://a"})
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == TOPIC_COLUMNS
    assert frame.attrs["provenance"] == [{"address": "memory://a", "offsets": "high watermarks", "rate_window_s": 60}]


def test_plain_rows_hold_none_where_a_value_is_absent():
    row = dict.fromkeys(TOPIC_COLUMNS) | {"topic": "orders", "partitions": 3}
    assert plain_rows(topics_frame([row], provenance={})) == [row]
