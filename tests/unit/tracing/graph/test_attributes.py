"""Columns of events are taken from rows when asked for, and small selections keep nothing of the others."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from workbench.tracing.graph.attributes import EventAttributes
from workbench.tracing.graph.columns import EncodedColumn

LETTERS = pa.array(list("abcdefghij"), pa.large_string())


def attributes(asked):
    def letters():
        asked.append("letter")
        return LETTERS

    rows = np.array([9, 0, 0, 3, 9, 5, 6, 7, 8, 1])
    numbers = pa.array(range(10))
    return EventAttributes(rows, 10, {"letter": letters}, {"number": numbers}, names=("letter", "number"))


def test_a_column_is_made_once_and_only_when_asked_for():
    asked = []
    events = attributes(asked)
    assert events.names == ("letter", "number")
    assert events.some("number", np.array([2, -1])).to_pylist() == [2, None]
    assert asked == []
    assert events.column("letter").to_pylist() == list("jaadjfghib")
    assert events.table().column_names == ["letter", "number"]
    assert asked == ["letter"]


def test_codes_are_in_the_order_of_the_events():
    column = attributes([]).encoded("letter")
    assert column.dictionary.to_pylist() == list("jadfghib")
    assert column.codes.tolist()[:5] == [0, 1, 1, 2, 0]
    assert column.texts().to_pylist() == list("jaadjfghib")


def test_codes_that_are_known_by_row_are_not_made_again():
    asked = []
    known = {"letter": EncodedColumn.of(LETTERS)}
    events = EventAttributes(
        np.array([9, 0, 0]), 3, {"letter": lambda: asked.append("letter")}, {}, codes_of_rows=known
    )
    assert events.encoded("letter").texts().to_pylist() == list("jaa")
    assert events.encoded("letter").dictionary.to_pylist() == list("ja")
    assert asked == []


def test_whole_numbers_come_as_an_array_of_the_events():
    numbers = pa.array([5, 6, 7])
    events = EventAttributes(np.array([2, 0]), 2, {"offset": lambda: numbers}, {"place": pa.array([8, 9])})
    assert events.numbers("offset").tolist() == [7, 5]
    assert events.numbers("place").tolist() == [8, 9]


def test_a_small_selection_has_its_own_columns_and_a_large_one_reads_on():
    for kept in (np.array([4]), np.arange(1, 10)):
        asked = []
        part = attributes(asked).keep(kept)
        assert part.names == ("letter", "number")
        assert part.table().to_pydict() == {
            "letter": [list("jaadjfghib")[n] for n in kept.tolist()],
            "number": kept.tolist(),
        }
        assert part.encoded("letter").codes.tolist()[0] == 0
        assert part.keep(np.array([0])).column("number").to_pylist() == kept.tolist()[:1]
