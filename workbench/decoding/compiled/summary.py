"""Summarises the decoded events of a topic: shares of conventions and ids, and counts of problems."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.compiled.arrays import one_array

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENOUGH_RECORDS = 100
_NEARLY_ALL = 0.99


@dataclass(frozen=True, slots=True)
class ConventionShare:
    """Records of one convention and dialect; both None are records in which nothing was recognised."""

    convention: str | None
    dialect: str | None
    records: int
    share: float


@dataclass(frozen=True, slots=True)
class TopicSummary:
    """Shares of the records seen; each share is between 0 and 1."""

    records: int
    conventions: tuple[ConventionShare, ...]
    """Most frequent first."""
    with_event_id: float
    with_correlation_id: float
    with_cause: float
    problems: Mapping[str, int]
    """Records per problem code, most frequent first."""
    recommended: str | None
    """A convention worth fixing for the topic: it matches nearly all of enough records."""


def summarise(events: pa.Table | pa.RecordBatch) -> TopicSummary:
    """Summarise the EVENT rows of one topic."""
    count = events.num_rows
    pairs = pa.table({name: events.column(name) for name in ("convention", "dialect")})
    grouped = pairs.group_by(["convention", "dialect"]).aggregate([([], "count_all")]).to_pylist()
    shares = [
        ConventionShare(row["convention"], row["dialect"], row["count_all"], row["count_all"] / count)
        for row in grouped
    ]
    shares.sort(key=lambda item: (-item.records, item.convention or "", item.dialect or ""))
    codes = pc.value_counts(one_array(pc.list_flatten(events.column("problems")))).to_pylist()
    problems = Counter({item["values"]: item["counts"] for item in codes})
    conventions: Counter[str | None] = Counter()
    for item in shares:
        conventions[item.convention] += item.records
    winner, won = conventions.most_common(1)[0] if conventions else (None, 0)
    sure = count >= _ENOUGH_RECORDS and won / count >= _NEARLY_ALL
    return TopicSummary(
        count,
        tuple(shares),
        _share(pc.is_valid(events.column("event_id"))),
        _share(pc.is_valid(events.column("correlation_id"))),
        _share(pc.greater(pc.list_value_length(events.column("causes")), 0)),
        dict(sorted(problems.items(), key=lambda item: (-item[1], item[0]))),
        winner if sure else None,
    )


def _share(mask: pa.Array | pa.ChunkedArray) -> float:
    return float(pc.mean(mask.cast(pa.float64())).as_py() or 0.0)
