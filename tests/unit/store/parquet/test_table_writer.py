"""Files of our own Parquet writer hold what was written: read back by Arrow and by DuckDB, column by column."""

from __future__ import annotations

import random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.store.file.layout import STORED_EVENT
from workbench.store.parquet.table_writer import TableWriter

SCHEMA = pa.schema(
    [
        *STORED_EVENT,
        pa.field("content", pa.binary()),
        pa.field("perhaps_no_list", pa.list_(pa.string())),
        pa.field("numbers", pa.list_(pa.int64()), nullable=False),
        pa.field("flags", pa.list_(pa.field("element", pa.bool_(), nullable=False)), nullable=False),
        pa.field("whole", pa.struct([pa.field("n", pa.int32(), nullable=False)]), nullable=False),
        pa.field("part", pa.struct([pa.field("n", pa.int64(), nullable=False), ("t", pa.string())])),
    ]
)
"""The decoded rows, and the shapes that they do not have."""

WORDS = ["", "a", "of", "kind", "order.placed", "order.failed", "sixteen letters!", "ä" * 40, "zürich", "0" * 300]
NUMBERS = [0, 1, -1, 7, 1 << 31, -(1 << 31), (1 << 63) - 1, -(1 << 63), 1_700_000_000_000]


def values(draw, kind, count):
    """So many values of a type, in one of several mixtures."""
    few = draw.choice([True, False])
    if pa.types.is_boolean(kind):
        return [draw.random() < 0.3 for _ in range(count)]
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        texts = [draw.choice(WORDS) if few else f"{draw.getrandbits(64):x}" * draw.randrange(4) for _ in range(count)]
        return texts if pa.types.is_string(kind) else [text.encode() for text in texts]
    if few:
        # No time is as far away as an int64 can tell.
        bits = 50 if pa.types.is_timestamp(kind) else kind.bit_width
        return [(draw.choice(NUMBERS) + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1) for _ in range(count)]
    first, step = draw.randrange(-100, 100), draw.choice([0, 1])
    return [first % 20 + (at % 90) * step for at in range(count)]


def array(draw, field, count):
    """A random array of a field: with runs of nulls, single ones, none, or nothing else."""
    kind = field.type
    often = draw.choice([0, 0, 0.01, 0.5, 0.99, 1]) if field.nullable else 0
    run = draw.choice([1, 1, 30])
    absent = [draw.random() < often for _ in range(count // run + 1) for _ in range(run)][:count]
    mask = pa.array(absent, pa.bool_())
    if pa.types.is_list(kind):
        most = draw.choice([0, 1, 5])
        ends = [0]
        for _ in range(count):
            ends.append(ends[-1] + draw.randrange(most + 1))
        items = array(draw, kind.value_field, ends[-1])
        # The items of a null list stay in the array, where nobody may see them.
        return pa.ListArray.from_arrays(
            pa.array(ends, pa.int32()), items, type=kind, mask=mask if any(absent) else None
        )
    if pa.types.is_struct(kind):
        members = [array(draw, member, count) for member in kind]
        return pa.StructArray.from_arrays(members, fields=list(kind), mask=mask if any(absent) else None)
    found = values(draw, kind, count)
    return pa.array([None if gone else value for gone, value in zip(absent, found, strict=True)], kind)


def table(draw, count):
    """A random table, in parts that begin and end anywhere."""
    whole = [array(draw, field, count + 20) for field in SCHEMA]
    begin, cut = draw.randrange(20), draw.randrange(count + 1)
    parts = [[column.slice(begin + at, size) for column in whole] for at, size in ((0, cut), (cut, count - cut))]
    return pa.Table.from_batches([pa.record_batch(part, schema=SCHEMA) for part in parts])


def write(path, tables, schema=SCHEMA, **columns):
    with pa.OSFile(str(path), "wb") as file:
        writer = TableWriter(file, schema, **columns)
        for one in tables:
            writer.write_table(one, max(1, one.num_rows))
        writer.close()


def leaves(schema):
    """The paths of the innermost columns, as Arrow's writer has them."""
    sink = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), sink)
    with pq.ParquetFile(pa.BufferReader(sink.getvalue())) as file:
        return [file.schema.column(number).path for number in range(len(file.schema))]


def read_by_duckdb(path):
    with duckdb.connect() as engine:
        return engine.sql(f"FROM '{path}'").to_arrow_table()


