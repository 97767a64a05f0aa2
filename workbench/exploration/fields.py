"""Finds the fields of a sample: each path of its JSON, each header, the key; with type, share and example values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.selectors import SelectorError, parse_selector
from workbench.decoding.ids import NO_CAUSES
from workbench.text import visible

if TYPE_CHECKING:
    import duckdb

DEPTH = 6
"""Objects nested deeper than this are fields as a whole."""
WIDTH = 200
"""An object with more members than this is a field as a whole; and most fields of a topic that are listed."""
EXAMPLES = 3
LEAST_INTEGER = 100_000
"""Smaller integers are counted from 1 by many tables, so they are equal by chance."""
_EXAMPLE_CHARACTERS = 60

_PLAIN_MEMBER = r"[^.\"\[\]]+"

# One level after the other: a table function that walks whole documents takes minutes for one that is nested deeply.
_LEVEL = f"""
CREATE TEMP TABLE level_{{depth}} AS
SELECT "row", list_append(steps, member.key) AS steps, member.type AS type, member.value AS value
FROM {{before}} AS upper, json_each(upper.value) AS member
WHERE upper.type = 'OBJECT' AND len(json_keys(upper.value)) <= {WIDTH}
"""  # noqa: S608 - constants of this module

_TOP = """
CREATE TEMP TABLE level_0 AS
SELECT "row", []::VARCHAR[] AS steps, json_type(body) AS type, body AS value FROM bodies
"""

_LEAVES = f"""
CREATE TEMP TABLE leaves AS
SELECT "row", 'value:' || array_to_string(list_transform(steps, lambda step:
        CASE WHEN regexp_full_match(step, '{_PLAIN_MEMBER}') THEN step ELSE '"' || step || '"' END), '.') AS field,
    CASE
        WHEN type = 'NULL' THEN 'null' WHEN type = 'VARCHAR' THEN 'text' WHEN type = 'BOOLEAN' THEN 'boolean'
        WHEN type = 'DOUBLE' THEN 'number' WHEN type IN ('OBJECT', 'ARRAY') THEN lower(type) ELSE 'integer'
    END AS kind, value ->> '$' AS text
FROM (SELECT * FROM ({{levels}}) WHERE type <> 'OBJECT' OR len(json_keys(value)) > {WIDTH} OR len(steps) = {DEPTH})
UNION ALL
SELECT "row", 'header:' || try(decode(one.name)), CASE WHEN try(decode(one.value)) IS NULL THEN 'bytes'
    ELSE 'text' END, coalesce(try(decode(one.value)), hex(one.value))
FROM (SELECT "row", unnest(headers) AS one FROM sample) WHERE try(decode(one.name)) IS NOT NULL
UNION ALL
SELECT "row", 'key', CASE WHEN try(decode(key)) IS NULL THEN 'bytes' ELSE 'text' END,
    coalesce(try(decode(key)), hex(key))
FROM sample WHERE key IS NOT NULL
"""  # noqa: S608 - constants of this module

UUID = "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_ID = (
    rf"(?:urn:uuid:)?{UUID}|\{{{UUID}\}}|[0-9a-fA-F]{{16,128}}|[0-9A-HJKMNP-TV-Z]{{26}}|[0-9]{{6,128}}"
    r"|[A-Za-z][A-Za-z_]{0,31}[-_.:/#]?[0-9A-Za-z]{0,32}[-_.:/#]?[0-9]{1,64}"
)
"""Texts that look like ids: UUID, 16 or more hex digits, ULID, number, prefix with a number."""
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*"
_EPOCH = " OR ".join(
    f"try_cast(text AS HUGEINT) BETWEEN {946_684_800 * unit} AND {4_102_444_800 * unit}" for unit in (1, 1_000, 10**6)
)

_FACTS = f"""
WITH texts AS (SELECT field, text, count(*) AS uses FROM leaves WHERE text IS NOT NULL GROUP BY ALL),
frequent AS (
    SELECT field, list(left(text, {_EXAMPLE_CHARACTERS + 1}) ORDER BY uses DESC, text) AS examples
    FROM (FROM texts QUALIFY row_number() OVER (PARTITION BY field ORDER BY uses DESC, text) <= {EXAMPLES})
    GROUP BY field
)
SELECT field, count(DISTINCT "row") FILTER (kind <> 'null') AS present,
    list_sort(list(DISTINCT kind) FILTER (kind <> 'null')) AS kinds, count(DISTINCT text) AS "distinct",
    any_value(examples) AS examples,
    avg((regexp_full_match(text, $id) AND length(text) >= 3)::INT)
        FILTER (kind <> 'null' AND NOT list_contains($none, text)) AS id_share,
    avg(regexp_full_match(text, $time)::INT) FILTER (kind <> 'null') AS time_share,
    avg(({_EPOCH})::INT) FILTER (kind = 'integer') AS epoch_share,
    avg((try_cast(text AS HUGEINT) > {LEAST_INTEGER})::INT) FILTER (kind = 'integer') AS large_share
