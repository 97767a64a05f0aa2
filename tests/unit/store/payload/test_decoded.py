"""Values of other formats than JSON are payload like JSON: what the decoder read stands beside the raw bytes."""

from __future__ import annotations

import pyarrow as pa
import pytest
from snapshot_rows import Filler, raw_records

from workbench.store import SnapshotStore


class Half:
    """Reads every second record to JSON, as a decoder of bytes does."""

    def __init__(self, decoder) -> None:
        self._decoder = decoder

    def decode(self, records, topic):
        events = self._decoder.decode(records, topic)
        texts = [f'{{"total": {at}}}' if at % 2 else None for at in records["offset"].to_pylist()]
        at = events.schema.get_field_index("decoded")
        return events.set_column(at, events.schema.field(at), pa.array(texts, pa.string()))


@pytest.fixture
def store(snapshot_path, decoder):
    with SnapshotStore.open(snapshot_path, write=True) as store:
        Filler(store, Half(decoder))(raw_records(0, 10))
        yield store


@pytest.mark.parametrize("table", ["records", "events"])
def test_the_payload_is_what_was_decoded_else_the_value(store, table):
    rows = store.sql(f"""SELECT "offset", payload->>'$.total' AS total, payload->>'$.event_id' AS id, value_text
        FROM {table} ORDER BY 1""")
    assert [text for text in rows["total"] if isinstance(text, str)] == ["1", "3", "5", "7", "9"]
    assert rows["id"].isna().tolist() == [False, True] * 5
    assert rows["value_text"].notna().all()
    assert "decoded" not in store.sql("SELECT * FROM records WHERE payload IS NOT NULL")


def test_frames_and_relations_of_payloads_have_it(store):
    totals = store.payload("orders")["total"]
    assert totals.dropna().tolist() == [1, 3, 5, 7, 9]
    assert len(totals) == 10
    frame = store.sql('SELECT total FROM "payload:orders" WHERE total = 5')
    assert len(frame) == 1


def test_it_is_read_only_where_it_is_asked_for(store):
    assert "decoded" not in store.event_table().column_names
    assert store.event_table(with_decoded=True)["decoded"].null_count == 5
