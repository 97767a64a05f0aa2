"""Defines the options that choose the picture of a trace, and what its lanes or boxes are."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import typer

from workbench.errors import ConfigurationError
from workbench.model.causation import TRACE_LAYOUTS, LaneField, MapField

CHARTS = ("layered", "sequence", "map")
"""Pictures that Mermaid draws, too."""
_FIELDS: dict[str | None, tuple[str, tuple[str, ...]]] = {
    "swimlanes": ("lanes", get_args(LaneField)),
    "map": ("boxes", get_args(MapField)),
}

Layout = Annotated[
    str | None,
    typer.Option("--layout", help="Of --svg and --mermaid: layered, swimlanes, waterfall, sequence or map."),
]
By = Annotated[
    str | None,
    typer.Option("--by", help="Lanes of swimlanes: topic or source. Boxes of a map: event_type, source or topic."),
]


def picture_options(layout: str | None, by: str | None, *, svg: bool, mermaid: bool) -> dict[str, Any]:
    """Return what `workbench.tracing.trace_forms.TraceForms.svg` is to be called with.

    Raises:
        ConfigurationError: An option is not known, or does not go with the others.
    """
    if layout is not None and layout not in TRACE_LAYOUTS:
        raise ConfigurationError(f"--layout {layout} is not known. Choose {', '.join(TRACE_LAYOUTS)}.")
    if layout is not None and not svg and not (mermaid and layout in CHARTS):
        raise ConfigurationError("--layout goes with --svg, or with --mermaid for layered, sequence and map.")
    if by is None:
        return {"layout": layout}
    if layout not in _FIELDS:
        raise ConfigurationError("--by goes with --layout swimlanes and --layout map.")
    option, choices = _FIELDS[layout]
    if by not in choices:
        raise ConfigurationError(f"--by {by} is not known. Choose {', '.join(choices)}.")
    return {"layout": layout, option: by}


def charted(trace: Any, options: dict[str, Any]) -> Any:
    """Return what Mermaid draws: the trace, its sequence diagram, or its map."""
    if options["layout"] == "sequence":
        return trace.sequence()
    return trace.type_map(options.get("boxes", "event_type")) if options["layout"] == "map" else trace
