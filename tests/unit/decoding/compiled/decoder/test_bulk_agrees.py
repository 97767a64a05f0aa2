"""The compiled decoder and the one for single records give the same rows, on golden records and on hostile ones."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import golden_vectors
import hostile_records
import pyarrow as pa
import pytest
from exact_events import exact_events
from hypothesis import HealthCheck, given, settings

from workbench.decoding import Decoder, TopicConvention
from workbench.model.records.columns import EVENT

if TYPE_CHECKING:
    from workbench.decoding import Convention
    from workbench.model import Record

pytestmark = pytest.mark.timeout(300)
VECTORS = [vector for section in golden_vectors.SECTIONS for vector in golden_vectors.committed(section)]


def exactly(
    records: list[Record],
    topic_conventions: dict[str, TopicConvention] | None = None,
    conventions: tuple[Convention, ...] | None = None,
) -> list[dict[str, Any]]:
    topic = records[0].topic
    fixed = (topic_conventions or {}).get(topic)
    rows = exact_events(topic, [(record.headers, record.value) for record in records], conventions, fixed).to_pylist()
    return [
        row | {"partition": record.partition, "offset": record.offset}
        for row, record in zip(rows, records, strict=True)
    ]


def as_expected(row: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in row.items() if name not in golden_vectors.NOT_PUBLISHED}
    for name in golden_vectors.TIMES:
        if plain[name] is not None:
            plain[name] = (plain[name].replace(tzinfo=None) - golden_vectors.EPOCH) // timedelta(microseconds=1)
    plain["replay"] = None if plain["replay"] is None else golden_vectors.json.loads(plain["replay"])
    return plain


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_bulk_way_reproduces_golden_record(vector):
    record = golden_vectors.raw_record(vector)
    batch = golden_vectors.record_batch([record] * 3)
    rows = Decoder().decode(batch, record.topic).to_pylist()
    assert [as_expected(row) for row in rows] == [golden_vectors.expected_event(vector)] * 3


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(records=hostile_records.batches())
def test_bulk_equals_exact_on_hostile_records(records):
    batch = Decoder().decode(golden_vectors.record_batch(records), records[0].topic)
    assert batch.schema == EVENT
    batch.validate(full=True)
    assert batch.to_pylist() == exactly(records)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(records=hostile_records.batches())
@pytest.mark.parametrize(
    "fixed", [TopicConvention("generic_json"), TopicConvention("contract", force=True), TopicConvention("onex")]
)
def test_bulk_equals_exact_with_a_fixed_convention(fixed, records):
    chosen = {records[0].topic: fixed}
    batch = Decoder(topic_conventions=chosen).decode(golden_vectors.record_batch(records), records[0].topic)
    assert batch.to_pylist() == exactly(records, chosen)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(records=hostile_records.batches())
def test_bulk_equals_exact_with_an_own_convention(records):
    batch = Decoder(hostile_records.OWN).decode(golden_vectors.record_batch(records), records[0].topic)
    assert batch.to_pylist() == exactly(records, conventions=hostile_records.OWN)


def test_all_golden_records_of_a_topic_in_one_table_keep_their_order():
    records = [record for record in map(golden_vectors.raw_record, VECTORS) if record.topic == "t"] * 2
    table = pa.Table.from_batches([golden_vectors.record_batch(records[:7]), golden_vectors.record_batch(records[7:])])
    assert Decoder().decode(table, "t").to_pylist() == exactly(records)


def test_slices_and_empty_batches():
    records = [golden_vectors.raw_record(vector) for vector in VECTORS[:6]]
    batch = golden_vectors.record_batch(records)
    assert Decoder().decode(batch.slice(2, 3), "t").to_pylist() == Decoder().decode(batch, "t").to_pylist()[2:5]
    assert Decoder().decode(batch.slice(0, 0), "t").num_rows == 0


def test_configuration_is_picklable_and_threads_share_a_decoder():
    shared = pickle.loads(pickle.dumps(Decoder(topic_conventions={"t": TopicConvention("generic_json")})))  # noqa: S301 - our own
    batch = golden_vectors.record_batch([golden_vectors.raw_record(vector) for vector in VECTORS])
    expected = shared.decode(batch, "t")
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: shared.decode(batch, "t"), range(12)))
    assert all(result.equals(expected) for result in results)
