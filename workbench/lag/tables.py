"""Lays rounds of lag sampling out as four Arrow tables, one row per fact, and reads them back.

A snapshot stores these tables under the same names. Nothing derived is in them: `workbench.lag.quantities` computes it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.model.lag import CommitSample, LagRound, OffsetSample
from workbench.model.records.record import TopicPartition
from workbench.model.topics import GroupInfo, GroupMemberInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_TIME = pa.timestamp("us")
_TEXT = pa.string()
_PLACE = pa.struct([("topic", _TEXT), ("partition", pa.int32())])
_MEMBER = pa.struct(
    [
        ("member_id", _TEXT),
        ("instance_id", _TEXT),
        ("client_id", _TEXT),
        ("host", _TEXT),
        ("partitions", pa.list_(_PLACE)),
    ],
)
SCHEMAS = {
    "lag_rounds": pa.schema(
        [
            ("round_id", pa.int64()),
            ("cluster", _TEXT),
            ("started_at", _TIME),
            ("finished_at", _TIME),
            ("interval_ms", pa.int64()),
            ("groups", pa.int32()),
            ("partitions", pa.int32()),
            ("errors", pa.int32()),
            ("probes", pa.int32()),
            ("probe_bytes", pa.int64()),
        ],
    ),
    "offset_samples": pa.schema(
        [
            ("round_id", pa.int64()),
            ("topic", _TEXT),
            ("partition", pa.int32()),
            ("low", pa.int64()),
            ("lso", pa.int64()),
            ("high", pa.int64()),
            ("low_at", _TIME),
            ("high_at", _TIME),
            ("leader", pa.int32()),
            ("error", _TEXT),
        ],
    ),
    "lag_samples": pa.schema(
        [
            ("round_id", pa.int64()),
            ("group_id", _TEXT),
            ("topic", _TEXT),
            ("partition", pa.int32()),
            ("committed", pa.int64()),
            ("committed_at", _TIME),
            ("leader_epoch", pa.int32()),
            ("metadata", _TEXT),
            ("member_id", _TEXT),
            ("error", _TEXT),
        ],
    ),
    "group_samples": pa.schema(
        [
            ("round_id", pa.int64()),
            ("group_id", _TEXT),
            ("state", _TEXT),
            ("protocol", _TEXT),
            ("coordinator", pa.int32()),
            ("members", pa.list_(_MEMBER)),
            ("error", _TEXT),
        ],
    ),
}
"""Columns of each table, in the order of the stored one. Times are UTC."""

_PART_ROWS = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LagTables:
    """Rounds as tables; the fields are named as the tables of a snapshot are."""

    lag_rounds: pa.Table
    offset_samples: pa.Table
    lag_samples: pa.Table
    group_samples: pa.Table

    def by_name(self) -> dict[str, pa.Table]:
        """Return each table under its name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def tables_of(rounds: Iterable[LagRound]) -> LagTables:
    """Lay rounds out as tables. Each ``round_id`` must occur once."""
    taken = list(rounds)
    return LagTables(
        **{
            name: pa.concat_tables([schema.empty_table(), *(_table(name, schema, one) for one in taken)])
            for name, schema in SCHEMAS.items()
        },
    )


def _table(name: str, schema: pa.Schema, taken: LagRound) -> pa.Table:
    # In parts: a dictionary for each row takes many times the memory of its columns.
    rows = _ROWS[name](taken)
    return pa.Table.from_batches(
        [pa.RecordBatch.from_pylist(part, schema=schema) for part in iter(lambda: list(islice(rows, _PART_ROWS)), [])],
        schema=schema,
    )


def joined(tables: Sequence[LagTables]) -> LagTables:
    """Put tables of several rounds below each other, without copying them."""
    return LagTables(
        **{
            name: pa.concat_tables([getattr(one, name) for one in tables]) if tables else schema.empty_table()
            for name, schema in SCHEMAS.items()
        },
    )


def rounds_of(tables: LagTables) -> list[LagRound]:
    """Read rounds back from their tables, in the order of ``lag_rounds``."""
    parts = [_by_round(rows) for rows in (tables.offset_samples, tables.lag_samples, tables.group_samples)]
    return [_round(row, *(part.get(row["round_id"], []) for part in parts)) for row in tables.lag_rounds.to_pylist()]


def utc_time(ms: int) -> datetime:
    """Turn UTC milliseconds into the time without zone that the tables store."""
    return (_EPOCH + timedelta(milliseconds=ms)).replace(tzinfo=None)


