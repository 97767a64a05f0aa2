"""Records are compared with columns where they lie: each byte of them, and of added headers the two marks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from workbench.bus.kafka.fetching.batch_headers import scan
from workbench.bus.kafka.fetching.batches import record_place
from workbench.bus.kafka.fetching.comparing import Wanted
from workbench.bus.kafka.fetching.compression import Workspace
from workbench.bus.kafka.producing.encoding import ProducerFields, encode_batch
from workbench.bus.rows import header_column
from workbench.model import NewRecord

BASE_MS = 1_700_000_000_000
RUN = b"6f1d2c3b"
ROWS = [
    (b"k", b"v" * 300, ((b"a", b"1"), (b"a", None), (b"", b""))),
    (None, b"", ()),
    (b"", None, ((b"\xff", b"x" * 200),)),
    (b"key", b"value", ((b"a", b"1"),)),
]
TIMES = np.array([BASE_MS, BASE_MS - 1, BASE_MS + (1 << 33), BASE_MS], np.int64)
SEQS = np.array([7, 8, 9, 1_000_000_007], np.int64)


def stored(rows, times=TIMES):
    """Where the records of two batches in one answer lie."""
    made = [NewRecord("t", key, value, headers) for key, value, headers in rows]
    halves = [slice(0, 2), slice(2, None)]
    data = b"".join(encode_batch(made[half], times[half].tolist(), ProducerFields()) for half in halves)
    # Base offset 0 stands in both: `scan` wants them to ascend.
    second = data.index(b"\0" * 8, 61)
    data = data[:second] + (2).to_bytes(8, "big") + data[second + 8 :]
    batches = scan(data, 0, len(data))
    return [record_place(memoryview(data), batch, Workspace(), by_broker=False) for batch in batches]


def wanted(rows, times=TIMES, **marks):
    columns = (pa.array([row[at] for row in rows], pa.binary()) for at in range(2))
    return Wanted(*columns, header_column([row[2] for row in rows]), times, **marks)


def marked(rows, run=RUN, seqs=SEQS):
    return [
        (key, value, ((b"x-r-id", run), *headers, (b"x-r-at", b"now"), (b"x-r-seq", b"%d" % seq)))
        for (key, value, headers), seq in zip(rows, seqs, strict=True)
    ]


MARKS = {"added": b"x-r-", "run_mark": (b"x-r-id", RUN), "number_mark": b"x-r-seq", "numbers": SEQS}


def test_the_same_records():
    places = stored(ROWS)
    assert wanted(ROWS).lie_in(places)
    assert wanted(ROWS, None).lie_in(places)
    assert wanted([], TIMES[:0]).lie_in([])
    places = stored(marked(ROWS))
    assert wanted(ROWS, **MARKS).lie_in(places)
    replayed = [(key, value, ((b"x-r-id", b"older"), *headers)) for key, value, headers in ROWS]
    assert wanted(replayed, **MARKS).lie_in(places)


def test_every_other_byte_is_another_record():
    places = stored(ROWS)
    for number, (records, count, base) in enumerate(places):
        unused = _attributes(records)
        for at in range(len(records)):
            for bit in (1, 2, 128):
                other = bytearray(records)
                other[at] ^= bit
                changed = [*places[:number], (bytes(other), count, base), *places[number + 1 :]]
                assert wanted(ROWS).lie_in(changed) == (at in unused), at


def _attributes(records):
    """Where the attributes of the records lie: nobody uses them."""
    found, at = set(), 0
    while at < len(records):
        size, length = 0, 0
        while records[at] & 0x80:
            size |= (records[at] & 0x7F) << length
            at, length = at + 1, length + 7
        size |= records[at] << length
        found.add(at + 1)
        at += 1 + (size >> 1)
    return found


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_other_content(row):
    places = stored(ROWS)
    key, value, headers = ROWS[row]
    others = [
        (b"other", value, headers),
        (None if key is not None else b"", value, headers),
        (key, None if value is not None else b"", headers),
        (key, value, (*headers, (b"more", None))),
        (key, value, headers[1:] or ((b"b", None),)),
    ]
    for other in others:
        assert not wanted([*ROWS[:row], other, *ROWS[row + 1 :]]).lie_in(places)


def test_other_records():
    places = stored(ROWS)
    assert not wanted(ROWS[:-1], TIMES[:-1]).lie_in(places)
    assert not wanted(ROWS, TIMES + 1).lie_in(places)
    assert not wanted([*ROWS, ROWS[0]], np.append(TIMES, BASE_MS)).lie_in(places)
    assert not wanted(ROWS).lie_in(places[:1])
    assert not wanted(ROWS).lie_in([*places, None])
    records, count, base = places[1]
    assert not wanted(ROWS).lie_in([places[0], (records[:-1], count, base)])
    assert not wanted(ROWS).lie_in([places[0], (b"", count, base)])
    assert not wanted(ROWS).lie_in([places[0], (records, -1, base)])


def test_marks_of_another_run_or_record():
    for rows in (
        ROWS,
        marked(ROWS, run=b"6f1d2c3c"),
        marked(ROWS, seqs=SEQS + 1),
        marked(marked(ROWS)),
        [(key, value, headers[1:]) for key, value, headers in marked(ROWS)],
        [(key, value, headers[:-1]) for key, value, headers in marked(ROWS)],
        [(key, value, (*headers, (b"a", b"1"))) for key, value, headers in marked(ROWS)],
    ):
        places = stored(rows)
        assert not wanted(ROWS, **MARKS).lie_in(places)


def test_columns_that_do_not_fit_one_another():
    with pytest.raises(ValueError, match="list of headers"):
        Wanted(pa.nulls(2, pa.binary()), pa.nulls(1, pa.binary()), header_column([(), ()]), None)
    with pytest.raises(ValueError, match="timestamp"):
        wanted(ROWS, TIMES[:1])
    with pytest.raises(ValueError, match="number"):
        wanted(ROWS, added=b"x-r-")
