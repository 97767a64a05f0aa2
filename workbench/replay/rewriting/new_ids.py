"""Writes new ids into a record, where its convention reads them, and checks that they are read there again."""

from __future__ import annotations

import copy
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.selectors import parse_selector
from workbench.decoding.ids import canonical_id
from workbench.decoding.value_tree import Items, scalar_text
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.replay.rewriting.raw_batch import record_batch
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

    from workbench.decoding.conventions.facts import Place
    from workbench.decoding.id_places import IdPlace
    from workbench.decoding.value_tree import PathStep
    from workbench.model import HeaderList
    from workbench.replay.rewriting.id_map import IdMap
    from workbench.replay.rewriting.record_reader import RecordReader


_COPIES = frozenset({b"message_id", b"event_id", b"correlation_id", b"causation_id", b"parent_message_id"})
"""Headers in which the event-bus contract and ONEX repeat ids of the body, whatever their text is."""
_SINGLE = ("event_id", "correlation_id", "root_id")


@dataclass(frozen=True, slots=True)
class Renamed:
    """A record with new ids."""

    headers: HeaderList
    value: bytes | None
    event_id: str | None
    """The new id of the event; None where the record has none."""
    correlation_id: str | None
    original_event_id: str | None
    original_correlation_id: str | None
    detached: str | None
    """A cause outside the selection that was removed."""
    wanted: tuple[tuple[str, str], ...]
    """Role and text of each id that must be read in it."""


def rename(
    reader: RecordReader,
    headers: HeaderList,
    value: bytes | None,
    ids: IdMap,
    *,
    also: Sequence[str] = (),
    matched: frozenset[str] | None = None,
) -> Renamed:
    """Return a record with its ids replaced by those of the run; `check_renamed` reads it again.

    Args:
        reader: Reads the records of its topic.
        headers: Its headers.
        value: Its value.
        ids: The ids of the run; it knows those of the whole selection.
        also: Further paths of the value that hold ids.
        matched: Names of the conventions that the record matches, where they are known.

    Raises:
        NotRewritable: An id is where it cannot be replaced.
    """
    found = reader.ids(headers, value, matched)
    changes = _changes(found, ids)
    in_body = bool(also) or any(place.selector.source == "value" for place in changes)
    body = reader.body(headers, value) if in_body else None
    tree = copy.deepcopy(body.tree) if body is not None else None
    replaced = list(headers)
    # From the last item of an array to the first, so that removing one moves none that is still to be changed.
    for place, (_, new) in sorted(changes.items(), key=lambda change: -change[0].index):
        if place.selector.source == "value":
            _set_member(tree, place, new)
        elif place.selector.source in ("header", "header?"):
            replaced = _set_header(replaced, place, new)
        else:
            raise NotRewritable(f"its id is read from {place.via}, where it cannot be replaced")
    replaced = _with_copies(replaced, changes.values())
    for path in also:
        _set_path(tree, path, ids)
    own = {one.role: one.text for one in found if one.role in ("event_id", "correlation_id")}
    outside = [old for old, new in changes.values() if new is None]
    event_id, correlation_id = own.get("event_id"), own.get("correlation_id")
    return Renamed(
        headers=tuple(replaced),
        value=value if body is None else body.written(tree),
        event_id=None if event_id is None else ids.new(event_id),
        correlation_id=None if correlation_id is None else ids.new(correlation_id),
        original_event_id=event_id,
        original_correlation_id=correlation_id,
        detached=outside[0] if outside else None,
        wanted=tuple(sorted(_wanted(found, ids))),
    )


def check_renamed(reader: RecordReader, renamed: Sequence[Renamed]) -> Iterator[str | None]:
    """Read records with new ids again, and yield for each what is wrong: they must have the new ids and causes.

    Filters, joined values and unusual encodings of headers cannot be told in advance; what they make of a new id can.
    """
    found = _ids_of(reader.events(record_batch([(one.value, one.headers) for one in renamed])))
    for one, ids in zip(renamed, found, strict=True):
        wanted = list(one.wanted)
        if ids == wanted:
            yield None
            continue
        # Dead letters also name a cause inside the record that they are about, which is none of their own ids.
        exact = sorted((place.role, place.text) for place in reader.ids(one.headers, one.value))
        if exact == wanted:
            yield None
            continue
        odd = next(iter({*wanted} ^ {*exact}), ("id", ""))
        yield f"its {odd[0]} would not be read as the new one: {visible(odd[1], 60)}"


