from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import PositionError, WorkbenchError
from workbench.text import (
    is_position,
    parse_position,
    partition_text,
    position_text,
    readable_position,
    stored_position,
)

TOPICS = st.from_regex(r"[a-zA-Z0-9._-]{1,249}", fullmatch=True)
PARTITIONS = st.integers(0, 2**31 - 1)
OFFSETS = st.integers(0, 2**63 - 1)


@given(TOPICS, PARTITIONS, OFFSETS)
def test_what_is_written_reads_back(topic: str, partition: int, offset: int) -> None:
    text = position_text(topic, partition, offset)
    assert is_position(text)
    assert parse_position(text) == (topic, partition, offset)


@given(TOPICS, PARTITIONS, OFFSETS)
def test_what_is_stored_reads_back_and_is_shown_as_people_write_it(topic: str, partition: int, offset: int) -> None:
    text = stored_position(topic, partition, offset)
    assert is_position(text)
    assert parse_position(text) == (topic, partition, offset)
    assert readable_position(text) == position_text(topic, partition, offset)


def test_what_is_no_position_is_shown_as_it_is() -> None:
    assert readable_position("evt-7") == "evt-7"
    assert readable_position("\x1b/0/1") == position_text("\x1b", 0, 1)
    assert readable_position("orders/3/9999999999999999999") == "orders/3@9999999999999999999"
    assert len(readable_position("x" * 500, 40)) < 80


def test_the_form() -> None:
    assert position_text("orders", 3, 1842) == "orders/3@1842"
    assert stored_position("orders", 3, 1842) == "orders/3/1842"
    assert partition_text("orders", 3) == "orders/3"
    assert partition_text("orders", None) == "orders"
    assert parse_position("a/1@2/3@4") == ("a/1@2", 3, 4)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not of the form"),
        ("orders", "not of the form"),
        ("orders/3", "not of the form"),
        ("demo/orders/3/1842", "not of the form"),
        ("/3/1", "not of the form"),
        ("orders/3/1842@", "not of the form"),
        ("/3@1", "not of the form"),
        ("orders/-1@5", "not of the form"),
        ("orders/3@1842 ", "not of the form"),
        ("orders/٣@1", "not of the form"),
        ("orders/3000000000/1", "no partition is above 2147483647"),
        ("orders/3000000000@1", "no partition is above 2147483647"),
        (f"orders/3@{2**63}", "no offset is above 9223372036854775807"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(PositionError, match=why) as caught:
        parse_position(text)
    assert caught.value.text == text
    assert isinstance(caught.value, WorkbenchError)


@given(st.text(), st.integers(-(2**63), 2**64 - 1), st.integers(-(2**63), 2**64 - 1))
def test_a_hostile_topic_is_made_visible(topic: str, partition: int, offset: int) -> None:
    assert position_text(topic + "\x1b\ud800", partition, offset).isprintable() or not topic.isprintable()
    assert "\x1b" not in partition_text(topic + "\x1b", partition)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    if not is_position(text):
        with pytest.raises(PositionError, match="orders/3@1842"):
            parse_position(text)


def test_a_very_long_text_is_refused_in_no_time() -> None:
    with pytest.raises(PositionError, match="characters"):
        parse_position("/1@" * 3_000_000)
    with pytest.raises(PositionError, match="characters"):
        parse_position("1/1" * 3_000_000)
