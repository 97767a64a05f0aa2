"""Feed of the schema panel: subjects and versions, the difference of two, and which records name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """A subject and its latest version. What is not known is None."""

    subject: str
    version: int | None = None
    schema_id: int | None = None
    type: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a subject."""

    version: int
    schema_id: int
    type: str
    name: str | None
    characters: int
    references: int


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Records of one partition whose values name the same schema; None names none."""

    cluster_id: str
    topic: str
    partition: int
    schema_id: int | None
    name: str | None
    records: int
    first_offset: int
    last_offset: int
    first_ms: int | None
    """Time of the first of these records."""


@dataclass(frozen=True, slots=True)
class SubjectLook:
    """One subject in full, and the difference of two of its versions."""

    subject: str
    cluster_id: str
    """The cluster whose records may name its schemas: the same id means another schema elsewhere."""
    compatibility: str
    """Level that holds for it; empty where nobody knows it."""
    versions: Sequence[VersionRow]
    first: int | None = None
    """The versions that are compared; None where there is only one."""
    second: int | None = None
    lines: Sequence[str] = ()
    """Lines of a unified diff."""
    note: str = ""


@runtime_checkable
class SchemaFeed(Protocol):
    """Schemas of a registry, or of a snapshot."""

    @property
    def name(self) -> str: ...
    @property
    def subjects(self) -> Sequence[SubjectRow]:
        """The subjects as last read."""
        ...

    @property
    def usage(self) -> Sequence[UsageRow] | None:
        """Which records name which schema; None where no snapshot was given."""
        ...

    @property
    def note(self) -> str:
        """Where the subjects come from, and what to know of them."""
        ...

    async def look(self, subject: str, first: int | None = None, second: int | None = None) -> SubjectLook:
        """Read one subject. Without versions the last two are compared."""
        ...

    async def refresh(self) -> None:
        """Read the subjects again."""
        ...
