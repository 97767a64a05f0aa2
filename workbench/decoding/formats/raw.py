"""Raw bytes: the format of every value that no other format reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.decoding.formats.format import Format
from workbench.decoding.value_tree import MISSING
from workbench.model.events.envelope import RAW

if TYPE_CHECKING:
    from workbench.model.records.record import HeaderList


class RawFormat(Format):
    """Claims every value and finds no structure in it; conventions read such records by their headers."""

    name = RAW
    in_columns = True

    def claims(self, topic: str, headers: HeaderList, value: bytes) -> bool:
        del topic, headers, value
        return True

    def read(self, value: bytes) -> Any:
        del value
        return MISSING
