"""Scores attributes by how differently two populations have their values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.text import and_more, counted, text_table, visible
from workbench.tracing.answers import SHOWN, Answer, rest_text, share_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

ABSENT = "(absent)"
OTHER = "(other)"
EMPTY = "(empty)"
FEW_ROWS = 20
_MOST_VALUES = 100
_NAMED = 8
_DISTINCT_NUMBERS = 20
_ID_SHARE = 0.9
_TIME_DIGITS = 10**9
"""Whole numbers from here on are counts of seconds or less since 1970, or ids: no decile of them says anything."""


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Answer):
    """Which attributes tell a selection from a baseline, the most telling first."""

    frame: pd.DataFrame
    """attribute, score (largest difference of the shares), value, share_selection, share_baseline."""
    values: pd.DataFrame
    """attribute, value, selection, baseline: the shares of all values."""
    rows: tuple[int, int]
    names: tuple[str, str]
    skipped: dict[str, str]
    """Attributes that were left out, with the reason."""
    note: str = ""

    def text(self) -> str:
        """Write the attributes with the value that differs most."""
        sizes = " against ".join(
            f"{visible(name, 60)} ({counted(number, 'row')})"
            for name, number in zip(self.names, self.rows, strict=True)
        )
        lines = [f"compare: {sizes}"]
        if min(self.rows) < FEW_ROWS:
            lines.append(f"  fewer than {FEW_ROWS} rows on one side: the scores are weak")
        if self.note:
            lines.append(f"  {self.note}")
        telling = self.frame[self.frame["score"] > 0]
        table = [
            (visible(str(row.attribute), 50), share_text(row.score), visible(str(row.value), 50),
             share_text(row.share_selection), share_text(row.share_baseline))
            for row in telling.head(SHOWN).itertuples(index=False)
        ]  # fmt: skip
        if table:
            lines.append(text_table(["attribute", "score", "value", "selection", "baseline"], table, numeric=(1, 3, 4)))
            lines += rest_text(len(telling), "attribute")
        if alike := len(self.frame) - len(telling):
            lines.append(f"  {counted(alike, 'attribute')} with the same shares on both sides; .frame has all")
        elif not table:
            lines.append("  no attribute to compare by")
        if self.skipped:
            names = ", ".join(visible(name, 40) for name in list(self.skipped)[:_NAMED])
            lines.append(f"  left out: {names}{and_more(len(self.skipped) - _NAMED)}; .skipped says why")
        return "\n".join(lines)


def compare_populations(
    selection: Sequence[Mapping[str, Any]],
    baseline: Sequence[Mapping[str, Any]],
    *,
    exclude: Collection[str] = (),
    names: tuple[str, str] = ("selection", "baseline"),
    note: str = "",
) -> Comparison:
    """Compare the attributes of two populations.

    Args:
        selection: Attributes of each row; one that is not there is absent, which is a value.
        baseline: The same of the other population.
        exclude: Attributes that defined the selection.
        names: What the populations are called.
        note: A sentence for the text.
    """
    count = len(selection)
    everything = [*selection, *baseline]
    rows, tables, skipped = [], [], dict[str, str]()
    for attribute in sorted({name for row in everything for name in row}):
        if attribute in exclude:
            skipped[attribute] = "it defined the selection"
            continue
        values = [row.get(attribute) for row in everything]
        if (reason := _useless(values)) is not None:
            skipped[attribute] = reason
            continue
        table = _shares(_binned(values), count)
        difference = (table["selection"] - table["baseline"]).abs().round(12)
        scored = zip(difference, -table["selection"], table["value"], range(len(table)), strict=True)
        score, _, value, place = min(scored, key=lambda one: (-one[0], one[1], one[2]))
        rows.append((attribute, float(score), value, table["selection"].iloc[place], table["baseline"].iloc[place]))
        tables.append(table.assign(attribute=attribute))
    columns = ["attribute", "score", "value", "share_selection", "share_baseline"]
    frame = pd.DataFrame(rows, columns=columns).sort_values(
        ["score", "attribute"], ascending=[False, True], ignore_index=True
    )
    shares = (
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["value", "selection", "baseline"])
    )
    return Comparison(frame, shares, (count, len(baseline)), names, skipped, note)


def _useless(values: list[Any]) -> str | None:
    """Say why an attribute cannot tell populations apart, None if it can."""
    known = [value for value in values if value is not None]
    if all(isinstance(value, date | pd.Timestamp) for value in known) or _are_instants(known):
        return "times"
    if len(known) >= FEW_ROWS and len({str(value) for value in known}) > _ID_SHARE * len(known):
        return "ids: nearly every row has its own value" if not _are_numbers(known) or _are_whole_ids(known) else None
    return None


def _are_numbers(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _are_whole_ids(values: list[Any]) -> bool:
    return all(isinstance(value, int) for value in values) and len(set(values)) == len(values)


def _are_instants(values: list[Any]) -> bool:
    return _are_numbers(values) and min(abs(value) for value in values) >= _TIME_DIGITS


def _binned(values: list[Any]) -> list[str]:
    """Write values as text: numbers with many values as deciles of the union, rare values together."""
    known = [value for value in values if value is not None]
    if _are_numbers(known) and len(set(known)) > _DISTINCT_NUMBERS:
        edges = np.unique(np.quantile(np.array(known, dtype=np.float64), np.linspace(0, 1, 11)))
        labels = [f"{low:.6g} to {high:.6g}" for low, high in pairwise(edges.tolist())]
        place = np.clip(np.searchsorted(edges, np.array(known, dtype=np.float64), "right") - 1, 0, len(labels) - 1)
        texts = iter([labels[at] for at in place.tolist()])
        return [ABSENT if value is None else next(texts) for value in values]
    plain = [ABSENT if value is None else _plain(value) for value in values]
    counts = pd.Series(plain).value_counts()
    kept = set(sorted(counts.index, key=lambda value: (-counts[value], value))[:_MOST_VALUES])
    return [value if value in kept else OTHER for value in plain]


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) or EMPTY


def _shares(values: list[str], count: int) -> pd.DataFrame:
    series = pd.Series(values, dtype=object)
    sides = [series[:count].value_counts(), series[count:].value_counts()]
    index = pd.Index(sorted({*sides[0].index, *sides[1].index}), dtype=object)
    shares = [side.reindex(index, fill_value=0) / max(int(side.sum()), 1) for side in sides]
    return pd.DataFrame({"value": index, "selection": shares[0].to_numpy(), "baseline": shares[1].to_numpy()})
