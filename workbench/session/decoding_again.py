"""Decodes a snapshot again, and says which conventions and selectors of the user found nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.exploration.unread import note_unread
from workbench.session.conventions import own_conventions, topic_decoder
from workbench.session.schemas.capturing import complete_schemas, stored_decoders
from workbench.store.transfer import redecode
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.store.snapshot.store import SnapshotStore


@dataclass(frozen=True, slots=True, repr=False)
class DecodedAgain:
    """The result of decoding a snapshot again."""

    rows: int
    """Rows decoded."""
    notes: tuple[str, ...]
    """Conventions without an event, selectors that found nothing, and schemas that could not be had."""

    def __repr__(self) -> str:
        return "\n".join([f"{counted(self.rows, 'record')} decoded again", *self.notes])


def decode_again(
    store: SnapshotStore, conventions: Mapping[str, Mapping[str, Any]] | None, schema_registry: str | None = None
) -> DecodedAgain:
    """Decode every record again; see `workbench.session.snapshot.Snapshot.decode_again`."""
    decoder = topic_decoder(conventions)
    missing = "" if schema_registry is None else complete_schemas(store, schema_registry)
    rows = redecode(store, decoder, stored_decoders(decoder, store))
    return DecodedAgain(rows, (*note_unread(store, own_conventions(conventions)), *([missing] if missing else [])))
