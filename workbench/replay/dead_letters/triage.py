"""Triage of the dead letters in a snapshot: groups them by failure, and tells how often and from where each came.

The origin of a dead letter is what the user says about its topic, else what the decoder found in payload, headers or
body, else the topic's name without its suffix, which counts as a guess. Messages of a group share a fingerprint.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.decoding.fingerprint import fingerprint, normalised
from workbench.errors import ValidationError
from workbench.model.events.dead_letters import dead_letter_sql, is_dead_letter, origin_by_name
from workbench.replay.dead_letters.restored_letters import BY_NAME
from workbench.text import (
    counted,
    element,
    fragment,
    is_position,
    number_text,
    output_html,
    parse_position,
    position_text,
    table,
    text_table,
    time_text,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from workbench.replay.dead_letters.letter_view import LetterView
    from workbench.store import SnapshotStore

_SHOWN = 20
_NAMED = 5
_ORIGIN = ("origin_topic", "origin_partition", "origin_offset")
_CLOCKS = pd.Timedelta(minutes=1)
"""By how much clocks of consumers may differ from that of this machine."""
_LAST_TIMESTAMP_MS = 253_402_300_799_999
_GROUP_COLUMNS = (
    "fingerprint", "error_type", "message", "records", "redriven", "again", "topics", "origins", "guessed", "first",
    "last",
)  # fmt: skip
_NUMERIC = (3, 4, 5, 8)
_ROW_COLUMNS = (
    "topic", "partition", "offset", "event_id", "correlation_id", "time", "event_time", "fingerprint", "error_type",
    "error_message", "attempts", "origin_topic", "origin_partition", "origin_offset", "origin_via", "depth",
    "problems", "redriven", "again", "written_by",
)  # fmt: skip

CONDITION = dead_letter_sql()
"""SQL over ``events`` that selects the dead letters, so that `triage` is not given whole snapshots."""


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The dead letters of a snapshot, grouped by failure.

    Attributes:
        frame: One row for each, by time and position. ``time`` is when the letter was written, or else the event's
            time. ``redriven`` is the run that sent the letter home; ``again`` the run that had sent the record which
            failed with it. ``written_by`` is the writer that was recognised by headers or body. A letter about a letter
            (``depth`` above 1) has the origin of the record that failed first.
        groups: One row for each fingerprint, most frequent first; ``guessed`` counts origins known only by topic name,
            ``redriven`` letters that were sent home, ``again`` those of records that failed again after that.
        note: Why it is not known which letters were sent home; empty where it is.
    """

    frame: pd.DataFrame
    groups: pd.DataFrame
    note: str = ""
    read: Callable[[pd.DataFrame], LetterView] | None = field(default=None, compare=False)
    """Reads the letter of a row of ``frame`` from the snapshot."""

    def __len__(self) -> int:
        return len(self.frame)

    def look(self, position: str) -> LetterView:
        """Return one letter with its stack trace, the record that failed, and the record at its origin.

        Args:
            position: ``topic/partition@offset`` of the letter; or a fingerprint, for the newest letter of that group.

        Raises:
            KeyError: There is no such letter or group.
            ValidationError: The letters were not read from a snapshot.
        """
        if self.read is None:
            raise ValidationError("These letters were not read from a snapshot; look at them by snap.dead_letters().")
        if not is_position(position):
            return self.read(self.of_group(position).tail(1))
        topic, partition, offset = parse_position(position)
        frame = self.frame
        found = frame[(frame["topic"] == topic) & (frame["partition"] == partition) & (frame["offset"] == offset)]
        if found.empty:
            raise KeyError(f"{position} is no dead letter.")
        return self.read(found)

    def of_group(self, fingerprint: str) -> pd.DataFrame:
        """Return the rows of a group, named by its fingerprint or by the first digits of it.

        Raises:
            KeyError: There is no such group, or there are several; the message names some.
        """
        names = self.groups["fingerprint"]
        found = [name for name in names if name == fingerprint] or [one for one in names if one.startswith(fingerprint)]
        if len(found) == 1:
            rows: pd.DataFrame = self.frame[self.frame["fingerprint"] == found[0]]
            return rows
        known = ", ".join((found or list(names))[:_NAMED]) or "none"
        if found:
            raise KeyError(f"{counted(len(found), 'group')} of dead letters begin with {fingerprint!r}: {known}.")
        raise KeyError(f"No group of dead letters has the fingerprint {fingerprint!r}; known are {known}.")

    def sample(self, fingerprint: str, number: int = 3) -> pd.DataFrame:
        """Return some dead letters of a group, spread over its time from first to last.

        Raises:
            KeyError: There is no such group.
        """
        rows = self.of_group(fingerprint)
        last = len(rows) - 1
        picked = sorted({round(step * last / max(1, number - 1)) for step in range(max(1, number))})
        return rows.iloc[picked].reset_index(drop=True)

    def over_time(self, every: str = "1h") -> pd.DataFrame:
        """Count the letters of each group over time: ``time`` (the start of each span), ``fingerprint``, ``records``.

        Args:
            every: Length of a span as pandas writes it: ``"10min"``, ``"1h"``, ``"1D"``.

        Raises:
            ValidationError: ``every`` is no such length.
        """
        try:
            times = self.frame["time"].dt.floor(every)
        except ValueError as error:
            raise ValidationError(f"{every!r} is no length of time such as '10min', '1h' or '1D'.") from error
        # Letters without a time are counted, too: all counts together are all letters.
        counts = self.frame.groupby([times, "fingerprint"], dropna=False).size()
        return counts.rename("records").reset_index()

    def __repr__(self) -> str:
        rows = self._shown()
        more = [counted(len(self.groups) - _SHOWN, "more group")] if len(self.groups) > _SHOWN else []
        body = text_table(_GROUP_COLUMNS, rows, numeric=_NUMERIC) if rows else "no dead letter"
        title = f"{counted(len(self.frame), 'dead letter')} in {counted(len(self.groups), 'group')}"
        return "\n".join([title, body, *more, *([self.note] if self.note else [])])

    def _repr_html_(self) -> str:
        shown = table(_GROUP_COLUMNS, self._shown(), numeric=_NUMERIC)
        return output_html(fragment(shown, element("p", self.note)) if self.note else shown)

    def _shown(self) -> list[tuple[str, ...]]:
        rows = self.groups.head(_SHOWN).to_dict("records")
        return [tuple(_cell(row[column]) for column in _GROUP_COLUMNS) for row in rows]


