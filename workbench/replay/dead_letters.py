"""Triage of the dead letters in a snapshot: groups them by failure, and tells how often and from where each came.

The origin of a dead letter is what the user says about its topic, else what the decoder found in payload, headers or
body, else the topic's name without its suffix, which counts as a guess. Messages of a group share a fingerprint.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.decoding.fingerprint import fingerprint, normalised
from workbench.model.events.dead_letters import dead_letter_sql, is_dead_letter, origin_by_name
from workbench.text import counted, number_text, output_html, table, text_table, time_text, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from workbench.store import SnapshotStore

_SHOWN = 20
_LAST_TIMESTAMP_MS = 253_402_300_799_999
_GROUP_COLUMNS = ("fingerprint", "error_type", "message", "records", "topics", "origins", "guessed", "first", "last")
_ROW_COLUMNS = (
    "topic", "partition", "offset", "event_id", "correlation_id", "time", "event_time", "fingerprint", "error_type",
    "error_message", "attempts", "origin_topic", "origin_partition", "origin_offset", "origin_via", "depth", "problems",
)  # fmt: skip

CONDITION = dead_letter_sql()
"""SQL over ``events`` that selects the dead letters, so that `triage` is not given whole snapshots."""


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The dead letters of a snapshot, grouped by failure.

    Attributes:
        frame: One row for each, by time and position. ``time`` is the event's time, or else the record's.
        groups: One row for each fingerprint, most frequent first; ``guessed`` counts origins known only by topic name.
    """

    frame: pd.DataFrame
    groups: pd.DataFrame

    def __len__(self) -> int:
        return len(self.frame)

    def sample(self, fingerprint: str, number: int = 3) -> pd.DataFrame:
        """Return some dead letters of a group, spread over its time from first to last.

        Raises:
            KeyError: There is no such group.
        """
        rows = self.frame[self.frame["fingerprint"] == fingerprint]
        if rows.empty:
            raise KeyError(fingerprint)
        last = len(rows) - 1
        picked = sorted({round(step * last / max(1, number - 1)) for step in range(max(1, number))})
        return rows.iloc[picked].reset_index(drop=True)

    def __repr__(self) -> str:
        rows = self._shown()
        more = [counted(len(self.groups) - _SHOWN, "more group")] if len(self.groups) > _SHOWN else []
        body = text_table(_GROUP_COLUMNS, rows, numeric=(3, 6)) if rows else "no dead letter"
        return "\n".join(
            [f"{counted(len(self.frame), 'dead letter')} in {counted(len(self.groups), 'group')}", body, *more]
        )

    def _repr_html_(self) -> str:
        return output_html(table(_GROUP_COLUMNS, self._shown(), numeric=(3, 6)))

    def _shown(self) -> list[tuple[str, ...]]:
        rows = self.groups.head(_SHOWN).to_dict("records")
        return [tuple(_cell(row[column]) for column in _GROUP_COLUMNS) for row in rows]


def read_dead_letters(store: SnapshotStore, *, origins: Mapping[str, str] | None = None) -> DeadLetters:
    """Read the dead letters of a snapshot and group them by failure; see `triage`."""
    where = CONDITION if not origins else f"{CONDITION} OR list_contains($origins, topic)"
    params = {"origins": sorted(origins)} if origins else None
    return triage(store.event_table(where, params), origins=origins)


def triage(events: pa.Table, *, origins: Mapping[str, str] | None = None) -> DeadLetters:
    """Find the dead letters of a table and group them by failure.

    Args:
        events: Decoded events with ``topic``, as `SnapshotStore.event_table` gives them.
        origins: Origin topic of each dead-letter topic that the user names.
    """
    given = origins or {}
    rows = [_row(event, given) for event in events.to_pylist() if is_dead_letter(event) or event["topic"] in given]
    frame = pd.DataFrame(rows, columns=list(_ROW_COLUMNS)).astype(
        {"partition": "int32", "offset": "int64", "attempts": "Int32", "origin_partition": "Int32",
         "origin_offset": "Int64", "depth": "Int32"}
    )  # fmt: skip
    for name in ("event_time", "time"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    frame = frame.sort_values(["time", "topic", "partition", "offset"], ignore_index=True)
    return DeadLetters(frame, _grouped(frame))


def _row(event: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    error = event["error"] or {}
    kind, message = error.get("type") or "", error.get("message") or ""
    return {
        **{name: event[name] for name in ("topic", "partition", "offset", "event_id", "correlation_id", "event_time")},
        "time": event["event_time"] or _record_time(event["timestamp_ms"]),
        **_origin(event, given),
        "fingerprint": _fingerprint(kind, message),
        "error_type": kind or None,
        "error_message": message or None,
        "attempts": error.get("attempts"),
        "depth": event["dlq_depth"],
        "problems": event["problems"],
    }


def _record_time(timestamp_ms: int | None) -> datetime | None:
    """Return the timestamp of a record; None where it has none, or one outside the calendar."""
    if timestamp_ms is None or not 0 <= timestamp_ms <= _LAST_TIMESTAMP_MS:
        return None
    return datetime(1970, 1, 1) + timedelta(milliseconds=timestamp_ms)  # noqa: DTZ001 - naive UTC, as event times


def _origin(event: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    found = event["origin"] or {}
    topic, via = found.get("topic"), found.get("via")
    if event["topic"] in given:
        topic, via = given[event["topic"]], "user"
    elif topic is None and (named := origin_by_name(event["topic"] or "")) is not None:
        topic, via = named, "topic_name"
    return {
        "origin_topic": topic,
        "origin_partition": found.get("partition"),
        "origin_offset": found.get("offset"),
        "origin_via": via,
    }


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
            "topics": sorted(part["topic"].unique()),
            "origins": sorted(part["origin_topic"].dropna().unique()),
            "guessed": int((part["origin_via"] == "topic_name").sum()),
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
