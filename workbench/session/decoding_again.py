"""Decodes a snapshot again, and says which conventions and selectors of the user found nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.exploration.unread import note_unread
from workbench.session.conventions import own_conventions, topic_decoder
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
    """Conventions without an event, and selectors that found nothing."""

    def __repr__(self) -> str:
        return "\n".join([f"{counted(self.rows, 'record')} decoded again", *self.notes])


def decode_again(store: SnapshotStore, conventions: Mapping[str, Mapping[str, Any]] | None) -> DecodedAgain:
    """Decode every record again; see `workbench.session.snapshot.Snapshot.decode_again`."""
    rows = redecode(store, topic_decoder(conventions))
    return DecodedAgain(rows, note_unread(store, own_conventions(conventions)))
