"""The marks of a run are found on records that were read back: its id and the seq, each once."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.bus.rows import header_column
from workbench.replay.records.marks import marked_as

RUN = b"6f1d2c3b-4a59-4e68-8c77-0123456789ab"
OWN = (b"x-replay-id", RUN)


def marked(rows, seqs=(17,)):
    return marked_as(header_column(rows), np.array(seqs, np.int64), RUN)


def test_records_with_both_marks():
    assert marked([((b"a", None), OWN, (b"x-replay-seq", b"17"))])
    assert marked([(OWN, (b"x-replay-seq", b"7")), ((b"x-replay-seq", b"9"), OWN)], (7, 9))
    assert marked([], ())


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (OWN,),
        (OWN, (b"x-replay-seq", b"18")),
        (OWN, (b"x-replay-seq", b"17x")),
        (OWN, (b"x-replay-seq", b"")),
        (OWN, (b"x-replay-seq", None)),
        (OWN, (b"x-replay-seq", b"1" * 19)),
        (OWN, OWN, (b"x-replay-seq", b"17")),
        (OWN, (b"x-replay-seq", b"17"), (b"x-replay-seq", b"17")),
        ((b"x-replay-id", RUN[:-1]), (b"x-replay-seq", b"17")),
        ((b"x-replay-id", None), (b"x-replay-seq", b"17")),
        ((b"x-replay-id", RUN[:-1] + b"c"), (b"x-replay-seq", b"17")),
    ],
)
def test_others(headers):
    assert not marked([headers])
    assert not marked([(OWN, (b"x-replay-seq", b"16")), headers], (16, 17))


def test_a_part_of_a_column():
    column = header_column([(), (OWN, (b"x-replay-seq", b"3")), (OWN, (b"x-replay-seq", b"4"))])
    assert marked_as(column.slice(1), np.array([3, 4]), RUN)
    assert not marked_as(column, np.array([3, 4]), RUN)
