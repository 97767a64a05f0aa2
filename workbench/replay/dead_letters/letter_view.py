"""One dead letter to look at: its error with the stack trace, the record that failed, and what lies at its origin."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.replay.dead_letters.restored_letters import NotRestorable
from workbench.replay.rewriting.edits import record_lines
from workbench.text import (
    counted,
    element,
    facts,
    fragment,
    output_html,
    position_text,
    preformatted,
    time_text,
    visible,
)

if TYPE_CHECKING:
    from workbench.model import HeaderList
    from workbench.replay.dead_letters.homebound import Letter
    from workbench.replay.dead_letters.originals import Originals
    from workbench.replay.dead_letters.restored_letters import RestoredRecord

_TRACE_LINES, _BODY_LINES, _WIDTH = 20, 40, 200
_LETTERS = re.compile("[^a-z]")


@dataclass(frozen=True)
class LetterView:
    """A dead letter, the record that failed, and the record at its origin.

    Attributes:
        letter: The letter.
        format: How its value was read: ``json``, ``avro``, ``raw`` with the schema that it names, and so on.
        failed: The record that failed, as `Snapshot.redrive` would send it without a fix; None where that cannot be
            known.
        why_not: Why it cannot be known; empty where it is.
        original: The record at the origin; None where the snapshot has none there, or a younger one.
    """

    letter: Letter
    format: str
    failed: RestoredRecord | None
    why_not: str
    original: RestoredRecord | None

    @classmethod
    def of(cls, letter: Letter, originals: Originals, format_text: str) -> LetterView:
        """Restore what failed, and look for the record at the origin."""
        failed, why_not = None, ""
        try:
            failed = letter.restored(originals)
        except NotRestorable as reason:
            why_not = str(reason)
        return cls(letter, format_text, failed, why_not, originals.at_origin(letter.entry, letter.record))

    @property
    def stack_trace(self) -> str | None:
        """The stack trace in the headers of the letter, whichever framework wrote it; None where there is none."""
        found = [value for name, value in self._headers if value and _is_trace(name)]
        return found[-1].decode("utf-8", "replace") if found else None

    @property
    def diff(self) -> str:
        """The difference between the record at the origin and the one that failed; empty where they are equal."""
        if self.original is None or self.failed is None:
            return ""
        if (self.original.value, self.original.headers) == (self.failed.value, self.failed.headers):
            return ""
        there, failed = self._lines(self.original), self._lines(self.failed)
        return "\n".join(difflib.unified_diff(there, failed, "at its origin", "the record that failed", lineterm=""))

    @property
    def _headers(self) -> HeaderList:
        return tuple((one["name"], one["value"]) for one in self.letter.record["headers"])

    def _facts(self) -> list[tuple[str, str]]:
        entry: Any = self.letter.entry
        texts = [(name, getattr(entry, name)) for name in ("error_type", "error_message", "attempts", "fingerprint")]
        time = None if entry.time is pd.NaT else time_text(entry.time.to_pydatetime(), precision="ms")
        known = [("time", time), *texts, ("format", self.format), ("origin", self._origin())]
        known += [("sent_home_by", entry.redriven), ("failed_again_after", entry.again)]
        return [(name, visible(str(text), 400)) for name, text in known if not _is_missing(text)]

    def _named(self) -> list[tuple[str, str]]:
        return [(name.replace("_", " "), text) for name, text in self._facts()]

    def _origin(self) -> str | None:
        entry = self.letter.entry
        if _is_missing(entry.origin_topic):
            return None
        known = not _is_missing(entry.origin_partition) and not _is_missing(entry.origin_offset)
        place = position_text(entry.origin_topic, entry.origin_partition, entry.origin_offset) if known else None
        return f"{place or entry.origin_topic} (told by {entry.origin_via})"

    def _parts(self) -> list[tuple[str, list[str]]]:
        trace = self.stack_trace
        parts = [("stack trace", _first(trace.splitlines(), _TRACE_LINES))] if trace else []
        if self.failed is None:
            parts.append(("the record that failed", [f"cannot be restored: {self.why_not}"]))
        else:
            parts.append(("the record that failed", _first(self._lines(self.failed), _BODY_LINES)))
        if self.original is None:
            told = ["the snapshot has no record there"]
        elif self.failed is None:
            told = self._lines(self.original)
        else:
            told = self.diff.splitlines() or ["the same record"]
        return [*parts, ("at its origin", _first(told, _BODY_LINES))]

    def to_json(self) -> dict[str, Any]:
        """Return the letter as values of JSON: what is known of it, and the texts that are shown, in full."""
        failed, original = ([] if one is None else self._lines(one) for one in (self.failed, self.original))
        texts = {
            "stack_trace": self.stack_trace,
            "why_not": self.why_not or None,
            "failed": failed,
            "original": original,
        }
        return {"kind": "letter", "letter": self.letter.position, **dict(self._facts()), **texts}

    def _lines(self, record: RestoredRecord) -> list[str]:
        return record_lines(self.letter.reader, record.headers, record.value)

    def __repr__(self) -> str:
        lines = [f"Dead letter {self.letter.position}", *(f"  {name}: {text}" for name, text in self._named())]
        for title, body in self._parts():
            lines += ["", title, *(f"  {line}" for line in body)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        children = [element("h4", f"Dead letter {self.letter.position}"), facts(self._named())]
        for title, body in self._parts():
            children += [element("h5", title), preformatted("\n".join(body))]
        return output_html(fragment(*children, class_="workbench-letter"))


def _is_trace(name: bytes) -> bool:
    return _LETTERS.sub("", name.decode("utf-8", "replace").lower()).endswith("stacktrace")


def _is_missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _first(lines: list[str], most: int) -> list[str]:
    more = [f"… and {counted(len(lines) - most, 'more line')}"] if len(lines) > most else []
    return [*(visible(line.expandtabs(4), _WIDTH) for line in lines[:most]), *more]
