"""Reads what earlier replays left in the headers of records, in columns: how often, by which runs, what was before.

Of a repeated header the last one counts, of repeated counts the highest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from workbench.replay.records.raw_rows import Longs, RawRows

ID = b"x-replay-id"
COUNT = b"x-replay-count"
CHAIN = b"x-replay-chain"
ORIGINAL_TIMESTAMP = b"x-replay-original-timestamp"
CORRELATION_ID = b"x-replay-correlation-id"

CHAIN_LENGTH = 8
NO_COUNT = -1
"""Stands for a count that is there and is no plain number."""

_NUMBER = r"^[0-9]{1,9}\z"
_PLAIN_ID = r"^[!-+\-.-~]+\z"
"""An id that goes into a chain as it is: printable ASCII without blank and comma."""


@dataclass(frozen=True, slots=True)
class PastReplays:
    """The records that carry headers of earlier replays, as far as a plan looks at them."""

    rows: Longs
    """Ascending."""
    counts: Longs
    """How often each was replayed; `NO_COUNT` where that cannot be read."""
    chain_bytes: Longs
    """Bytes of the ids and chains that it carries."""
    headers: RawRows

    @classmethod
    def of(cls, headers: RawRows) -> PastReplays:
        """Read the records that carry such headers."""
        rows = headers.replayed()
        found = _Places(rows)
        ids, chains = (headers.named_columns(name) for name in (ID, CHAIN)) if len(rows) else ((), ())
        size = np.zeros(len(rows), np.int64)
        for named in filter(None, (ids, chains)):
            np.add.at(size, found.of(named[0]), pc.fill_null(pc.binary_length(named[1]), 0).to_numpy())
        return cls(rows, found.counts(headers), size, headers)

    def marks_of(self, run_id: str) -> NDArray[np.bool_]:
        """Tell of each of the records whether this run wrote it, or one of the replays before it."""
        hits = np.zeros(len(self.rows), bool)
        if not len(self.rows):
            return hits
        places = _Places(self.rows)
        whole = rf"^\s*{re.escape(run_id)}\s*\z"
        within = rf"(^|,)\s*{re.escape(run_id)}\s*(,|\z)"
        for name, pattern in ((ID, whole), (CHAIN, within)):
            rows, contents = self.headers.named_columns(name)
            own = pc.fill_null(pc.match_substring_regex(contents, pattern), False).to_numpy()
            hits[places.of(rows[own])] = True
        return hits


@dataclass(frozen=True, slots=True)
class _Places:
    """Where some rows, which ascend, lie among others."""

    rows: Longs

    def of(self, rows: Longs) -> Longs:
        """Return the places of rows that are among these."""
        return np.searchsorted(self.rows, rows)

    def counts(self, headers: RawRows) -> Longs:
        """Return the highest count of each."""
        counts = np.zeros(len(self.rows), np.int64)
        if not len(self.rows):
            return counts
        rows, contents = headers.named_columns(COUNT)
        valid = pc.fill_null(pc.match_substring_regex(contents, _NUMBER), False).to_numpy()
        numbers = pc.cast(pc.cast(contents.filter(pa.array(valid)), pa.string()), pa.int64()).to_numpy()
        places = self.of(rows)
        np.maximum.at(counts, places[valid], numbers)
        counts[places[~valid]] = NO_COUNT
        return counts


def carried_on(headers: RawRows, names: tuple[bytes, ...]) -> Mapping[bytes, pa.Array]:
    """Return what a further replay of some records writes because of the earlier ones; null where there was none.

    Args:
        headers: The records.
        names: Headers that are copied unchanged.
    """
    every = np.arange(len(headers))
    past = {name: _last(*headers.named_columns(name), len(headers)) for name in (*names, CHAIN)}
    counts = np.maximum(_Places(every).counts(headers), 0) + 1
    return {
        **past,
        COUNT: pc.cast(pc.cast(pa.array(counts), pa.string()), pa.binary()),
        CHAIN: _chains(headers, past[CHAIN]),
    }


def _last(rows: Longs, contents: pa.ChunkedArray, count: int) -> pa.Array:
    """Return the last content of each of so many rows; null where there is none."""
    places = np.full(count, -1, np.int64)
    places[rows] = np.arange(len(rows))  # of several for one row numpy keeps the last
    return contents.combine_chunks().take(pa.array(places, mask=places < 0))


def _chains(headers: RawRows, chains: pa.Array) -> pa.Array:
    """Return the ids of the runs that wrote each record, newest last, as the next replay names them."""
    rows, ids = headers.named_columns(ID)
    plain = pc.fill_null(pc.match_substring_regex(ids, _PLAIN_ID), False).to_numpy()
    only = np.bincount(rows, minlength=len(headers)) == 1
    first = only[rows] & plain & pc.is_null(chains).to_numpy(zero_copy_only=False)[rows]
    joined = _last(rows[first], ids.filter(pa.array(first)), len(headers)).to_pylist()
    runs: dict[int, list[str]] = {}
    # A chain, or an id that cannot be taken as it is.
    for row in np.flatnonzero(pc.is_valid(chains).to_numpy(zero_copy_only=False)).tolist():
        runs[row] = _text(chains[row].as_py()).split(",")
    for row, run in zip(rows[~first].tolist(), ids.filter(pa.array(~first)).to_pylist(), strict=True):
        runs.setdefault(row, []).append(_text(run))
    for row, names in runs.items():
        distinct = dict.fromkeys(name for name in (one.strip() for one in names) if name)
        joined[row] = ",".join([*distinct][-CHAIN_LENGTH:]).encode() or None
    return pa.array(joined, pa.binary())


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")
