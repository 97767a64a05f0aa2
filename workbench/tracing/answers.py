"""Base of the answers to questions: text for terminals, the same text in notebooks, and a frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.text import (
    and_more,
    counted,
    duration_text,
    output_html,
    preformatted,
    readable_position,
    visible,
    visible_name,
)
from workbench.tracing.tables import frame_csv
from workbench.tracing.text.labels import ID_LIMIT, short_id

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 30
"""Rows of an answer that its text shows; its frame has all."""


class Framed(Protocol):
    """What has a frame."""

    @property
    def frame(self) -> pd.DataFrame: ...


class Answer(ABC):
    """Shows itself as text; subclasses say which, and give a frame."""

    @abstractmethod
    def text(self) -> str:
        """Write the answer for people."""

    def csv(self: Framed, *, spreadsheet: bool = False) -> str:
        """Write the frame as CSV; see `workbench.tracing.tables.frame_csv`."""
        return frame_csv(self.frame, spreadsheet=spreadsheet)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return output_html(preformatted(self.text()))


def key_text(key: Any, limit: int = ID_LIMIT) -> str:
    """Write the key of an event; that of an event without an id is ``@`` and its stored position."""
    if not isinstance(key, str):
        return "(none)"
    return readable_position(key[1:], limit) if key.startswith("@") else visible(key, limit)


def type_text(name: Any, limit: int = 60) -> str:
    """Write an event type, which may be absent."""
    return visible_name(name, limit) if isinstance(name, str) else "(no type)"


def micros_text(value: Any, *, signed: bool = False) -> str:
    """Write microseconds; a dash where there is no value."""
    return "-" if pd.isna(value) else duration_text(float(value), "us", signed=signed, smallest="us")


def share_text(value: Any) -> str:
    """Write a share with at most four digits; a dash where there is no value."""
    return "-" if pd.isna(value) else f"{float(value):.4g}"


def keys_text(keys: Sequence[Any], shown: int = 3, *, short: bool = False) -> str:
    """Write the first keys of a list, and how many more there are; ``short`` writes the beginnings of UUIDs."""
    texts = [key_text(key) for key in keys[:shown]]
    return ", ".join(map(short_id, texts) if short else texts) + and_more(len(keys) - shown)


def rest_text(total: int, noun: str, shown: int = SHOWN, *, data: str = ".frame") -> list[str]:
    """Return the line that says how many rows the text leaves out, and where all are; none where it shows all."""
    return [f"  … {counted(total - shown, f'more {noun}')}; {data} has all"] if total > shown else []
