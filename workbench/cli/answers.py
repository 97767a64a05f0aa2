"""Prints the answer to a question: its text, or the rows of its frame as lines of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from workbench.cli.output import print_json, print_text

if TYPE_CHECKING:
    import pandas as pd


class Answered(Protocol):
    """An answer with a text and a frame."""

    @property
    def frame(self) -> pd.DataFrame: ...


def print_answer(answer: Answered, *, as_json: bool, frame: pd.DataFrame | None = None) -> None:
    """Print an answer.

    Args:
        answer: Any answer of `workbench.tracing`.
        as_json: Print rows instead of the text.
        frame: The rows, where they are not ``answer.frame``.
    """
    from workbench.session.frames import plain_rows

    if not as_json:
        print_text(repr(answer))
        return
    for row in plain_rows(answer.frame if frame is None else frame):
        print_json({name: _plain(value) for name, value in row.items()})


def _plain(value: Any) -> Any:
    """Return numbers of numpy as numbers of Python, which JSON knows."""
    return value.item() if hasattr(value, "item") else value
