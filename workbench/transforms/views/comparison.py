"""Compares a captured view with what its module makes of the captured source: do the broker and this machine agree?"""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.errors import ValidationError
from workbench.store.snapshot.frames import to_pandas
from workbench.text import (
    counted,
    counts_text,
    element,
    listing,
    output_html,
    position_text,
    table,
    text_table,
    visible,
    visible_bytes,
)
from workbench.transforms.payload import decode_payload, encode_payload
from workbench.transforms.running.captured import captured_batches
from workbench.transforms.running.lineage import MISSING, NOT_COMPARED
from workbench.transforms.running.lineage_feed import LineageView
from workbench.transforms.running.snapshot_run import selected_sources, transform_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from workbench.store import SnapshotStore
    from workbench.store.snapshot.sources import Source
    from workbench.transforms.guest.module import ModuleLike
    from workbench.transforms.running.result import TransformResult
    from workbench.widgets import LineagePanel

_KEPT = 1_000
"""Differences that are listed; all are counted."""
_SHOWN = 10
_CELL = 60
_DIGEST_BYTES = 16
_END = -1
_TITLES = ("difference", "position", "key", "value")
_COLUMNS = pa.schema(
    [
        ("difference", pa.string()),
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("key", pa.binary()),
        ("value", pa.binary()),
    ]
)


