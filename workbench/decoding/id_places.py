"""Finds the places of a record that hold ids: its own, its correlation, its causes. New ids are written there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.decoding.record import decide_parts

if TYPE_CHECKING:
    from workbench.decoding.compiled.decoder import Decoder
    from workbench.decoding.conventions.facts import Place
    from workbench.model.records.record import HeaderList

IdRole: TypeAlias = Literal["event_id", "correlation_id", "root_id", "link_id", "cause"]


@dataclass(frozen=True, slots=True)
class IdPlace:
    """One id of a record, and where it is."""

    role: IdRole
    place: Place
    text: str
    """The canonical id."""
    target: str = "event_id"
    """What a cause names: ``event_id`` or ``correlation_id``."""


def find_ids(
    topic: str,
    headers: HeaderList,
    value: bytes | None,
    decoder: Decoder,
    matched: frozenset[str] | None = None,
) -> tuple[IdPlace, ...]:
    """Return the ids of a record that name events or correlations. Positions and span ids are none of them.

    Args:
        topic: Topic of the record.
        headers: Its headers.
        value: Its value.
        decoder: Conventions, formats and schemas by which it is read.
        matched: Names of the conventions that the record is known to match: no other is asked, which takes less time.
    """
    fixed = decoder.topic_conventions.get(topic)
    known = decoder.conventions if matched is None else [one for one in decoder.conventions if one.name in matched]
    facts, decision = decide_parts(
        topic, headers, value, known, fixed, formats=decoder.formats, choices=decoder.choices
    )
    found: list[IdPlace] = []
    roles: tuple[IdRole, ...] = ("event_id", "correlation_id", "root_id")
    for role in roles:
        place = decision.places.get(role)
        if place is not None and (text := facts.id(place)):
            found.append(IdPlace(role, place, text))
    found += [IdPlace("link_id", place, text) for place in decision.link_ids if (text := facts.id(place))]
    for cause in decision.causes:
        if cause.target in ("event_id", "correlation_id") and (text := facts.id(cause.place)):
            found.append(IdPlace("cause", cause.place, text, cause.target))
    return tuple(found)