def _ids_of(events: pa.RecordBatch) -> Iterator[list[tuple[str, str]]]:
    """Yield role and text of the ids of each event, as `find_ids` gives them, in order."""
    columns = [events.column(name).to_pylist() for name in (*_SINGLE, "link_ids", "causes")]
    for *single, links, causes in zip(*columns, strict=True):
        ids = [(role, text) for role, text in zip(_SINGLE, single, strict=True) if text]
        ids += [("link_id", text) for text in links]
        ids += [("cause", cause["value"]) for cause in causes if cause["target"] in _SINGLE]
        yield sorted(ids)


def _wanted(found: Sequence[IdPlace], ids: IdMap) -> Iterator[tuple[str, str]]:
    for one in found:
        if ids.boundary == "map" or ids.is_inside(one):
            yield one.role, ids.new(one.text)
        elif ids.boundary == "keep":
            yield one.role, one.text


def _changes(found: Sequence[IdPlace], ids: IdMap) -> dict[Place, tuple[str, str | None]]:
    """Return what becomes of the id at each place; None removes it. An id that has two roles at one place is mapped."""
    changes: dict[Place, tuple[str, str | None]] = {}
    for one in found:
        if ids.is_inside(one) or ids.boundary == "map":
            changes[one.place] = (one.text, ids.new(one.text))
        elif ids.boundary == "detach":
            changes.setdefault(one.place, (one.text, None))
    return changes


def _set_member(tree: Any, place: Place, new: str | None) -> None:
    scalars = [(holder, key) for holder, key in _members(tree, place.selector.steps) if scalar_text(holder[key])]
    if place.index >= len(scalars):
        raise NotRewritable(f"{place.via} was not found again in its value")
    holder, key = scalars[place.index]
    if not isinstance(holder[key], str):
        raise NotRewritable(f"its id at {place.via} is a number, and new ids are texts")
    if new is not None:
        holder[key] = new
    elif isinstance(holder, list):
        del holder[key]
    else:
        # Null instead of no member: readers that require the member still find it.
        holder[key] = None


def _members(tree: Any, steps: Sequence[PathStep]) -> Iterator[tuple[Any, Any]]:
    """Yield holder and key of each value at a path, in the order of `workbench.decoding.value_tree.walk`."""
    holders: list[tuple[Any, Any]] = [([tree], 0)]
    for step in steps:
        values = [holder[key] for holder, key in holders]
        if isinstance(step, Items):
            holders = [
                (array, at)
                for array in values
                if isinstance(array, list)
                for at, item in enumerate(array)
                if step.member is None or (isinstance(item, dict) and item.get(step.member) == step.equals)
            ]
        else:
            holders = [(item, step) for item in values if isinstance(item, dict) and step in item]
    yield from holders


def _set_header(headers: list[tuple[bytes, bytes | None]], place: Place, new: str | None) -> Any:
    name, loose = place.selector.path.encode(), place.selector.source == "header?"
    same = [at for at, (one, _) in enumerate(headers) if (one.lower() == name.lower() if loose else one == name)]
    if not same:
        raise NotRewritable(f"{place.via} was not found again in its headers")
    if new is None:
        return [header for at, header in enumerate(headers) if at not in same]
    at = same[-1 if place.pick == "last" else 0]
    content = headers[at][1] or b""
    quoted = content.startswith(b'"')
    headers[at] = (headers[at][0], json.dumps(new).encode() if quoted else new.encode())
    return headers


def _with_copies(
    headers: Sequence[tuple[bytes, bytes | None]], changes: Iterable[tuple[str, str | None]]
) -> list[tuple[bytes, bytes | None]]:
    """Replace an id also in headers that repeat it: those of `_COPIES`, and every header that is this UUID."""
    wanted = {canonical_id(old): new for old, new in changes}
    found: list[tuple[bytes, bytes | None]] = []
    for name, content in headers:
        text = (content or b"").decode("latin-1")
        known = canonical_id(text)
        if text and known in wanted and (name in _COPIES or _is_uuid(known)):
            new = wanted[known]
            if new is not None:
                found.append((name, new.encode()))
        else:
            found.append((name, content))
    return found


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _set_path(tree: Any, path: str, ids: IdMap) -> None:
    for holder, key in list(_members(tree, parse_selector(f"value:{path}").steps)):
        if isinstance(holder[key], str) and holder[key]:
            holder[key] = ids.new(holder[key])
