"""Makes pandas frames of what a schema registry answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from workbench.bus.registry import SubjectVersion

_SUBJECTS = {"subject": "str", "version": "Int64", "schema_id": "Int64", "type": "str", "name": "str"}
_VERSIONS = {
    "version": "Int64",
    "schema_id": "Int64",
    "type": "str",
    "name": "str",
    "characters": "Int64",
    "references": "Int64",
}


def subjects_frame(
    names: Sequence[str], latest: Sequence[SubjectVersion], *, provenance: dict[str, Any]
) -> pd.DataFrame:
    """Make a frame of subjects; ``latest`` is in their order, and may end earlier."""
    known = [_facts(one) for one in latest]
    rows = [{"subject": name, **(known[index] if index < len(known) else {})} for index, name in enumerate(names)]
    return _frame(rows, _SUBJECTS, provenance)


def versions_frame(found: Sequence[SubjectVersion], *, provenance: dict[str, Any]) -> pd.DataFrame:
    """Make a frame of the versions of a subject."""
    rows = [
        {**_facts(one), "characters": len(one.schema.text), "references": len(one.schema.references)} for one in found
    ]
    return _frame(rows, _VERSIONS, provenance)


def _facts(one: SubjectVersion) -> dict[str, Any]:
    from workbench.exploration.schema_usage import schema_name

    schema = one.schema
    return {
        "version": one.version,
        "schema_id": schema.id,
        "type": schema.type,
        "name": schema_name(schema.type, schema.text),
    }


def _frame(rows: list[dict[str, Any]], columns: dict[str, str], provenance: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(columns)).astype(columns)
    frame.attrs["provenance"] = [provenance]
    return frame
