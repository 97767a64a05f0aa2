"""Finds fields that look like ids, and which of them hold the ids of other records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.decoding.ids import NO_CAUSES
from workbench.engine import engine
from workbench.exploration.fields import UUID, Field, is_selector

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

FEWEST_RECORDS = 20
"""Topics with fewer records say too little about which of their fields are ids."""
_PRESENT = 0.5
_DEPTH = 4
_LOOKS_LIKE_IDS = 0.95
_FEWEST_VALUES, _FEW_VALUES, _REPEATED = 6, 20, 20
"""Fewer values than the first, or than the second if each is repeated more often than the third, are an enumeration."""
_UNIQUE = 0.999
_MATCHED, _IN_ORDER, _SAME_EVENT = 0.8, 0.95, 0.5
TOLERANCE_MS = 1_000
"""Clocks of producers differ; a cause may be this much later than its effect."""

_VALUE = f"CASE WHEN regexp_full_match(text, '{UUID}') THEN lower(text) ELSE text END"
_VALUES = f"""
SELECT $number::INT AS field, {_VALUE} AS value, min(timestamp_ms) AS first_ms, count(*) AS uses
FROM leaves JOIN sample USING ("row")
WHERE field = $selector AND kind <> 'null' AND NOT list_contains($none, text) GROUP BY value
"""  # noqa: S608 - constants of this module

_SAME = f"""
WITH own AS (
    SELECT "row", field, {_VALUE} AS value FROM leaves WHERE list_contains($selectors, field) AND kind <> 'null'
)
SELECT a.field, b.field, count(DISTINCT a."row") FROM own a JOIN own b
ON a."row" = b."row" AND a.value = b.value AND a.field <> b.field GROUP BY ALL
"""  # noqa: S608 - same

_MATCHES = f"""
SELECT a.field, b.field, count(*) AS shared, sum(a.uses)::BIGINT AS uses,
    count(*) FILTER (b.first_ms <= a.first_ms + {TOLERANCE_MS}) AS in_order, avg(b.first_ms) AS mean_ms
FROM found a JOIN found b ON a.value = b.value AND a.field <> b.field GROUP BY ALL
"""  # noqa: S608 - same


@dataclass(frozen=True, slots=True)
class Match:
    """Values of one field that occur in another.

    Attributes:
        shared: Different values that both have.
        uses: Records of the first field with such a value.
        in_order: How many of the values the second field had first, or at the same time.
        mean_ms: Mean time at which the second field had them first.
    """

    shared: int
    uses: int
    in_order: int
    mean_ms: float


@dataclass(slots=True)
class IdFields:
    """Fields that look like ids, and the values they share.

    Attributes:
        fields: The fields.
        matches: By the numbers of two fields.
        same: Records of a topic in which two of its fields have the same value, by the numbers of the fields.
        values: A table for each field, its different values; consumed by `match`.
    """

    fields: list[Field] = field(default_factory=list)
    matches: dict[tuple[int, int], Match] = field(default_factory=dict)
    same: dict[tuple[int, int], int] = field(default_factory=dict)
    values: list[pa.Table] = field(default_factory=list)

    def add(self, cursor: duckdb.DuckDBPyConnection, fields: Sequence[Field]) -> None:
        """Take the id fields of one topic, whose ``leaves`` the cursor has."""
        chosen = [one for one in fields if is_id_field(one)]
        numbers = {one.selector: len(self.fields) + number for number, one in enumerate(chosen)}
        for one in chosen:
            bound = {"number": numbers[one.selector], "selector": one.selector, "none": sorted(NO_CAUSES)}
            self.values.append(cursor.sql(_VALUES, params=bound).to_arrow_table())
        for left, right, records in cursor.execute(_SAME, {"selectors": list(numbers)}).fetchall():
            self.same[numbers[left], numbers[right]] = records
        self.fields += chosen

    def match(self) -> None:
        """Count the values that fields share, over all topics."""
        if not self.values:
            return
        with engine(found=pa.concat_tables(self.values)) as cursor:
            rows = cursor.execute(_MATCHES).fetchall()
        self.values = []
        self.matches = {(left, right): Match(*rest) for left, right, *rest in rows}

    def unique(self, number: int) -> bool:
        """Whether a field has another value in each record."""
        one = self.fields[number]
        return one.distinct >= _UNIQUE * one.present

    def aliases(self, left: int, right: int) -> bool:
        """Whether two fields of a topic say the same in most records."""
        return self.same.get((left, right), 0) >= _SAME_EVENT * self.fields[left].present

    def refers(self, left: int, right: int) -> bool:
        """Whether a field holds ids that another field, unique in its topic, had before."""
        found = self.matches.get((left, right))
        return (
            found is not None
            and self.unique(right)
            and not self.aliases(left, right)
            and found.shared >= _MATCHED * self.fields[left].distinct
            and found.in_order >= _IN_ORDER * found.shared
        )

    def of_topic(self, topic: str) -> list[int]:
        """Return the numbers of the id fields of a topic."""
        return [number for number, one in enumerate(self.fields) if one.topic == topic]


def is_id_field(one: Field) -> bool:
    """Whether a field may hold ids: present in half of the records, of one type, looking like ids, no enumeration."""
    few = one.distinct < _FEW_VALUES and one.present > _REPEATED * one.distinct
    enumeration = few or one.distinct < _FEWEST_VALUES
    return (
        one.records >= FEWEST_RECORDS
        and one.present >= _PRESENT * one.records
        and one.depth <= _DEPTH
        and not enumeration
        and (
            (one.type == "text" and one.id_share >= _LOOKS_LIKE_IDS)
            or (one.type == "integer" and one.large_share >= _LOOKS_LIKE_IDS)
        )
        and is_selector(one)
    )
