"""The target partitions of rows, as numbers in a list of few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.replay.records.raw_rows import Longs


@dataclass(frozen=True, slots=True)
class Places:
    """The target partition of each row of a table, as its number in a list of few."""

    numbers: Longs
    names: Sequence[TopicPartition]

    @classmethod
    def of(cls, rows: pa.Table) -> Places:
        """Read the columns ``target_topic`` and ``target_partition``; a missing partition is -1."""
        pairs = pa.table(
            {
                "topic": pc.fill_null(rows["target_topic"], ""),
                "partition": pc.fill_null(rows["target_partition"], -1),
            }
        )
        names = [TopicPartition(**pair) for pair in pairs.group_by(["topic", "partition"]).aggregate([]).to_pylist()]
        numbers = np.zeros(rows.num_rows, np.int64)
        for number, at in enumerate(names if len(names) > 1 else ()):
            here = pc.and_(pc.equal(pairs["topic"], at.topic), pc.equal(pairs["partition"], at.partition))
            numbers[here.to_numpy()] = number
        return cls(numbers, names)

    def __getitem__(self, row: int) -> TopicPartition:
        return self.names[int(self.numbers[row])]

    def are(self, rows: Longs, at: TopicPartition) -> NDArray[np.bool_]:
        """Tell which of these rows are for a partition."""
        number = self.names.index(at) if at in self.names else -1
        equal: NDArray[np.bool_] = self.numbers[rows] == number
        return equal
