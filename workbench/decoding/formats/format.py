"""The interface of a format: whether it reads a record's value, and how.

A format is one module with one subclass of `Format`, its golden file, and a line in the registry; a user's own is
registered with `workbench.decoding.register_format`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.model.events.envelope import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from workbench.model.records.record import HeaderList


class OtherFormatError(ValueError):
    """Raised by `Format.read`: the value only began like this format, so the next one is asked and nothing is said."""


class CutOffError(ValueError):
    """Raised by `Format.read`: the value ends before it is complete."""


class Format(ABC):
    """Reads the values of those records that it claims. Instances are picklable and hold no state of a record.

    Attributes:
        name: Name by which results and problem codes call the format.
        in_columns: Whether the bulk decoder reads the format by itself. Rows of other formats are decoded one by one.
    """

    name: str
    in_columns: bool = False

    @abstractmethod
    def claims(self, topic: str, headers: HeaderList, value: bytes) -> bool:
        """Whether the value looks like this format. Must be quick: it is asked for every record."""

    @abstractmethod
    def read(self, value: bytes) -> Any:
        """Return the value tree (`workbench.decoding.value_tree`).

        Raises:
            OtherFormatError: The value is of another format after all.
            CutOffError: The value ends too early; the record gets the problem code ``cut_off_value:NAME``.
            ValueError: The value cannot be read; the message is kept as the reason. Any other exception is kept too.
        """

    def claimed_rows(self, topic: str, records: pa.RecordBatch) -> NDArray[np.bool_] | None:
        """Answer `claims` for a batch of raw records at once; None to be asked for each record."""
        del topic, records
        return None


@dataclass(frozen=True, slots=True)
class ReadValue:
    """The result of reading one value with the registered formats.

    Attributes:
        format: Format that read the value, `DAMAGED` where one claims it and none can read it, None where the record
            has no value.
        tree: The value tree; `MISSING` where the value has no structure that a convention could read.
        reasons: Why formats that claimed the value could not read it, by name.
        problems: Problem codes of those formats.
        raw_reason: Which schema a raw value names, and why that cannot be used.
        decoded: The value as JSON text where its bytes were read by a schema, or as a binary format.
    """

    format: str | None
    tree: Any
    reasons: Mapping[str, str] = field(default_factory=dict)
    problems: frozenset[str] = frozenset()
    raw_reason: str | None = None
    decoded: str | None = None

    @property
    def damage(self) -> str | None:
        """Why a damaged value could not be read; None for other values."""
        if self.format != DAMAGED:
            return None
        return "; ".join(f"{name}: {reason}" for name, reason in self.reasons.items())
