"""Writes a reaction as texts of files: the report, the graph before and after, and how they differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.tracing.diff.diff import TraceSet, trace_diff
from workbench.tracing.trace import Trace

if TYPE_CHECKING:
    import pandas as pd

    from workbench.tracing.reaction.reaction import Reaction

ORIGINAL, REPLAYED = "original", "replayed"


def reaction_files(reaction: Reaction) -> dict[str, str]:
    """Return the text of each file by its name.

    ``reaction.txt`` and ``reaction.json`` are the report; ``original`` and ``replayed`` are the graphs as ``.svg``,
    ``.mmd`` (Mermaid) and ``.json`` (events and edges); ``difference.svg`` and ``difference.txt`` compare them.
    """
    graphs = {ORIGINAL: reaction.original, REPLAYED: reaction.replayed}
    difference = trace_diff(*(TraceSet(graph, single=True, name=name) for name, graph in graphs.items()))
    files = {
        "reaction.txt": f"{reaction.text()}\n",
        "reaction.json": _json(
            {
                "result": reaction.status,
                "level": reaction.level,
                "waited_s": reaction.waited_s,
                "checks": reaction.rows(),
                **{
                    name: _rows(getattr(reaction, name)) for name in ("pairs", "missing", "extra", "payload", "latency")
                },
            }
        ),
        "difference.txt": f"{difference.text()}\n",
        "difference.svg": difference.svg(),
    }
    for name, graph in graphs.items():
        trace = Trace(graph)
        files[f"{name}.svg"] = trace.svg()
        files[f"{name}.mmd"] = trace.mermaid()
        files[f"{name}.json"] = _json({"events": _rows(trace.frame), "edges": _rows(trace.edges)})
    return files


def _rows(frame: pd.DataFrame) -> Any:
    return json.loads(frame.to_json(orient="records", date_format="iso", date_unit="us", default_handler=str))


def _json(tree: Any) -> str:
    return f"{json.dumps(tree, indent=1, ensure_ascii=False)}\n"
