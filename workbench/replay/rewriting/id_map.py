"""Maps the ids of a run: one function of the id's text, whatever role it has, so the graph keeps its shape."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.decoding.ids import canonical_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.decoding.id_places import IdPlace

Boundary: TypeAlias = Literal["detach", "keep", "map"]

_OWN_ROLES = {"event_id": "events", "link_id": "events", "correlation_id": "correlations"}


@dataclass
class IdMap:
    """The new ids of one run."""

    run_id: str
    boundary: Boundary = "detach"
    """What becomes of a cause that is not selected."""
    events: set[str] = field(default_factory=set)
    """Ids under which selected records can be named as causes."""
    correlations: set[str] = field(default_factory=set)

    def new(self, old: str) -> str:
        """Return the new id of an old one."""
        return str(uuid.uuid5(uuid.UUID(self.run_id), canonical_id(old)))

    def note(self, ids: Iterable[IdPlace]) -> None:
        """Note the ids of a selected record."""
        for one in ids:
            if (name := _OWN_ROLES.get(one.role)) is not None:
                getattr(self, name).add(one.text)

    def is_inside(self, one: IdPlace) -> bool:
        """Tell whether an id belongs to the selection; a cause may name a record that is not selected."""
        if one.role == "cause":
            return one.text in (self.correlations if one.target == "correlation_id" else self.events)
        return one.role != "root_id" or one.text in self.events or one.text in self.correlations
