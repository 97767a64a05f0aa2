"""Shows values and keys that name a schema as JSON, for the command line."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.model.events.decoding import prepare
from workbench.model.records.columns import DECODED_KEY, DECODED_VALUE

if TYPE_CHECKING:
    from collections.abc import Callable

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
        for name, found in (("value", events.column(DECODED_VALUE)), ("key", events.column(DECODED_KEY))):
            at = records.schema.get_field_index(name)
            field = records.schema.field(at)
            shown = pc.coalesce(found.cast(pa.binary()).cast(field.type), records.column(at))
            records = records.set_column(at, field, shown)
        return replace(chunk, records=records)