@dataclass(frozen=True, slots=True)
class ViewComparison:
    """How a captured view differs from what its module makes of the captured source.

    Records are compared by key, value and headers, for each partition, as often as they occur; their order is not.
    """

    view: str
    source: str
    matched: int
    """Records of the view that the module writes, too."""
    doubled: int
    """Records that the view has more often than the module writes them: a view is written at least once."""
    missing: int
    """Records that the module writes and the view does not have; those of records that were still to come as well."""
    extra: int
    """Records of the view that the module does not write."""
    failed: int
    """Records of the source that made the module fail."""
    rows: tuple[dict[str, Any], ...]
    """The first 1,000 differences: a missing record has the position of its source, others have their own."""
    ranges: pa.Table
    """The captured offset ranges of both topics."""
    result: TransformResult = field(repr=False, compare=False)
    """What the module makes of the source."""

    @property
    def agrees(self) -> bool:
        """Whether the view has every record that the module writes, and no other one."""
        return not (self.missing or self.extra or self.failed)

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each of the first 1,000 differences; the captured ranges are in ``.attrs["provenance"]``."""
        return to_pandas(pa.Table.from_pylist(list(self.rows), schema=_COLUMNS), provenance=self.ranges)

    def show(self, at: str | None = None) -> LineagePanel:
        """Show source records side by side with what was made of each and where the captured view has it, in a panel.

        Args:
            at: Position of a source record, ``topic/partition@offset``, from which on they are shown.

        Raises:
            ValidationError: Nothing was read of that partition.
        """
        result = self.result
        extra = [row for row in self.rows if row["difference"] != "missing"]
        remarks = [self._title(), *result.remarks]
        feed = LineageView(result.name, remarks, result.lineage, result.logs.attrs["dropped"], extra)
        return feed.show(result.viewer, at)

    def __repr__(self) -> str:
        shown = self._shown()
        return "\n".join([self._title(), *([text_table(_TITLES, shown)] if shown else [])])

    def _repr_html_(self) -> str:
        shown = self._shown()
        return output_html(
            element("h4", self._title()),
            listing(["Records are compared for each partition; their order is not."]),
            table(_TITLES, shown, caption=f"First {counted(len(shown), 'difference')}") if shown else None,
        )

    def _title(self) -> str:
        counts = {name: getattr(self, name) for name in ("matched", "doubled", "missing", "extra", "failed")}
        verdict = "agree" if self.agrees else "differ"
        names = f"{visible(self.view, 80)} and its module over {visible(self.source, 80)}"
        return f"{names} {verdict}: {counts_text(counts) or 'no records'}"

    def _shown(self) -> list[tuple[str, ...]]:
        return [
            (
                row["difference"],
                visible(position_text(row["topic"], row["partition"], row["offset"]), _CELL),
                visible_bytes(row["key"], _CELL),
                visible_bytes(row["value"], _CELL),
            )
            for row in self.rows[:_SHOWN]
        ]


def compare_view(
    store: SnapshotStore,
    module: ModuleLike,
    *,
    source: str,
    view: str,
    environment: Mapping[str, str] | None = None,
    **options: Any,
) -> ViewComparison:
    """Compare a captured view; see `workbench.session.snapshot.Snapshot.compare_view`."""
    read, found = _one_source(store, source), _one_source(store, view)
    result = transform_snapshot(
        store, module, topics=source, name=view, environment=environment, on_error="skip", **options
    )
    matching = _Matching(result, view, found.partitions)
    rows: list[dict[str, Any]] = []
    doubled = extra = 0
    for digest, record in _captured(store, found):
        outcome = matching.take(digest, record["offset"])
        if outcome != "matched":
            doubled, extra = doubled + (outcome == "doubled"), extra + (outcome == "extra")
            _keep(rows, outcome, record)
    missing = matching.missing
    if missing:
        for number, record in _expected(result, view):
            if matching.found[number] == MISSING:
                _keep(rows, "missing", record)
    result.lineage.found = matching.found
    ranges = store.ranges_table()
    wanted = pa.array([read.source_id, found.source_id], ranges["source_id"].type)
    return ViewComparison(
        view,
        source,
        matching.matched,
        doubled,
        missing,
        extra,
        result.counts["errors"],
        tuple(rows),
        ranges.filter(pa.compute.is_in(ranges["source_id"], value_set=wanted)),
        result,
    )


class _Matching:
    """Finds for each record of a captured view the output that it is, each output once, in their order.

    Outputs of equal content are linked through `_next`: a dictionary of lists would need several times the memory.
    """

    def __init__(self, result: TransformResult, view: str, partitions: int | None) -> None:
        self.found = array("q")
        """Offset in the view of each output, by its row; `MISSING`, or `NOT_COMPARED` for outputs to other topics."""
        self.matched = 0
        self._next = array("q")
        self._head: dict[bytes, int] = {}
        digests = bytearray()
        for row in result.rows():
            compared = row["topic"] == view
            self.found.append(MISSING if compared else NOT_COMPARED)
            digests += _output_digest(row, partitions) if compared else bytes(_DIGEST_BYTES)
        self._next.extend([_END] * len(self.found))
        # From the end, so that each list begins with its first output.
        for number in range(len(self.found) - 1, -1, -1):
            if self.found[number] == MISSING:
                digest = bytes(digests[number * _DIGEST_BYTES : (number + 1) * _DIGEST_BYTES])
                self._next[number] = self._head.get(digest, _END)
                self._head[digest] = number

    @property
    def missing(self) -> int:
        """Outputs that no record of the view is."""
        return self.found.count(MISSING)

    def take(self, digest: bytes, offset: int) -> str:
        """Match a record of the view; ``doubled`` where all outputs of its content are taken, ``extra`` without any."""
        number = self._head.get(digest)
        if number is None:
            return "extra"
        if number == _END:
            return "doubled"
        self.found[number], self._head[digest] = offset, self._next[number]
        self.matched += 1
        return "matched"


def _one_source(store: SnapshotStore, topic: str) -> Source:
    found = selected_sources(store, topic)
    if len(found) != 1:
        raise ValidationError(
            f"{topic!r} stands for {counted(len(found), 'captured topic')}; a view is compared with one topic of one "
            "cluster."
        )
    return found[0]


def _expected(result: TransformResult, view: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, row in enumerate(result.rows()):
        if row["topic"] == view:
            where = {"topic": row["source_topic"], "partition": row["source_partition"], "offset": row["source_offset"]}
            yield number, {**where, "key": row["key"], "value": row["value"]}


def _output_digest(row: dict[str, Any], partitions: int | None) -> bytes:
    partition = row["source_partition"] % (partitions or row["source_partition"] + 1)
    headers = [(one["name"], one["value"]) for one in row["headers"]]
    return _digest(partition, encode_payload(row["key"], row["value"], headers))


def _captured(store: SnapshotStore, source: Source) -> Iterator[tuple[bytes, dict[str, Any]]]:
    for partition, batches in captured_batches(store, source.source_id, where=None, params=None, limit=None):
        for batch in batches:
            for record in batch.records:
                payload = decode_payload(record.payload)
                where = {"topic": source.topic, "partition": partition, "offset": record.offset}
                yield (
                    _digest(partition, record.payload),
                    {**where, "key": payload.key, "value": payload.value},
                )


def _digest(partition: int, payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST_BYTES, salt=partition.to_bytes(8, "big")).digest()


def _keep(rows: list[dict[str, Any]], difference: str, record: dict[str, Any]) -> None:
    if len(rows) < _KEPT:
        rows.append({"difference": difference, **record})
