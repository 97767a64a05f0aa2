"""Rows about events in columns: integers and codes of texts, and a frame when somebody asks for one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.tracing.graph.columns import EncodedColumn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from workbench.tracing.graph.arrays import Codes, Flags, Ints

    Column: TypeAlias = "NDArray[Any] | EncodedColumn | NamedCodes"


@dataclass(frozen=True, slots=True)
class NamedCodes:
    """A column of indices into a list of names; in a frame it is categorical."""

    codes: Codes
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class NodeTable:
    """Some rows for some events of a graph."""

    node: Ints
    """Number of each row's event."""
    columns: Mapping[str, Column] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.node)

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame with the column ``node``."""
        columns = {name: _series(column) for name, column in self.columns.items()}
        return pd.DataFrame({"node": self.node.astype(np.int64, copy=False), **columns})

    def codes_of(self, name: str) -> Ints:
        """Return the codes of a column of texts or names."""
        column = self.columns[name]
        if isinstance(column, NamedCodes | EncodedColumn):
            return column.codes.astype(np.int64, copy=False)
        raise TypeError(f"{name} is no column of texts")

    def named(self, name: str, text: str) -> Flags:
        """Mark the rows that have a text in a column of texts or names."""
        column = self.columns[name]
        if isinstance(column, NamedCodes):
            code = column.names.index(text)
        elif isinstance(column, EncodedColumn):
            code = pc.index(column.dictionary, text).as_py()
        else:
            raise TypeError(f"{name} is no column of texts")
        # A text that is not among those of the column has -1, as an absent one has.
        marked: Flags = (column.codes == code) & (column.codes >= 0)
        return marked

    def texts(self, name: str) -> list[str]:
        """Return the texts of a column of texts."""
        column = self.columns[name]
        if isinstance(column, EncodedColumn):
            found: list[str] = column.texts().to_pylist()
            return found
        raise TypeError(f"{name} is no column of texts")

    def pick(self, chosen: Flags | Ints) -> NodeTable:
        """Keep some rows."""
        return NodeTable(self.node[chosen], {name: _picked(column, chosen) for name, column in self.columns.items()})

    def renumbered(self, number: Ints) -> NodeTable:
        """Keep the rows of events that have a new number, under that number; -1 is none."""
        if not len(self):
            return self
        node = number[self.node]
        kept = np.flatnonzero(node >= 0)
        return NodeTable(node[kept], {name: _picked(column, kept) for name, column in self.columns.items()})

    def __add__(self, other: NodeTable) -> NodeTable:
        if not len(other):
            return self
        columns = {name: _joined(column, other.columns[name]) for name, column in self.columns.items()}
        return NodeTable(np.concatenate([self.node, other.node]), columns)


def _series(column: Column) -> Any:
    if isinstance(column, NamedCodes):
        return pd.Series(pd.Categorical.from_codes(column.codes, pd.Index(column.names)))
    if isinstance(column, EncodedColumn):
        return column.texts().to_pandas()
    return column.astype(np.int64, copy=False) if column.dtype.kind == "i" else column


def _picked(column: Column, chosen: Flags | Ints) -> Column:
    if isinstance(column, NamedCodes):
        return NamedCodes(column.codes[chosen], column.names)
    if isinstance(column, EncodedColumn):
        return EncodedColumn(column.codes[chosen], column.dictionary)
    return column[chosen]


def _joined(first: Column, second: Column) -> Column:
    if isinstance(first, NamedCodes) and isinstance(second, NamedCodes):
        return NamedCodes(np.concatenate([first.codes, second.codes]), first.names)
    if isinstance(first, EncodedColumn) and isinstance(second, EncodedColumn):
        dictionary = pa.concat_arrays([one.dictionary.cast(pa.large_string()) for one in (first, second)])
        moved = np.where(second.codes < 0, -1, second.codes + len(first.dictionary))
        return EncodedColumn(np.concatenate([first.codes, moved]), dictionary)
    return np.concatenate([first, second])