@dataclass(frozen=True, slots=True)
class Redriven:
    """Letters that replays sent home, and where the records then lay; the journal knows both."""

    letters: Mapping[str, str] = field(default_factory=dict)
    """Run by the position of the letter."""
    records: Mapping[str, tuple[str, datetime | None]] = field(default_factory=dict)
    """Run by the position of the record at its origin, and when it was written there."""
    note: str = ""
    """Why it is not known; empty where it is."""


NOT_REDRIVEN = Redriven()


def read_dead_letters(
    store: SnapshotStore,
    *,
    origins: Mapping[str, str] | None = None,
    redriven: Redriven = NOT_REDRIVEN,
    look: Callable[[pd.DataFrame], LetterView] | None = None,
) -> DeadLetters:
    """Read the dead letters of a snapshot and group them by failure; see `triage`."""
    where = CONDITION if not origins else f"{CONDITION} OR list_contains($origins, topic)"
    params = {"origins": sorted(origins)} if origins else None
    return replace(triage(store.event_table(where, params), origins=origins, redriven=redriven), read=look)


def triage(
    events: pa.Table, *, origins: Mapping[str, str] | None = None, redriven: Redriven = NOT_REDRIVEN
) -> DeadLetters:
    """Find the dead letters of a table and group them by failure.

    Args:
        events: Decoded events with ``topic``, as `SnapshotStore.event_table` gives them.
        origins: Origin topic of each dead-letter topic that the user names.
        redriven: What was sent home before.
    """
    given = origins or {}
    rows = [_row(event, given) for event in events.to_pylist() if is_dead_letter(event) or event["topic"] in given]
    frame = pd.DataFrame(rows, columns=[*_ROW_COLUMNS, "sent_by"]).astype(
        {"partition": "int32", "offset": "int64", "attempts": "Int32", "origin_partition": "Int32",
         "origin_offset": "Int64", "depth": "Int32"}
    )  # fmt: skip
    frame["redriven"] = _runs(frame, redriven.letters, ("topic", "partition", "offset"))
    for name in ("event_time", "time"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    again = _failed_again(frame, redriven.records)
    # The record that failed carried the mark of the run that sent it home, and most writers send its headers on.
    frame["again"] = again.where(again.notna(), frame.pop("sent_by"))
    frame = frame.sort_values(["time", "topic", "partition", "offset"], ignore_index=True)
    return DeadLetters(frame, _grouped(frame), redriven.note)


def _runs(frame: pd.DataFrame, known: Mapping[str, str], names: tuple[str, str, str]) -> pd.Series[str]:
    """Return the run that is known for each position; missing where there is none."""
    places = zip(*(frame[name] for name in names), strict=True) if known else ()
    runs = [None if pd.isna(place[2]) or pd.isna(place[1]) else known.get(position_text(*place)) for place in places]
    return pd.Series(runs or [None] * len(frame), index=frame.index, dtype="str")


def _failed_again(frame: pd.DataFrame, known: Mapping[str, tuple[str, datetime | None]]) -> pd.Series[str]:
    """Return the run that had sent the record at the origin of each letter.

    A letter that is older than that record came from another one, which lay at the same position before the topic was
    deleted and created again.
    """
    runs = _runs(frame, {at: run for at, (run, _) in known.items()}, _ORIGIN)
    written = _runs(frame, {at: str(when) for at, (_, when) in known.items() if when is not None}, _ORIGIN)
    before = frame["time"] < pd.to_datetime(written, utc=True) - _CLOCKS
    return runs.mask(before | (runs == frame["redriven"]))


def _row(event: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    error = event["error"] or {}
    kind, message = error.get("type") or "", error.get("message") or ""
    return {
        **{name: event[name] for name in ("topic", "partition", "offset", "event_id", "correlation_id", "event_time")},
        # The event's own time is that of the record that failed, where the letter is that record sent on.
        "time": _record_time(event["timestamp_ms"]) or event["event_time"],
        **_origin(event, given),
        "fingerprint": _fingerprint(kind, message),
        "error_type": kind or None,
        "error_message": message or None,
        "attempts": error.get("attempts"),
        "depth": event["dlq_depth"],
        "problems": event["problems"],
        "sent_by": _redrive_of(event.get("replay")),
        "written_by": (event["origin"] or {}).get("via"),
    }


def _redrive_of(marks: str | None) -> str | None:
    """Return the run that had sent a record home, by the marks of replays that it carries."""
    found = json.loads(marks) if marks else {}
    return found.get("id") if found.get("mode") == "redrive" else None


def _record_time(timestamp_ms: int | None) -> datetime | None:
    """Return the timestamp of a record; None where it has none, or one outside the calendar."""
    if timestamp_ms is None or not 0 <= timestamp_ms <= _LAST_TIMESTAMP_MS:
        return None
    return datetime(1970, 1, 1) + timedelta(milliseconds=timestamp_ms)  # noqa: DTZ001 - naive UTC, as event times


def _origin(event: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    found = event["origin"] or {}
    if event.get("origin_root") is not None:
        found = {**found, **_first_origin(event["origin_root"])}
    topic, via = found.get("topic"), found.get("via")
    if event["topic"] in given:
        topic, via = given[event["topic"]], "user"
    elif topic is None and (named := origin_by_name(event["topic"] or "")) is not None:
        topic, via = named, BY_NAME
    return {
        "origin_topic": topic,
        "origin_partition": found.get("partition"),
        "origin_offset": found.get("offset"),
        "origin_via": via,
    }


def _first_origin(root: str) -> dict[str, Any]:
    topic, partition, offset = root.rsplit("/", 2)
    return {"topic": topic, "partition": int(partition), "offset": int(offset)}


@lru_cache(maxsize=10_000)
def _fingerprint(kind: str, message: str) -> str:
    return fingerprint(kind, message)


def _grouped(frame: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            "fingerprint": name,
            "error_type": next(iter(part["error_type"].dropna()), None),
            "message": normalised(next(iter(part["error_message"].dropna()), "")),
            "records": len(part),
            "redriven": int(part["redriven"].notna().sum()),
            "again": int(part["again"].notna().sum()),
            "topics": sorted(part["topic"].unique()),
            "origins": sorted(part["origin_topic"].dropna().unique()),
            "guessed": int((part["origin_via"] == BY_NAME).sum()),
            "first": part["time"].min(),
            "last": part["time"].max(),
        }
        for name, part in frame.groupby("fingerprint", sort=False)
    ]
    return pd.DataFrame(rows, columns=list(_GROUP_COLUMNS)).sort_values(
        ["records", "fingerprint"], ascending=[False, True], ignore_index=True
    )


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return visible(", ".join(value), 80)
    # pandas writes a missing text as NaN and a missing time as NaT.
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        return time_text(int(value.timestamp() * 1000))
    return number_text(value) if isinstance(value, int) else visible(str(value), 80)
