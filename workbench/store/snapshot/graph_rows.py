"""Gives the decoded rows that causal graphs are built from: all of them, or those of one flow and what it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.texts import hash_texts
from workbench.model.events.envelope import DAMAGED, RAW
from workbench.store.file.layout import STORED_EVENT
from workbench.store.file.types import names
from workbench.store.file.views import event_rows
from workbench.store.ids.entries import key_of
from workbench.store.ids.related import MOST_RELATED, nearest_rows, related_rows, relatives_rows
from workbench.store.ids.roles import HASH_BITS, IdRole
from workbench.store.segments.checksums import DECODED_ROWS, RAW_ROWS
from workbench.store.snapshot.id_rows import read_rows
from workbench.text import is_position, parse_position

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from workbench.store.ids.entries import Numbers
    from workbench.store.ids.parts import IdParts
    from workbench.store.snapshot.store import SnapshotStore

VALUES_FOR_COLLISIONS_BYTES = 256 << 20
"""Up to this many bytes of values are read to tell copies from collisions; above, equal ids count as copies."""

_POSITION = ["source_id", "partition", "offset"]
_SOURCES = "(SELECT source_id, cluster_id, cluster, topic FROM sources) USING (source_id)"
_UNREAD = f"convention IS NULL AND format IN ('{RAW}', '{DAMAGED}')"
_KEY = re.compile(r"[@\x1f/]")
"""What keys of events hold that have no id of their own, or share it."""
_LOOKED_AT = 1_000
_TIMED = "(event_time IS NOT NULL OR timestamp_type >= 0)"


def whole_events(store: SnapshotStore, columns: Sequence[str]) -> pa.Table:
    """Read all decoded rows, with ``value`` where records share an id: only these are compared.

    Raises:
        SnapshotFormatError: A segment file is damaged.
    """
    listed = ", ".join(f'"{name}"' for name in columns)
    with store.cursor() as cursor:
        store.segment_checks.check(cursor, DECODED_ROWS)
        found = cursor.sql(f"SELECT {listed} FROM events").to_arrow_table()  # noqa: S608 - names of ours
    shared = _sharing_ids(found)
    if not len(shared):
        return found
    with store.cursor() as cursor:
        store.segment_checks.check(cursor, RAW_ROWS)
        cursor.register("shared", found.select(_POSITION).take(pa.array(shared)))
        rows = 'FROM records SEMI JOIN shared USING (source_id, "partition", "offset")'
        ((size,),) = cursor.execute(f"SELECT sum(octet_length(value)) {rows}").fetchall()
        if (size or 0) > VALUES_FOR_COLLISIONS_BYTES:
            return found
        columns = 'source_id, "partition", "offset", value'
        return _with_values(found, cursor.sql(f"SELECT {columns} {rows}").to_arrow_table())


def related_events(store: SnapshotStore, role: IdRole, text: str, columns: Sequence[str]) -> pa.Table | None:
    """Read the rows of a correlation, a trace or an event with what their graph needs, by the index of ids.

    Args:
        store: The snapshot.
        role: ``CORRELATION_ID``, ``TRACE_ID`` or ``EVENT_ID``.
        text: The id.
        columns: Columns of ``events``.

    Returns:
        The rows in order of position, with ``value`` where records share an id; None where only all rows together tell:
        too many are related, causes are named by position, ids look like positions, or nothing has an id at all.
    """
    try:
        return _related(store, role, text, columns)
    except ValueError:
        # A damaged index file; without it the rows are indexed in memory.
        store.ids.forget(files_too=True)
        return _related(store, role, text, columns)


def _related(store: SnapshotStore, role: IdRole, text: str, columns: Sequence[str]) -> pa.Table | None:
    listed = [f'"{name}"' for name in columns]
    with store.cursor() as cursor:
        index = store.ids.parts(cursor)
        find = relatives_rows if role is IdRole.EVENT_ID else related_rows
        rows = find(index, key_of(role, text))
        if rows is not None and not len(rows) and role is IdRole.EVENT_ID and _KEY.search(text):
            own = _id_at(store, cursor, text)
            rows = None if own is None else find(index, key_of(role, own))
        elif rows is not None and not len(rows):
            rows = _for_the_message(index, role, text)
        if rows is None or not len(rows):
            return None
        return _with_what_clashes(store, cursor, index, rows, listed)


@dataclass(frozen=True, slots=True)
class NearestEvents:
    """The rows of an event and its nearest relatives, with what their graph needs."""

    rows: pa.Table
    chosen: frozenset[tuple[int, int, int]]
    """Positions of the event and its relatives: source id, partition, offset."""
    complete: bool
    """Whether these are all relatives."""


def nearest_events(store: SnapshotStore, event_id: str, columns: Sequence[str]) -> NearestEvents | None:
    """Read the rows of an event and its nearest relatives, where all of them are too many for `related_events`.

    Returns:
        None where only all rows together tell.
    """
    listed = [f'"{name}"' for name in columns]
    with store.cursor() as cursor:
        index = store.ids.parts(cursor)
        nearest = nearest_rows(index, key_of(IdRole.EVENT_ID, event_id))
        if nearest is None or not len(nearest.chosen):
            return None
        rows = _with_what_clashes(store, cursor, index, nearest.context, listed)
        at = [f'"{name}"' for name in _POSITION]
        chosen = read_rows(cursor, index, nearest.chosen, at, part="events", checks=store.segment_checks)
    places = zip(*(chosen[name].to_pylist() for name in _POSITION), strict=True)
    return None if rows is None else NearestEvents(rows, frozenset(places), nearest.complete)


def _with_what_clashes(
    store: SnapshotStore, cursor: duckdb.DuckDBPyConnection, index: IdParts, rows: Numbers, listed: Sequence[str]
) -> pa.Table | None:
    """Read rows, with ``value`` where some share an id; None where an id can be meant for the key of another row."""
    found = read_rows(cursor, index, rows, listed, part="events", checks=store.segment_checks)
    if _keys_can_clash(store, cursor, index, found):
        return None
    if not len(_sharing_ids(found)):
        return found
    size = ["octet_length(value) AS size"]
    sizes = read_rows(cursor, index, rows, size, part="records", checks=store.segment_checks)["size"]
    if (pc.sum(sizes).as_py() or 0) > VALUES_FOR_COLLISIONS_BYTES:
        return found
    values = read_rows(cursor, index, rows, ["value"], part="records", checks=store.segment_checks)
    return found.append_column("value", values["value"])


def _id_at(store: SnapshotStore, cursor: duckdb.DuckDBPyConnection, text: str) -> str | None:
    """Return the event id of the record at a position; None if it has none, or the text is no position."""
    if not is_position(text):
        return None
    store.segment_checks.check(cursor, DECODED_ROWS)
    rows = cursor.execute(
        'SELECT event_id FROM events WHERE topic = ? AND "partition" = ? AND "offset" = ?', list(parse_position(text))
    ).fetchall()
    return rows[0][0] if len(rows) == 1 else None


def _for_the_message(index: IdParts, role: IdRole, text: str) -> Numbers:
    """Find what a message about a missing id needs: who names it, who has it besides, some row with such an id."""
    roles = (IdRole.CAUSE_BY_ID, IdRole.LINK_ID) if role is IdRole.EVENT_ID else ()
    named = [index.find(np.array([key_of(other, text)])) for other in roles]
    return np.unique(np.concatenate([*named, index.any_row(role)]))


def _keys_can_clash(store: SnapshotStore, cursor: duckdb.DuckDBPyConnection, index: IdParts, found: pa.Table) -> bool:
    """Tell whether an id looks like the key of a row without one, or two topics have one name."""
    if found["event_id"].null_count:
        ((several,),) = cursor.execute("SELECT count(*) > count(DISTINCT topic) FROM sources").fetchall()
        if several:
            return True
    texts = [found[name].cast(pa.string()).combine_chunks() for name in ("topic", "partition", "offset", "event_id")]
    own = pc.binary_join_element_wise(texts[3].fill_null(""), pc.binary_join_element_wise(*texts[:3], "/"), "@")
    keys = np.unique(np.asarray(hash_texts(own)) >> np.uint64(64 - HASH_BITS)).astype(np.int64)
    perhaps = keys[index.count(keys) > 0]
    if not len(perhaps):
        return False
    # Among millions of ids some have the hash of another text: these few rows are looked at.
    rows = index.find(perhaps)
    if len(rows) > _LOOKED_AT:
        return True
    ids = read_rows(cursor, index, rows, ["event_id"], part="events", checks=store.segment_checks)["event_id"]
    return bool(pc.any(pc.is_in(ids.cast(pa.string()), value_set=own)).as_py())


def _sharing_ids(found: pa.Table) -> Numbers:
    """Return the rows whose event id another row has, too."""
    codes = found["event_id"].combine_chunks().dictionary_encode().indices.fill_null(-1)
    ids = codes.to_numpy(zero_copy_only=False).astype(np.int64) + 1
    shared: Numbers = np.flatnonzero((ids > 0) & (np.bincount(ids, minlength=1)[ids] > 1))
    return shared


def _with_values(found: pa.Table, raw: pa.Table) -> pa.Table:
    """Put values beside the rows at their positions; other rows have none."""
    place = found.select(_POSITION).append_column("place", pa.array(np.arange(found.num_rows)))
    met = place.join(raw, keys=_POSITION, join_type="inner")
    at = np.full(found.num_rows, -1, dtype=np.int64)
    at[met["place"].to_numpy()] = np.arange(met.num_rows)
    return found.append_column("value", met["value"].combine_chunks().take(pa.array(at, mask=at < 0)))


def rows_that_explain(
    store: SnapshotStore, columns: Sequence[str], known: pa.Table, *, start_ms: int, until_ms: int
) -> pa.Table | None:
    """Read what tells why a cause was not found: the first record of each range, and records that could not be read.

    Args:
        store: The snapshot.
        columns: Columns of ``events``.
        known: Rows that were read already; they are left out.
        start_ms: Records that could not be read count from here,
        until_ms: up to here, inclusive.

    Returns:
        None where this does not tell: such records are very many, or a range begins with records without a time.
    """
    listed = ", ".join(f'"{name}"' for name in columns)
    with store.cursor() as cursor:
        begun = cursor.execute(
            'SELECT DISTINCT source_id, "partition", "from" FROM capture_ranges WHERE "from" > 0 AND next > "from"'
        ).fetchall()
        rows = _beginnings(cursor, begun)
        store.segment_checks.check(cursor, DECODED_ROWS, segments=rows[1])
        first = cursor.sql(
            f"""WITH rows AS ({rows[0]}), begun AS (
                SELECT source_id, "partition", min("offset") AS "offset" FROM rows JOIN capture_ranges AS r
                USING (source_id, "partition") WHERE "from" > 0 AND "offset" >= "from" AND {_TIMED}
                GROUP BY source_id, "partition", "from")
            SELECT {listed} FROM rows SEMI JOIN begun USING (source_id, "partition", "offset") JOIN {_SOURCES}"""  # noqa: S608 - names of ours
        ).to_arrow_table()
        found = [first]
        if len(begun) and not first.num_rows:
            return None
        if unread_count(store):
            near = f"timestamp_ms BETWEEN {start_ms} AND {until_ms}"
            query = f"SELECT {listed} FROM events WHERE {_UNREAD} AND {near} LIMIT {MOST_RELATED + 1}"  # noqa: S608 - same
            store.segment_checks.check(cursor, DECODED_ROWS)
            found.append(cursor.sql(query).to_arrow_table())
            if found[-1].num_rows > MOST_RELATED:
                return None
    return _without(pa.concat_tables(found), known)


def _beginnings(cursor: duckdb.DuckDBPyConnection, begun: Sequence[tuple[int, int, int]]) -> tuple[str, Sequence[int]]:
    """Write the SELECT over the rows among which these ranges begin, and name its segments."""
    segments = set()
    for place in begun:
        row = cursor.execute(
            """SELECT segment_id FROM segment_positions WHERE source_id = ? AND "partition" = ? AND last_offset >= ?
            ORDER BY first_offset LIMIT 1""",
            list(place),
        ).fetchall()
        segments |= {number for (number,) in row}
    selects = event_rows(cursor, sorted(segments)) if segments else []
    return " UNION ALL ".join([f"SELECT {names(STORED_EVENT)} FROM packed_events", *selects]), sorted(segments)  # noqa: S608 - our layout


def _without(rows: pa.Table, known: pa.Table) -> pa.Table:
    """Leave out rows at positions that are known, and repeated ones."""
    place = rows.select(_POSITION).append_column("place", pa.array(np.arange(rows.num_rows)))
    new = place.group_by(_POSITION).aggregate([("place", "min")])
    new = new.join(known.select(_POSITION), keys=_POSITION, join_type="left anti")
    return rows.take(new["place_min"].combine_chunks().sort())


def unread_count(store: SnapshotStore) -> int:
    """Count raw and damaged records of which no envelope in the headers could be read either."""
    with store.cursor() as cursor:
        some = "SELECT 1 FROM capture_ranges WHERE coalesce(raw, 1) + coalesce(damaged, 1) > 0 LIMIT 1"
        if not cursor.execute(some).fetchall():
            return 0
        store.segment_checks.check(cursor, DECODED_ROWS)
        ((count,),) = cursor.execute(f"SELECT count(*) FROM events WHERE {_UNREAD} AND {_TIMED}").fetchall()  # noqa: S608 - constants
        return int(count)