def utc_ms(at: datetime) -> int:
    """Turn a stored time into UTC milliseconds."""
    return (at.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


def _round_rows(taken: LagRound) -> Iterator[dict[str, Any]]:
    yield {
        "round_id": taken.round_id,
        "cluster": taken.cluster_id,
        "started_at": utc_time(taken.started_at_ms),
        "finished_at": utc_time(taken.finished_at_ms),
        "interval_ms": taken.interval_ms,
        "groups": len(taken.groups),
        "partitions": len(taken.offsets),
        "errors": len(taken.errors),
        "probes": 0,
        "probe_bytes": 0,
    }


def _offset_rows(taken: LagRound) -> Iterator[dict[str, Any]]:
    low_at, high_at = utc_time(taken.low_at_ms), utc_time(taken.high_at_ms)
    return (
        {
            "round_id": taken.round_id,
            "topic": sample.topic,
            "partition": sample.partition,
            "low": sample.low,
            "lso": sample.lso,
            "high": sample.high,
            "low_at": low_at,
            "high_at": high_at,
            "leader": sample.leader,
            "error": sample.error,
        }
        for sample in taken.offsets
    )


def _commit_rows(taken: LagRound) -> Iterator[dict[str, Any]]:
    committed_at = utc_time(taken.committed_at_ms)
    return (
        {
            "round_id": taken.round_id,
            "group_id": sample.group_id,
            "topic": sample.topic,
            "partition": sample.partition,
            "committed": sample.committed,
            "committed_at": committed_at,
            "leader_epoch": sample.leader_epoch,
            "metadata": sample.metadata,
            "member_id": sample.member_id,
            "error": sample.error,
        }
        for sample in taken.commits
    )


def _group_rows(taken: LagRound) -> Iterator[dict[str, Any]]:
    return (
        {
            "round_id": taken.round_id,
            "group_id": group.group_id,
            "state": group.state,
            "protocol": group.protocol,
            "coordinator": group.coordinator,
            "members": [
                {
                    "member_id": member.member_id,
                    "instance_id": member.instance_id,
                    "client_id": member.client_id,
                    "host": member.host,
                    "partitions": [{"topic": p.topic, "partition": p.partition} for p in member.partitions],
                }
                for member in group.members
            ],
            "error": group.error,
        }
        for group in taken.groups
    )


_ROWS: dict[str, Callable[[LagRound], Iterator[dict[str, Any]]]] = {
    "lag_rounds": _round_rows,
    "offset_samples": _offset_rows,
    "lag_samples": _commit_rows,
    "group_samples": _group_rows,
}


def _by_round(table: pa.Table) -> dict[int, list[dict[str, Any]]]:
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        rows.setdefault(row["round_id"], []).append(row)
    return rows


def _round(
    row: dict[str, Any],
    offsets: Sequence[dict[str, Any]],
    commits: Sequence[dict[str, Any]],
    groups: Sequence[dict[str, Any]],
) -> LagRound:
    # The times of the reads stand beside what was read; a round that read nothing of a kind has the time before it.
    started_at_ms = utc_ms(row["started_at"])
    low_at_ms = utc_ms(offsets[0]["low_at"]) if offsets else started_at_ms
    committed_at_ms = utc_ms(commits[0]["committed_at"]) if commits else low_at_ms
    return LagRound(
        round_id=row["round_id"],
        cluster_id=row["cluster"],
        started_at_ms=started_at_ms,
        low_at_ms=low_at_ms,
        committed_at_ms=committed_at_ms,
        high_at_ms=utc_ms(offsets[0]["high_at"]) if offsets else committed_at_ms,
        finished_at_ms=utc_ms(row["finished_at"]),
        interval_ms=row["interval_ms"],
        offsets=tuple(
            OffsetSample(o["topic"], o["partition"], o["low"], o["lso"], o["high"], o["leader"], o["error"])
            for o in offsets
        ),
        commits=tuple(
            CommitSample(
                group_id=c["group_id"],
                topic=c["topic"],
                partition=c["partition"],
                committed=c["committed"],
                leader_epoch=c["leader_epoch"],
                metadata=c["metadata"],
                member_id=c["member_id"],
                error=c["error"],
            )
            for c in commits
        ),
        groups=tuple(_group(group) for group in groups),
    )


def _group(row: dict[str, Any]) -> GroupInfo:
    members = tuple(
        GroupMemberInfo(
            member_id=member["member_id"],
            instance_id=member["instance_id"],
            client_id=member["client_id"],
            host=member["host"],
            partitions=tuple(TopicPartition(p["topic"], p["partition"]) for p in member["partitions"]),
        )
        for member in row["members"]
    )
    kinds = {"classic": "consumer", "consumer": "consumer", "share": "share"}
    return GroupInfo(
        group_id=row["group_id"],
        state=row["state"],
        protocol=row["protocol"],
        protocol_type=kinds.get(row["protocol"], ""),
        coordinator=row["coordinator"],
        members=members,
        error=row["error"],
    )
