"""The bulk way and the exact way give the same rows, on golden records and on hostile ones."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import golden_vectors
import hostile_records
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from workbench.decoding import Decoder, TopicConvention, decode_record
from workbench.decoding.columns import decoder
from workbench.decoding.columns.assembly import envelope_columns, event_batch
from workbench.model.records.columns import EVENT

if TYPE_CHECKING:
    from workbench.decoding import Convention
    from workbench.model import Record

pytestmark = pytest.mark.timeout(300)
VECTORS = [vector for section in golden_vectors.SECTIONS for vector in golden_vectors.committed(section)]


@pytest.fixture(autouse=True)
def _columns_even_for_single_rows(monkeypatch) -> None:
    monkeypatch.setattr(decoder, "SMALLEST_GROUP", 1)


def exactly(
    records: list[Record],
    topic_conventions: dict[str, TopicConvention] | None = None,
    conventions: tuple[Convention, ...] | None = None,
) -> list[dict[str, Any]]:
    envelopes = [decode_record(record, conventions, topic_conventions) for record in records]
    positions = pa.RecordBatch.from_pydict(
        {
            "partition": pa.array([record.partition for record in records], pa.int32()),
            "offset": pa.array([record.offset for record in records], pa.int64()),
            "tombstone": [record.value is None for record in records],
        },
    )
    return event_batch(envelope_columns(envelopes), positions).to_pylist()


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


IN_COLUMNS = (
    "contract_child",
    "contract_self_caused",
    "ce_binary",
    "onex_s2_both_ids_and_both_parents",
    "generic_flat_json",
)


@pytest.mark.parametrize("name", IN_COLUMNS)
def test_first_conventions_do_not_fall_back_to_the_exact_codec(name, monkeypatch):
    monkeypatch.setattr(decoder, "decode_parts", None)
    record = golden_vectors.raw_record(next(vector for vector in VECTORS if vector["name"] == name))
    batch = Decoder().decode(golden_vectors.record_batch([record] * 9), record.topic)
    assert batch.num_rows == 9


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
