"""How the columns of a segment file are encoded: payloads and long texts compressed, ids and dictionaries not."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from decoded_events import event_table

from workbench.store.file.layout import STORED_EVENT, STORED_RECORD
from workbench.store.segments.parquet_file import ParquetFile


def chunks_of(path, rows, schema):
    file = ParquetFile(path, schema)
    file.write(rows)
    file.finish()
    group = pq.read_metadata(path).row_group(0)
    return {one.path_in_schema: one for one in (group.column(number) for number in range(group.num_columns))}


@pytest.fixture
def events(tmp_path):
    rows = event_table(
        [
            {
                "event_id": f"{at:036}",
                "event_type": "order.placed",
                "error": {"message": f"{at} is too much"},
                "damage": f"byte {at}",
                "replay": f"run {at}",
            }
            for at in range(3_000)
        ]
    )
    return chunks_of(
        tmp_path / "000001.events.parquet", rows.select(STORED_EVENT.names).cast(STORED_EVENT), STORED_EVENT
    )


@pytest.fixture
def records(tmp_path):
    return chunks_of(tmp_path / "000001.records.parquet", STORED_RECORD.empty_table(), STORED_RECORD)


@pytest.mark.parametrize("name", ["event_id", "correlation_id", "trace.span_id", "offset", "event_type", "convention"])
def test_ids_offsets_and_words_are_not_compressed(events, name):
    assert events[name].compression == "UNCOMPRESSED"


@pytest.mark.parametrize("name", ["error.message", "damage", "replay"])
def test_long_texts_are_compressed(events, name):
    assert events[name].compression == "ZSTD"


def test_ids_are_found_by_a_bloom_filter_and_types_by_a_dictionary(events):
    assert "PLAIN_DICTIONARY" not in events["event_id"].encodings
    assert events["event_type"].has_dictionary_page
    assert not events["event_id"].has_dictionary_page


@pytest.mark.parametrize("name", ["value", "headers.list.element.value", "key"])
def test_payloads_are_compressed(records, name):
    assert records[name].compression == "ZSTD"


@pytest.mark.parametrize("name", ["source_id", "partition", "offset", "timestamp_ms", "headers.list.element.name"])
def test_numbers_and_names_of_headers_are_not(records, name):
    assert records[name].compression == "UNCOMPRESSED"
