"""Makes pandas frames of what a schema registry answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

SUBJECTS = {"subject": "str", "version": "Int64", "schema_id": "Int64", "type": "str", "name": "str"}
VERSIONS = {
    "version": "Int64",
    "schema_id": "Int64",
    "type": "str",
    "name": "str",
    "characters": "Int64",
    "references": "Int64",
}


def schema_frame(
    rows: Sequence[Mapping[str, Any]], columns: dict[str, str], provenance: dict[str, Any]
) -> pd.DataFrame:
    """Make a frame of fixed dtypes, with its provenance in ``.attrs``."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(columns)).astype(columns)
    frame.attrs["provenance"] = [provenance]
    return frame