@pytest.mark.parametrize("seed", range(8))
def test_what_was_written_is_read_by_arrow_and_by_duckdb(tmp_path, seed):
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    tables = [table(draw, draw.choice([0, 1, 7, 64, 700])) for _ in range(3)]
    path = tmp_path / "rows.parquet"
    some = {what: draw.sample(leaves(SCHEMA), 20) for what in ("plain", "compressed", "ranged", "filtered")}
    write(path, tables, **some)
    wanted = pa.concat_tables(tables).combine_chunks()
    found = pq.read_table(path)
    found.validate(full=True)
    assert found.schema.equals(SCHEMA)
    for engine, rows in {"arrow": found, "duckdb": read_by_duckdb(path)}.items():
        differ = [name for name in SCHEMA.names if rows[name].to_pylist() != wanted[name].to_pylist()]
        assert differ == [], engine


TEXT = pa.schema([("text", pa.string())])


@pytest.mark.parametrize(("plain", "rows"), [((), 5_000), (["text"], 5_000), (["text"], 4_096)])
def test_texts_that_are_no_good_dictionary_are_written_as_they_are_in_pages(tmp_path, plain, rows):
    texts = pa.table({"text": [f"{at:07}" * 100 for at in range(rows)]}, schema=TEXT)
    write(tmp_path / "large.parquet", [texts], schema=TEXT, plain=plain, compressed=["text"])
    chunk = pq.read_metadata(tmp_path / "large.parquet").row_group(0).column(0)
    assert not chunk.has_dictionary_page
    assert chunk.total_compressed_size < chunk.total_uncompressed_size / 5
    assert pq.read_table(tmp_path / "large.parquet").equals(texts)
    assert read_by_duckdb(tmp_path / "large.parquet").equals(texts)


def test_texts_that_were_made_to_have_equal_hashes_are_not_compared_with_each_other(tmp_path):
    schema, mask = pa.schema([("content", pa.binary())]), (1 << 64) - 1

    def made(head):
        # The hash of sixteen bytes is of the first eight xor the last eight, turned by 29 bits.
        tail = head ^ 0x5EED
        return head.to_bytes(8, "little") + ((tail >> 29 | tail << 35) & mask).to_bytes(8, "little")

    texts = pa.table({"content": [made(at * 0x9E3779B9) for at in range(20_000)]}, schema=schema)
    path = tmp_path / "crowded.parquet"
    write(path, [texts], schema=schema)
    assert not pq.read_metadata(path).row_group(0).column(0).has_dictionary_page
    assert pq.read_table(path).equals(texts)
    others = pa.table({"content": [at.to_bytes(16, "little") for at in range(20_000)]}, schema=schema)
    write(path, [others], schema=schema)
    assert pq.read_metadata(path).row_group(0).column(0).has_dictionary_page


@pytest.mark.parametrize("plain", [(), ("text",)])
def test_the_filter_finds_every_text_and_excludes_most_others(tmp_path, plain):
    texts = [f"{at:x}" * (at % 12) for at in range(3_000)]
    path = tmp_path / "ids.parquet"
    write(path, [pa.table({"text": texts}, schema=TEXT)], schema=TEXT, plain=plain, filtered=["text"])
    with duckdb.connect() as engine:

        def excluded(text):
            probe = "SELECT bloom_filter_excludes FROM parquet_bloom_probe(?, 'text', ?)"
            return engine.execute(probe, [str(path), text]).fetchone()[0]

        assert not any(excluded(text) for text in texts[::20])
        assert sum(excluded(f"other {at}") for at in range(100)) > 90


def test_the_lowest_and_the_highest_are_told_where_they_are_wanted(tmp_path):
    schema = pa.schema([("n", pa.int32()), ("t", pa.timestamp("us")), ("text", pa.string()), ("other", pa.string())])
    rows = {"n": [3, None, -5], "t": [None, None, None], "text": ["b", "", "\u00e4"], "other": ["x", "y", "z"]}
    path = tmp_path / "ranges.parquet"
    write(path, [pa.table(rows, schema=schema)], schema=schema, ranged=["n", "t", "text"])
    group = pq.read_metadata(path).row_group(0)
    told = [group.column(at).statistics for at in range(4)]
    assert [(one.min, one.max, one.null_count) for one in (told[0], told[2])] == [(-5, 3, 1), ("", "\u00e4", 0)]
    assert (told[1].has_min_max, told[1].null_count) == (False, 3)
    assert told[3] is None


def test_a_table_of_other_columns_is_refused(tmp_path):
    with pa.OSFile(str(tmp_path / "rows.parquet"), "wb") as file:
        writer = TableWriter(file, TEXT)
        with pytest.raises(ValueError, match="another schema"):
            writer.write_table(pa.table({"text": [1]}), 1)
        with pytest.raises(TypeError, match="n: a column of double cannot be written"):
            TableWriter(file, pa.schema([("n", pa.float64())]))
