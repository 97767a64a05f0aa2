"""Opens files of spans, CSV and Parquet as traces, alone or joined with the records of a snapshot."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import SpanFormatError, TableError
from workbench.session.trace import read_events
from workbench.text import size_text

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import pyarrow as pa

    from workbench.model.causation import GraphViewSource
    from workbench.session.snapshot import Snapshot
    from workbench.tracing.spans.columns import SpanFile
    from workbench.tracing.spans.events import Moment
    from workbench.tracing.trace import Trace
    from workbench.widgets import CausationGraph

LIMIT_BYTES = 4 << 30
"""Size of the content above which a file is refused, after decompression."""

_GZIP = b"\x1f\x8b"
_PIECE_BYTES = 1 << 20


def open_trace(
    path: str | os.PathLike[str] | pd.DataFrame | pa.Table | Sequence[Any],
    *,
    columns: Mapping[str, str] | None = None,
    at: Moment = "start",
    snapshot: Snapshot | None = None,
    records_only: bool = False,
) -> Trace:
    """Open spans from elsewhere as a trace; also available as ``workbench.open_trace``.

    Jaeger JSON, Zipkin JSON (v1, v2), OTLP JSON and Protobuf are recognised by their content, ``.gz`` is unpacked. CSV,
    Parquet and frames are read by their column names.

    Args:
        path: A file, a frame or an Arrow table, or a list of these, which may be parents of each other.
        columns: For tables, the column of each role (``span``, ``trace``, ``parent``, ``name``, ``service``, ``start``,
            ``end``, …) where its usual names do not do.
        at: ``start`` places a span at its start, ``end`` at its end.
        snapshot: Records of this snapshot join the same graph, by trace context and by position.
        records_only: Spans only lead from record to record, and are no events themselves; needs ``snapshot``.

    Raises:
        SpanFormatError: A file is empty, cut off, or of no known format.
        TableError: The columns of a table are not known, or nothing was named.
    """
    from workbench.tracing.spans.graph import spans_graph
    from workbench.tracing.trace import Trace

    named = path if isinstance(path, list | tuple) else [path]
    if not named:
        raise TableError("No file of spans was named. Pass a path, a pandas frame or an Arrow table, or several.")
    files = [_read(one, columns) for one in named]
    if snapshot is None:
        return Trace(spans_graph(files, at=at), viewer=_draw)
    records, ranges = read_events(snapshot.store), snapshot.store.ranges_table()
    graph = spans_graph(files, at=at, records=records, ranges=ranges, records_only=records_only)
    return Trace(graph, viewer=snapshot.draw)


def _read(source: Any, columns: Mapping[str, str] | None) -> tuple[str, SpanFile]:
    from workbench.tracing.spans.frames import read_frame
    from workbench.tracing.spans.reading import read_spans

    if isinstance(source, str) or hasattr(source, "__fspath__"):
        path = Path(source)
        name = path.name.removesuffix(".gz")
        return name, read_spans(_content(path), name, columns)
    return "table", read_frame(source, columns)


def _content(path: Path) -> bytes:
    """Read a file, unpacked if it is gzip, up to `LIMIT_BYTES`: a small file can unpack to more than the memory."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SpanFormatError(f"{path} cannot be read: {reason}. Check the path.", path=str(path)) from error
    if not data.startswith(_GZIP):
        return data
    pieces, size = list[bytes](), 0
    try:
        with gzip.open(path) as unpacked:
            while piece := unpacked.read(_PIECE_BYTES):
                pieces.append(piece)
                size += len(piece)
                if size > LIMIT_BYTES:
                    raise SpanFormatError(
                        f"{path} unpacks to more than {size_text(LIMIT_BYTES)}, which is refused. Split it.",
                        path=str(path),
                    )
    except (EOFError, OSError, zlib.error) as error:
        raise SpanFormatError(
            f"{path} is cut off or damaged: its gzip cannot be unpacked after {size_text(size)}. Fetch it again.",
            path=str(path),
        ) from error
    return b"".join(pieces)


def _draw(views: GraphViewSource, **options: Any) -> CausationGraph:
    from workbench.widgets import CausationGraph

    return CausationGraph(views, **options)
