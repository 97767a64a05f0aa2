"""Makes pandas frames of rows, for notebooks, and rows of frames, for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

TOPIC_COLUMNS = {
    "topic": "str",
    "partitions": "Int64",
    "replication_factor": "Int64",
    "begin": "Int64",
    "end": "Int64",
    "records_at_most": "Int64",
    "records_per_s": "Float64",
    "groups": "Int64",
    "group_ids": "str",
    "cleanup_policy": "str",
    "retention_ms": "Int64",
    "size_bytes": "Int64",
    "disk_bytes": "Int64",
    "config": "str",
    "leaders": "str",
    "under_replicated": "Int64",
    "offline": "Int64",
    "internal": "boolean",
    "topic_id": "str",
    "unavailable": "str",
}
"""Columns of `topics_frame` and their dtypes; `workbench.bus.topic_rows.topic_rows` says what each holds."""


def topics_frame(rows: list[dict[str, Any]], *, provenance: dict[str, Any]) -> pd.DataFrame:
    """Make a frame of fixed dtypes from the rows of topics, with its provenance in ``.attrs``."""
    import pandas as pd

    from workbench.bus.topic_rows import RATE_WINDOW_S

    frame = pd.DataFrame(rows, columns=list(TOPIC_COLUMNS)).astype(TOPIC_COLUMNS)
    frame.attrs["provenance"] = [{**provenance, "offsets": "high watermarks", "rate_window_s": RATE_WINDOW_S}]
    return frame


PARTITION_COLUMNS = {
    "topic": "str",
    "partition": "Int64",
    "leader": "Int64",
    "replicas": "object",
    "isr": "object",
    "begin": "Int64",
    "end": "Int64",
    "records_at_most": "Int64",
    "size_bytes": "Int64",
}
"""Columns of `partitions_frame` and their dtypes; `workbench.bus.topic_rows.partition_rows` says what each holds."""


def partitions_frame(rows: list[dict[str, Any]], *, provenance: dict[str, Any]) -> pd.DataFrame:
    """Make a frame of fixed dtypes from the rows of partitions, with its provenance in ``.attrs``."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(PARTITION_COLUMNS)).astype(PARTITION_COLUMNS)
    frame.attrs["provenance"] = [{**provenance, "offsets": "high watermarks"}]
    return frame


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each row as names and values, None where a value is absent."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]
