"""Feed of the lineage panel: the lineage of a run, with its counts, its log, and what a comparison found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import ValidationError
from workbench.text import parse_position, visible
from workbench.transforms.running.lineage import head_of, log_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from workbench.model.lineage import Bytes, LineageLine, LineagePage, Only
    from workbench.transforms.running.lineage import RunLineage
    from workbench.widgets import LineagePanel


class LineageView:
    """A `workbench.model.lineage.LineageFeed`.

    Args:
        name: Name of the transform.
        remarks: Counts, whether it is complete, and failures.
        lineage: The source records and outputs. The file of the outputs has to stay open.
        dropped_lines: Lines of the log that were not kept.
        differences: Records of a captured view that no output is.
    """

    def __init__(
        self,
        name: str,
        remarks: Sequence[str],
        lineage: RunLineage,
        dropped_lines: int,
        differences: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._lineage = lineage
        self.name = f"Transform {visible(name, 80)}: source records and what was made of them"
        self.remarks = remarks
        self.compared = lineage.found is not None
        self.dropped_lines = dropped_lines
        self.partitions: Sequence[tuple[str, int]] = [(one.counts.topic, one.counts.partition) for one in lineage.parts]
        self.lines: Sequence[LineageLine] = log_lines(lineage.parts)
        self.unmatched: Sequence[tuple[str, int, int, Bytes, Bytes]] = [
            (row["difference"], row["partition"], row["offset"], head_of(row["key"]), head_of(row["value"]))
            for row in differences
        ]

    def page(self, part: int, start: int, rows: int, only: Only) -> LineagePage:
        return self._lineage.page(part, start, rows, only)

    def show(self, viewer: Callable[..., LineagePanel] | None, at: str | None) -> LineagePanel:
        """Show it in a panel, from the position of a source record on.

        Raises:
            ValidationError: Nothing was read of that partition, or the text is no position.
        """
        if viewer is None:
            raise ValidationError("This result has no panel: get it from Snapshot.transform or Snapshot.compare_view.")
        if at is None:
            return viewer(self)
        topic, partition, offset = parse_position(at)
        if (topic, partition) not in self.partitions:
            raise ValidationError(f"Nothing was read of {visible(topic, 80)}, partition {partition}.")
        return viewer(self, part=list(self.partitions).index((topic, partition)), start=offset)