FROM leaves LEFT JOIN frequent USING (field) GROUP BY field ORDER BY present DESC, field
"""  # noqa: S608 - constants of this module

_TIME_NAME = re.compile(
    r"(?:^|_)(?:at|on|ts|time|timestamp|date|ms|millis|epoch)$|time|date|stamp|[a-z](?:At|On|Ts|Ms)$"
)
_MOSTLY = 0.95


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a topic: a path of its JSON values, a header, or the key.

    Attributes:
        topic: The topic.
        selector: ``value:PATH`` or ``header:NAME`` as conventions write it, or ``key``.
        type: ``text``, ``integer``, ``number``, ``boolean``, ``time``, ``array``, ``object`` or ``bytes``; several
            where records differ.
        records: Records of the sample.
        present: How many of them have a value here that is not null.
        distinct: Number of different values.
        examples: Frequent values, cut after 60 characters.
        id_share: Share of the values that look like ids.
        large_share: Share of the integers above 100,000.
    """

    topic: str
    selector: str
    type: str
    records: int
    present: int
    distinct: int
    examples: tuple[str, ...]
    id_share: float
    large_share: float

    @property
    def name(self) -> str:
        """The last member of the path, or the name of the header."""
        return self.selector.partition(":")[2].rpartition(".")[2].strip('"')

    @property
    def depth(self) -> int:
        """How deep the value is nested; 1 for members at the top and for headers."""
        return 1 if self.selector.startswith("header:") else self.selector.count(".") + 1

    @property
    def null_share(self) -> float:
        """Share of the records without a value here."""
        return 1 - self.present / self.records if self.records else 0.0


def read_fields(cursor: duckdb.DuckDBPyConnection, topic: str, records: int) -> list[Field]:
    """Find the fields of an opened sample, the most frequent first; makes the table ``leaves`` of their values."""
    cursor.execute(_TOP)
    for depth in range(1, DEPTH + 1):
        cursor.execute(_LEVEL.format(depth=depth, before=f"level_{depth - 1}"))
    levels = " UNION ALL ".join(f"SELECT * FROM level_{depth}" for depth in range(1, DEPTH + 1))  # noqa: S608 - own names
    cursor.execute(_LEAVES.format(levels=levels))
    rows = cursor.sql(_FACTS, params={"id": _ID, "time": _TIME, "none": sorted(NO_CAUSES)}).to_arrow_table().to_pylist()
    return [_field(topic, records, row) for row in rows]


def is_selector(field: Field) -> bool:
    """Whether a convention can read the field: its selector is plain text, and is parsed back to the same place."""
    try:
        parsed = parse_selector(field.selector)
    except SelectorError:
        return False
    return not parsed.filters and parsed.text == field.selector == visible(field.selector, None)


def _field(topic: str, records: int, row: dict[str, Any]) -> Field:
    return Field(
        topic=topic,
        selector=row["field"],
        type=_type(row),
        records=records,
        present=row["present"],
        distinct=row["distinct"],
        examples=tuple(map(str, row["examples"] or ())),
        id_share=row["id_share"] or 0.0,
        large_share=row["large_share"] or 0.0,
    )


def _type(row: dict[str, Any]) -> str:
    kinds = list(row["kinds"] or ())
    if kinds == ["integer", "number"]:
        kinds = ["number"]
    name = row["field"].rpartition(".")[2].rpartition(":")[2]
    if kinds == ["text"] and row["time_share"] >= _MOSTLY:
        return "time"
    if kinds == ["integer"] and row["epoch_share"] >= _MOSTLY and _TIME_NAME.search(name):
        return "time"
    return ", ".join(kinds) or "null"
