"""Shows values and keys that name a schema as JSON, for the command line."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.model.events.decoding import prepare
from workbench.model.records.columns import DECODED_KEY, DECODED_VALUE

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from workbench.model import Chunk
    from workbench.model.events.decoding import BulkDecoder


class ShownValues:
    """Replaces values and keys that another format than JSON reads by their JSON; others stay as they are.

    Args:
        decoder: Decodes the records, and fetches their schemas.
        note: Told once of each thing that is missing.
    """

    def __init__(self, decoder: BulkDecoder, note: Callable[[str], None] | None = None) -> None:
        self._decoder = decoder
        self._note = note
        self._said = ""

    async def of(self, chunk: Chunk) -> Chunk:
        """Return the chunk with the values that are shown."""
        remark = await prepare(self._decoder, [chunk])
        if remark and remark != self._said and self._note is not None:
            self._note(remark)
        self._said = remark
        return await asyncio.to_thread(self._shown, chunk) if chunk.records.num_rows else chunk

    def _shown(self, chunk: Chunk) -> Chunk:
        import pyarrow as pa
        import pyarrow.compute as pc

        records = chunk.records
        events = self._decoder.decode(records, chunk.topic)
        records = _without_prefixes(records, events.column("format"))
        for name, found in (("value", events.column(DECODED_VALUE)), ("key", events.column(DECODED_KEY))):
            at = records.schema.get_field_index(name)
            field = records.schema.field(at)
            shown = pc.coalesce(found.cast(pa.binary()).cast(field.type), records.column(at))
            records = records.set_column(at, field, shown)
        return replace(chunk, records=records)


def _without_prefixes(records: pa.RecordBatch, formats: pa.Array) -> pa.RecordBatch:
    """Leave out what a serialiser of JSON Schema writes before the JSON."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from workbench.decoding.formats.framing import first_bytes
    from workbench.decoding.formats.json import JSON, behind_prefix

    at = records.schema.get_field_index("value")
    field, values = records.schema.field(at), records.column(at)
    is_json = pc.fill_null(pc.equal(formats, JSON), False).to_numpy(zero_copy_only=False)
    framed = pa.array(is_json & (first_bytes(values, 1)[:, 0] == 0))
    texts = [behind_prefix(value) for value in values.filter(framed).to_pylist()]
    return records.set_column(at, field, pc.replace_with_mask(values, framed, pa.array(texts, field.type)))
