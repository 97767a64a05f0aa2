"""State at a time by a user's function: folds the events of each key, and says how two moments differ."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import orjson
import pandas as pd
import pyarrow.compute as pc

from workbench.decoding.times import EPOCH
from workbench.errors import FoldError, TableError, WindowError
from workbench.model.causation import EventPosition
from workbench.model.feeds import Identity, RecordDetail
from workbench.text import counted, json_visible, number_text, partition_text, time_text, visible
from workbench.tracing.answers import SHOWN, Answer, rest_text
from workbench.tracing.drawing.drawn import Drawn, PictureViews
from workbench.tracing.drawing.pictures.timeline import change_text, state_picture
from workbench.tracing.state.json_patch import differs, json_patch
from workbench.tracing.tables import frame_csv, json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from workbench.tracing.drawing.drawn import Viewer
    from workbench.tracing.graph.arrays import Ints
    from workbench.widgets import CausationGraph

CHECKPOINT_EVERY = 1_000
"""Events of a partition between two kept copies of its state."""
_DETAIL_KEYS = 500
"""Keys of a state that the pane of a step shows."""
_DEEPEST = 200
"""Levels of a JSON value that are read; copying and comparing states take some frames of Python for each."""


@dataclass(frozen=True, slots=True)
class FoldEvent:
    """One event, as a fold gets it."""

    key: str
    value: Any
    """The JSON value, or the text of a value that is no JSON or is nested deeper than 200 levels. Never null: a null
    value deletes the key."""
    topic: str
    partition: int
    offset: int
    time_us: int


Fold: TypeAlias = "Callable[[Any, FoldEvent], Any]"
"""Called with the state of a key, None at first, and an event; returns the new state, None to delete the key."""


def micros_of(at: datetime | int | None) -> int | None:
    """Return a moment as microseconds since 1970 UTC; a datetime without a zone is UTC.

    Raises:
        WindowError: It is no moment.
    """
    if at is None or (isinstance(at, int) and not isinstance(at, bool)):
        return at
    if not isinstance(at, datetime):
        raise WindowError(f"{at!r} is no time: give a datetime, or microseconds since 1970.", text=str(at))
    return ((at if at.tzinfo is not None else at.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)


def last_value(state: Any, event: FoldEvent) -> Any:
    """Take the value of each event as the state, as a compacted topic does."""
    del state
    return event.value


@dataclass(frozen=True, eq=False, repr=False)
class StateAt(Answer):
    """The state of each key at a moment, in two meanings."""

    as_of: dict[str, Any]
    """By all events up to the moment, whenever they arrived: what was true then, known today."""
    as_known: dict[str, Any]
    """Each partition up to its first event after the moment: what a consumer had seen."""
    at_us: int | None
    events: int
    """Events up to the moment."""
    notes: tuple[str, ...] = ()
    """Sentences: what was left out, and what looks like a mistake in the fold."""

    @property
    def differs(self) -> bool:
        """Whether the two meanings differ, because times run backwards."""
        return differs(self.as_of, self.as_known)

    @property
    def frame(self) -> pd.DataFrame:
        """key, as_of, as_known: one row for each key."""
        keys = sorted({*self.as_of, *self.as_known})
        columns = {"as_of": self.as_of, "as_known": self.as_known}
        return pd.DataFrame({"key": keys, **{name: [side.get(key) for key in keys] for name, side in columns.items()}})

    def patch(self, later: StateAt) -> list[dict[str, Any]]:
        """Return the JSON Patch from this state to another one."""
        return json_patch(self.as_of, later.as_of)

    def text(self) -> str:
        """Write the state of each key; both meanings where they differ."""
        moment = "the end" if self.at_us is None else time_text(self.at_us, "us")
        lines = [f"state at {moment}: {counted(len(self.as_of), 'key')} by {counted(self.events, 'event')}"]
        lines += [f"  {_key(key)}: {_json(value)}" for key, value in sorted(self.as_of.items())[:SHOWN]]
        lines += rest_text(len(self.as_of), "key")
        lines += [f"  {note}" for note in self.notes]
        if self.differs:
            lines.append("  times run backwards: a consumer had seen another state (.as_known)")
            changes = json_patch(self.as_of, self.as_known)[:SHOWN]
            lines += [f"  {one['op']:7} {visible(one['path'], 60)}{_new_value(one)}" for one in changes]
        return "\n".join(lines)


def _new_value(operation: dict[str, Any]) -> str:
    return f" {_json(operation['value'])}" if "value" in operation else ""


def _key(key: str) -> str:
    return visible(key, 60) or "(empty)"


def _json(value: Any) -> str:
    return visible(json_visible(json_text(value)), 120)


@dataclass(eq=False)
class _Partition:
    """Events of one partition in the order of their offsets, with copies of the state at some of them."""

    topic: str
    partition: int
    key: list[str]
    value: list[bytes | None]
    offset: Ints
    time: Ints
    latest: Ints
    """Latest time among this event and those before it."""
    checkpoints: dict[int, dict[str, Any]] = field(default_factory=dict)


class StateFold(Drawn):
    """The events of some keys, ready to be folded up to any moment.

    `show` draws a lane for each key and a mark for each event; selecting one shows the state at its time.

    Args:
        records: ``topic``, ``partition``, ``offset``, ``time_us``, ``key``, ``value``; any order.
        fold: The user's function.
        viewer: Draws views; without one, `show` raises.

    Raises:
        TableError: A key lies in several partitions of a topic, so that its events have no order.
        FoldError: The fold is no function. Methods raise it where the fold fails.
    """

    title = "State"

    def __init__(self, records: pa.Table, fold: Fold = last_value, *, viewer: Viewer | None = None) -> None:
        if not callable(fold):
            raise FoldError(f"fold= is a function, (state, event) -> state; not {type(fold).__name__}.")
        self._fold = fold
        self.viewer = viewer
        self._parts = _partitions(records)
        self._left_out = records.num_rows - sum(len(part.key) for part in self._parts)
        self.times = np.unique(np.concatenate([part.time for part in self._parts] or [np.zeros(0, dtype=np.int64)]))
        """The moments at which something happened, for a slider."""

    def at(self, at_us: int | None = None) -> StateAt:
        """Return the state at a moment, inclusive; None for the end."""
        limit = np.iinfo(np.int64).max if at_us is None else at_us
        as_of: dict[str, Any] = {}
        as_known: dict[str, Any] = {}
        count = 0
        for part in self._parts:
            seen = int(np.searchsorted(part.latest, limit, "right"))
            known = self._prefix(part, seen)
            as_known |= known
            later = seen + np.flatnonzero(part.time[seen:] <= limit)
            count += seen + len(later)
            as_of |= self._folded(part, _copied(known), later.tolist()) if len(later) else known
        return StateAt(as_of, as_known, at_us, count, self._notes(count, as_of))

    def first(self, count: int) -> StateAt:
        """Return the state after the first events of each partition: a version instead of a time."""
        states: dict[str, Any] = {}
        for part in self._parts:
            states |= self._prefix(part, min(count, len(part.key)))
        events = sum(min(count, len(part.key)) for part in self._parts)
        return StateAt(states, states, None, events, self._notes(events, states))

    def _notes(self, events: int, states: Mapping[str, Any]) -> tuple[str, ...]:
        notes = []
        if self._left_out:
            notes.append(f"{counted(self._left_out, 'record')} without a key or a time left out")
        if events and not states and self._fold is not last_value:
            notes.append("no key has a state: the fold has to return it, None deletes the key")
        return tuple(notes)

    def steps(self) -> pd.DataFrame:
        """Return each event by time with the JSON Patch that it made: time_us, position, key, patch."""
        return self._placed.drop(columns="place")

    def csv(self, *, spreadsheet: bool = False) -> str:
        """Write the steps as CSV; see `workbench.tracing.tables.frame_csv`."""
        return frame_csv(self.steps(), spreadsheet=spreadsheet)

    def views(self) -> PictureViews:
        """Return what `show` and `svg` draw."""
        steps = self._placed
        positions = steps["place"].to_list()
        names = [f"{key} {position}" for key, position in zip(steps["key"], steps["position"], strict=True)]
        return PictureViews(lambda opened: state_picture(steps, positions, _json, opened=opened), names)

    def show(self, **options: Any) -> CausationGraph:
        """Draw the steps over time; see `workbench.tracing.drawing.drawn.Drawn.show`."""
        return super().show(record=self._state_detail, **options)

    def _state_detail(self, position: EventPosition) -> RecordDetail | None:
        """Return the state at the time of an event, and what the event changed, as the pane of a record shows it."""
        steps = self._placed
        found = steps[[place[1:] == position[1:] for place in steps["place"]]]
        if found.empty:
            return None
        step = found.iloc[0]
        state = self.at(int(step["time_us"]))
        facts = [
            ("state at", time_text(int(step["time_us"]), "us")),
            ("event", str(step["position"])),
            ("key", visible(step["key"], 200)),
            ("keys", number_text(len(state.as_of))),
            ("events so far", number_text(state.events)),
        ]
        if state.differs:
            changes = "; ".join(change_text(one, _json) for one in json_patch(state.as_of, state.as_known)[:SHOWN])
            facts.append(("a consumer had seen", changes))
        patch = tuple((str(one["op"]), change_text(one, _json)) for one in step["patch"])
        lines = [f"{_key(key)}: {_json(value)}" for key, value in sorted(state.as_of.items())[:_DETAIL_KEYS]]
        body = "\n".join([*lines, *rest_text(len(state.as_of), "key", _DETAIL_KEYS)])
        return RecordDetail(Identity(*position[1:]), tuple(facts), patch, body)

    @cached_property
    def _placed(self) -> pd.DataFrame:
        """Each event by time, as `steps` gives it, with its position as ``place``."""
        rows = []
        for part in self._parts:
            states: dict[str, Any] = {}
            for place, key in enumerate(part.key):
                before = _copied({key: states[key]} if key in states else {})
                self._folded(part, states, [place])
                after = {key: states[key]} if key in states else {}
                at = EventPosition(0, part.topic, part.partition, int(part.offset[place]))
                rows.append((int(part.time[place]), str(at), key, json_patch(before, after), at))
        frame = pd.DataFrame(rows, columns=["time_us", "position", "key", "patch", "place"])
        return frame.sort_values(["time_us", "position"], kind="stable", ignore_index=True)

    def _prefix(self, part: _Partition, count: int) -> dict[str, Any]:
        """Fold the first events of a partition, from the nearest kept state."""
        begin = max((place for place in part.checkpoints if place <= count), default=0)
        states = _copied(part.checkpoints[begin]) if begin else {}
        while begin + CHECKPOINT_EVERY <= count:
            self._folded(part, states, range(begin, begin + CHECKPOINT_EVERY))
            begin += CHECKPOINT_EVERY
            part.checkpoints[begin] = _copied(states)
        return self._folded(part, states, range(begin, count))

    def _folded(self, part: _Partition, states: dict[str, Any], places: Any) -> dict[str, Any]:
        for place in places:
            key, raw = part.key[place], part.value[place]
            state = None if raw is None else self._applied(part, place, raw, states.get(key))
            if state is None:
                states.pop(key, None)
            else:
                states[key] = state
        return states

    def _applied(self, part: _Partition, place: int, raw: bytes, state: Any) -> Any:
        key, offset = part.key[place], int(part.offset[place])
        event = FoldEvent(key, _value(raw), part.topic, part.partition, offset, int(part.time[place]))
        try:
            return self._fold(state, event)
        except Exception as error:
            position = str(EventPosition(0, part.topic, part.partition, offset))
            raise FoldError(
                f"The fold failed at {position}, key {_key(key)}: {type(error).__name__}: "
                f"{visible(str(error), 200)}. The event is its second argument, the state before it the first.",
                key=key,
                position=position,
            ) from error


def _copied(states: dict[str, Any]) -> dict[str, Any]:
    """Copy states, because a fold may change the one that it gets."""
    try:
        return copy.deepcopy(states)
    except Exception as error:
        raise FoldError(
            f"A state of the fold cannot be copied ({type(error).__name__}: {visible(str(error), 120)}). "
            "Return plain values: numbers, texts, lists and objects, not nested too deeply.",
        ) from error


def _value(raw: bytes) -> Any:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw.decode("utf-8", "backslashreplace")
    deep = raw.count(b"[") + raw.count(b"{") > _DEEPEST and _deeper(value, _DEEPEST)
    return raw.decode() if deep else value


def _deeper(value: Any, levels: int) -> bool:
    """Tell whether a JSON value is nested deeper than so many levels, level by level: recursion has an end."""
    level = [value]
    while levels and level:
        levels -= 1
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return any(isinstance(one, dict | list) for one in level)


def _partitions(records: pa.Table) -> list[_Partition]:
    table = records.sort_by([("topic", "ascending"), ("partition", "ascending"), ("offset", "ascending")])
    table = table.filter(pc.and_(pc.is_valid(table.column("key")), pc.is_valid(table.column("time_us"))))
    topic, partition = (table.column(name).to_numpy(zero_copy_only=False) for name in ("topic", "partition"))
    cuts = np.flatnonzero((topic[1:] != topic[:-1]) | (partition[1:] != partition[:-1])) + 1
    parts = []
    for start, stop in zip([0, *cuts.tolist()], [*cuts.tolist(), len(topic)], strict=True):
        if start == stop:
            continue
        rows = table.slice(start, stop - start)
        time = rows.column("time_us").to_numpy(zero_copy_only=False).astype(np.int64)
        keys = [key.decode("utf-8", "backslashreplace") for key in rows.column("key").to_pylist()]
        offset = rows.column("offset").to_numpy(zero_copy_only=False).astype(np.int64)
        values = rows.column("value").to_pylist()
        parts.append(
            _Partition(
                str(topic[start]), int(partition[start]), keys, values, offset, time, np.maximum.accumulate(time)
            )
        )
    _refuse_keys_in_several(parts)
    return parts


def _refuse_keys_in_several(parts: list[_Partition]) -> None:
    homes: dict[str, _Partition] = {}
    for part in parts:
        for key in dict.fromkeys(part.key):
            home = homes.setdefault(key, part)
            if home is not part:
                places = " and ".join(partition_text(one.topic, one.partition) for one in (home, part))
                raise TableError(
                    f"Key {_key(key)} lies in {places}, so its events have no order. "
                    "Choose one topic whose keys keep to one partition.",
                )
