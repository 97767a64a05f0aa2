"""Decoding in bulk equals decoding one by one on generated records: every column, every problem code.

Bounded here; ``WORKBENCH_ORACLE_RECORDS=1000000`` and ``WORKBENCH_ORACLE_SEED`` make it a long run.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import exact_events
import generated_records
import pyarrow as pa
import pytest
from hostile_records import OWN

from workbench.decoding import Decoder, TopicConvention, builtin_conventions
from workbench.model.records.columns import EVENT

if TYPE_CHECKING:
    from generated_records import Row

    from workbench.decoding import Convention

RECORDS = int(os.environ.get("WORKBENCH_ORACLE_RECORDS", "5000"))
SEED = int(os.environ.get("WORKBENCH_ORACLE_SEED", "11"))
BATCH = 200
SHOWN = 5
"""Differences that a run looks for before it reports them."""
pytestmark = pytest.mark.timeout(max(120, RECORDS // 50))
SETTINGS: list[tuple[tuple[Convention, ...] | None, TopicConvention | None]] = [
    *[(None, None)] * 8,
    (OWN, None),
    ((*OWN, *builtin_conventions()), None),
    (None, TopicConvention("generic_json")),
    (None, TopicConvention("contract", force=True)),
    (None, TopicConvention("onex")),
    (None, TopicConvention("cloudevents", force=True)),
    (None, TopicConvention("nservicebus")),
]
CODES = frozenset(
    {
        "ambiguous_convention", "amqp_encoded", "bad_position", "bad_time", "bad_trace_context", "disagreement",
        "duplicate_header", "empty", "header_name_not_utf8", "implausible_time", "lossy_copy", "marker_body",
        "not_utf8", "not_uuid", "null_header", "redacted", "self_cause", "several_correlations", "time_zone_assumed",
        "unusual_spelling", "value_not_json",
    }
)  # fmt: skip
"""Every problem code, without its subject."""


class Comparison:
    """One setting of conventions on one topic, in both ways."""

    def __init__(self, topic: str, setting: int) -> None:
        self.topic = topic
        self.conventions, self.fixed = SETTINGS[setting]
        chosen = {} if self.fixed is None else {topic: self.fixed}
        self._decoder = Decoder(self.conventions, chosen)

    def exact(self, rows: list[Row]) -> pa.RecordBatch:
        return exact_events.exact_events(self.topic, rows, self.conventions, self.fixed)

    def bulk(self, rows: list[Row]) -> pa.RecordBatch:
        return self._decoder.decode(generated_records.batch(rows), self.topic)

    def differs(self, row: Row) -> bool:
        return not self.bulk([row]).equals(self.exact([row]))

    def difference(self, row: Row) -> str:
        """Show the smallest such record and both answers."""
        headers, value = generated_records.smallest(row, self.differs) if self.differs(row) else row
        one, other = (way([(headers, value)]).to_pylist()[0] for way in (self.bulk, self.exact))
        columns = [f"    {name}: bulk {one[name]!r}, exact {other[name]!r}" for name in one if one[name] != other[name]]
        fixed = "" if self.fixed is None else f" fixed to {self.fixed}"
        shown = "\n".join(columns) or "    only among other records"
        return f"  topic {self.topic!r}{fixed}\n  headers {headers!r}\n  value {value!r}\n{shown}"


def in_another_layout(batch: pa.RecordBatch, chance: random.Random) -> pa.RecordBatch | pa.Table:
    """The same rows as a part of a longer batch, or as a table of several."""
    if chance.random() < 0.5:
        longer = pa.concat_batches([batch.slice(0, 3), batch])
        return longer.slice(min(3, batch.num_rows))
    cut = chance.randrange(batch.num_rows)
    return pa.Table.from_batches([batch.slice(0, cut), batch.slice(cut)])


def test_bulk_equals_exact_on_generated_records():
    generator = generated_records.Generator(SEED)
    chance = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    differences: list[str] = []
    codes: set[str] = set()
    conventions: set[str | None] = set()
    done = 0
    for topic, rows in generator.batches(RECORDS, BATCH):
        done += len(rows)
        comparison = Comparison(topic, chance.randrange(len(SETTINGS)))
        expected = comparison.exact(rows)
        batch = generated_records.batch(rows)
        found = comparison._decoder.decode(in_another_layout(batch, chance), topic)
        assert found.schema == EVENT
        found.validate(full=True)
        codes |= {code.partition(":")[0] for code in expected["problems"].flatten().to_pylist()}
        conventions |= set(expected["convention"].to_pylist())
        if not found.equals(expected):
            wrong = [row for at, row in enumerate(rows) if not found.slice(at, 1).equals(expected.slice(at, 1))]
            differences += [comparison.difference(row) for row in wrong[:SHOWN]]
        if len(differences) >= SHOWN:
            break
    assert not differences, f"seed {SEED}, {done} records:\n" + "\n".join(differences)
    assert codes >= CODES
    assert conventions >= {convention.name for convention in builtin_conventions()}
