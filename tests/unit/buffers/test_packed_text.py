from __future__ import annotations

import pyarrow as pa
import pytest

from workbench.buffers.packed_text import packed_text, unpacked_batches


@pytest.mark.parametrize("rows", [0, 1, 5_000])
def test_a_packed_table_is_the_same_again(rows):
    table = pa.table({"offset": pa.array(range(rows), pa.int64()), "note": pa.array([None] * rows, pa.string())})
    text = packed_text(table)
    assert text.isascii()
    assert pa.Table.from_batches(unpacked_batches(text), table.schema) == table
