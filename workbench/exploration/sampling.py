"""Reads a sample of each topic: its newest records, with their JSON as text."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.decoding import MISSING, read_value, registered_formats
from workbench.decoding.formats.json import JSON
from workbench.engine import engine
from workbench.model.events.envelope import DAMAGED, RAW

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from workbench.store import SnapshotStore

SAMPLE_RECORDS = 10_000
"""Records of each topic that are looked into, unless the caller says otherwise."""
SAMPLE_BYTES = 64 << 20
"""Bytes of values of one topic that are held in memory at once."""
VALUE_BYTES = 64 << 10
"""Values above this size are counted, and not looked into."""
OWN_FORMAT_RECORDS = 1_000
"""Records of formats of a user's own, whose ``read`` is called once for each."""
_SHORT_BYTES = 256
"""Keys, header names and header values above this size are no ids."""

_READ = f"""
WITH newest AS (
    SELECT source_id, "partition", "offset", timestamp_ms, format, decoded FROM events WHERE topic = $topic
    ORDER BY timestamp_ms DESC, "offset" DESC LIMIT $most
), raw AS (
    SELECT n.timestamp_ms, n.format, coalesce(octet_length(r.value), 0) AS size,
        CASE WHEN octet_length(r.key) <= {_SHORT_BYTES} THEN r.key END AS key,
        list_filter(r.headers, lambda one: octet_length(one.name) <= {_SHORT_BYTES}
            AND octet_length(one.value) <= {_SHORT_BYTES}) AS headers,
        CASE WHEN octet_length(r.value) <= {VALUE_BYTES} THEN r.value END AS value,
        CASE WHEN octet_length(r.value) <= {VALUE_BYTES} THEN n.decoded END AS decoded,
        sum(least(coalesce(octet_length(r.value), 0), {VALUE_BYTES}))
            OVER (ORDER BY n.timestamp_ms DESC, n."offset" DESC, n."partition" ROWS UNBOUNDED PRECEDING) AS total
    FROM newest n JOIN records r USING (source_id, "partition", "offset")
)
SELECT row_number() OVER () AS "row", * EXCLUDE (total) FROM raw WHERE total <= {SAMPLE_BYTES}
"""  # noqa: S608 - constants of this module

# The prefix of a schema registry and the byte order mark are left out as `workbench.decoding.formats.json` does.
_JSON_TEXT = r"""
SELECT "row", CASE WHEN decoded IS NOT NULL THEN decoded ELSE try(decode(CASE
    WHEN value[1:1] = '\x00'::BLOB AND value[6:6] = '{'::BLOB THEN value[6:]
    WHEN value[1:3] = '\xEF\xBB\xBF'::BLOB THEN value[4:]
    ELSE value END)) END AS text
FROM sample WHERE (format = $format OR decoded IS NOT NULL) AND value IS NOT NULL
"""

# An object that holds exactly schema and payload is the wrapper of Kafka Connect, which selectors do not see.
_BODIES = """
CREATE TEMP TABLE bodies AS
WITH valid AS (SELECT "row", text::JSON AS body FROM texts WHERE json_valid(text))
SELECT "row", CASE WHEN list_sort(json_keys(body)) = ['payload', 'schema'] THEN body -> 'payload' ELSE body END AS body
FROM valid
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """Newest records of a topic.

    Attributes:
        topic: Name of the topic.
        rows: Their times, keys and short headers, a ``row`` number for each.
        bodies: JSON text by row; rows whose value is no JSON have none.
        too_large: How many values were not looked into because of their size.
    """

    topic: str
    rows: pa.Table
    bodies: pa.Table
    too_large: int

    @property
    def records(self) -> int:
        """How many records it has."""
        return int(self.rows.num_rows)


def read_sample(store: SnapshotStore, topic: str, *, most: int) -> Sample:
    """Read the newest records of a topic: at most so many, and at most `SAMPLE_BYTES` of values."""
    return sample_of(topic, store.sql_arrow(_READ, {"topic": topic, "most": most}))


def sample_of(topic: str, found: pa.Table) -> Sample:
    """Make a sample of records that are at hand.

    Args:
        topic: Their topic.
        found: Columns ``row``, ``timestamp_ms``, ``key``, ``headers``, ``value``, ``size`` (of the value), ``format``
            and ``decoded``.
    """
    with engine(sample=found) as cursor:
        text = cursor.sql(_JSON_TEXT, params={"format": JSON}).to_arrow_table()
    texts = pa.concat_tables([text.cast(_TEXTS), _own_formats(topic, found)])
    too_large = sum(size > VALUE_BYTES for size in found["size"].to_pylist())
    rows = found.select(["row", "timestamp_ms", "key", "headers"])
    return Sample(topic, rows, texts, too_large)


_TEXTS = pa.schema([("row", pa.int64()), ("text", pa.string())])


def _own_formats(topic: str, found: pa.Table) -> pa.Table:
    """Read the values of formats that are no JSON into JSON text, one by one: the code of a format takes one value."""
    plain = {None, JSON, RAW, DAMAGED}
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(found["format"].to_pylist()):
        if name in plain or found["decoded"][number].is_valid or len(rows) == OWN_FORMAT_RECORDS:
            continue
        row = found.slice(number, 1).to_pylist()[0]
        headers = tuple((one["name"], one["value"]) for one in row["headers"] or ())
        tree = read_value(topic, headers, row["value"], registered_formats()).tree
        if tree is not MISSING:
            rows.append({"row": row["row"], "text": json.dumps(tree, default=str)})
    return pa.Table.from_pylist(rows, schema=_TEXTS)


@contextmanager
def opened(sample: Sample) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine with the tables ``sample`` and ``bodies`` (JSON values by row) of a sample."""
    with engine(sample=sample.rows, texts=sample.bodies) as cursor:
        cursor.execute(_BODIES)
        yield cursor
