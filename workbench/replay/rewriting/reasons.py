"""Collects why records cannot be sent as they were changed: a number for each, and each text once."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Longs = NDArray[np.int64]

_MOST_TEXTS = 1_000
"""Different texts that are kept. A plan shows the first few; further ones are counted together."""


class Reasons:
    """The reasons of some records, in any order of their numbers."""

    def __init__(self) -> None:
        self._rows, self._kinds = array("q"), array("q")
        self._texts: dict[str, int] = {}

    def add(self, row: int, text: str) -> None:
        """Add the reason of a record that has none yet."""
        known = self._texts.get(text)
        if known is None and len(self._texts) < _MOST_TEXTS:
            known = self._texts[text] = len(self._texts)
        self._rows.append(row)
        self._kinds.append(_MOST_TEXTS if known is None else known)

    def __len__(self) -> int:
        return len(self._rows)

    def by_row(self) -> tuple[Longs, Longs]:
        """Return the records, ascending, and a number for each; where it is the same, the reason is."""
        rows, kinds = (np.array(numbers, np.int64) for numbers in (self._rows, self._kinds))
        order = np.argsort(rows, kind="stable")
        return rows[order], kinds[order]

    def text(self, row: int) -> str:
        """Return the reason of a record."""
        kind = self._kinds[self._rows.index(row)]
        return "has one of many more reasons" if kind == _MOST_TEXTS else list(self._texts)[kind]
