"""Rounds of lag sampling in a snapshot: written whole, read back as they were taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, cast

import pyarrow as pa

from workbench.model.lag import CommitSample, LagRound, OffsetSample
from workbench.model.record import TopicPartition
from workbench.model.topics import GroupInfo, GroupMemberInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    import duckdb

    class LagTables(Protocol):
        """An open snapshot, or the file under it."""

        def cursor(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]: ...
        def transaction(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]: ...


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
_SCHEMAS = {
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
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_rounds(tables: LagTables, rounds: Iterable[LagRound]) -> int:
    """Store rounds in one transaction; one that is stored already is left as it is.

    Where another cluster's round took the same ``round_id``, the next free number is used.

    Returns:
        How many were new.

    Raises:
        SnapshotError: The snapshot was opened read-only.
    """
    with tables.transaction() as cursor:
        known = dict(cursor.execute("SELECT round_id, (cluster, started_at) FROM lag_rounds").fetchall())
        taken: list[tuple[int, LagRound]] = []
        stored = set(known.values())
        for taken_round in rounds:
            key = (taken_round.cluster_id, _naive(taken_round.started_at_ms))
            if key in stored:
                continue
            number = taken_round.round_id
            while number in known:
                number += 1
            known[number] = key
            stored.add(key)
            taken.append((number, taken_round))
        for name, rows in _ROWS.items():
            table = pa.Table.from_pylist([row for one in taken for row in rows(*one)], schema=_SCHEMAS[name])
            if table.num_rows:
                cursor.register("fresh_lag_rows", table)
                cursor.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM fresh_lag_rows')  # noqa: S608 - names of ours
                cursor.unregister("fresh_lag_rows")
    return len(taken)


def read_rounds(
    tables: LagTables,
    *,
    cluster_id: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
) -> list[LagRound]:
    """Read rounds back, oldest first.

    Args:
        start_ms: Begun at or after this time (UTC milliseconds).
        end_ms: Begun before this time.
    """
    wanted = """
        (SELECT * FROM lag_rounds WHERE ($cluster IS NULL OR cluster = $cluster)
            AND ($start IS NULL OR started_at >= $start) AND ($end IS NULL OR started_at < $end))
    """
    values = {
        "cluster": cluster_id,
        "start": None if start_ms is None else _naive(start_ms),
        "end": None if end_ms is None else _naive(end_ms),
    }

    def ask(query: str) -> list[dict[str, Any]]:
        with tables.cursor() as cursor:
            return cast("list[dict[str, Any]]", cursor.sql(query, params=values).to_arrow_table().to_pylist())

    rounds = ask(f"SELECT * FROM {wanted} ORDER BY started_at, round_id")  # noqa: S608 - the text above
    parts = {
        name: _by_round(ask(f'SELECT t.* FROM "{name}" t JOIN {wanted} r USING (round_id) ORDER BY t.rowid'))  # noqa: S608 - the text above
        for name in ("offset_samples", "lag_samples", "group_samples")
    }
    return [_round(row, *(part.get(row["round_id"], []) for part in parts.values())) for row in rounds]


def _round_rows(number: int, taken: LagRound) -> list[dict[str, Any]]:
    return [
        {
            "round_id": number,
            "cluster": taken.cluster_id,
            "started_at": _naive(taken.started_at_ms),
            "finished_at": _naive(taken.finished_at_ms),
            "interval_ms": taken.interval_ms,
            "groups": len(taken.groups),
            "partitions": len(taken.offsets),
            "errors": len(taken.errors),
            "probes": 0,
            "probe_bytes": 0,
        },
    ]


def _offset_rows(number: int, taken: LagRound) -> list[dict[str, Any]]:
    low_at, high_at = _naive(taken.low_at_ms), _naive(taken.high_at_ms)
    return [
        {
            "round_id": number,
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
    ]


def _commit_rows(number: int, taken: LagRound) -> list[dict[str, Any]]:
    committed_at = _naive(taken.committed_at_ms)
    return [
        {
            "round_id": number,
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
    ]


def _group_rows(number: int, taken: LagRound) -> list[dict[str, Any]]:
    return [
        {
            "round_id": number,
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
    ]


_ROWS: dict[str, Callable[[int, LagRound], list[dict[str, Any]]]] = {
    "lag_rounds": _round_rows,
    "offset_samples": _offset_rows,
    "lag_samples": _commit_rows,
    "group_samples": _group_rows,
}


def _round(
    row: dict[str, Any],
    offsets: Sequence[dict[str, Any]],
    commits: Sequence[dict[str, Any]],
    groups: Sequence[dict[str, Any]],
) -> LagRound:
    started_at_ms = _ms(row["started_at"])
    return LagRound(
        round_id=row["round_id"],
        cluster_id=row["cluster"],
        started_at_ms=started_at_ms,
        low_at_ms=_ms(offsets[0]["low_at"]) if offsets else started_at_ms,
        committed_at_ms=_ms(commits[0]["committed_at"]) if commits else started_at_ms,
        high_at_ms=_ms(offsets[0]["high_at"]) if offsets else started_at_ms,
        finished_at_ms=_ms(row["finished_at"]),
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
    known = row["protocol"] in ("classic", "consumer")
    return GroupInfo(
        group_id=row["group_id"],
        state=row["state"],
        protocol=row["protocol"],
        protocol_type="consumer" if known else "",
        coordinator=row["coordinator"],
        members=members,
        error=row["error"],
    )


def _by_round(rows: Iterable[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    parts: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        parts.setdefault(row["round_id"], []).append(row)
    return parts


def _naive(ms: int) -> datetime:
    return (_EPOCH + timedelta(milliseconds=ms)).replace(tzinfo=None)


def _ms(at: datetime) -> int:
    return (at.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
