"""Defines `Snapshot`, a file of captured events that is queried without a broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.session import open_files
from workbench.session.notebook_frames import show_frames_plainly
from workbench.session.questions import SnapshotQuestions
from workbench.session.times import moment, moment_ms
from workbench.store.snapshot.notes import snapshot_notes
from workbench.store.snapshot.overview import overview_html, overview_text
from workbench.text import visible

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping
    from pathlib import Path
    from typing import Self

    import pandas as pd
    import pyarrow as pa

    from workbench.capture import CaptureResult
    from workbench.lag import LagResult
    from workbench.model.causation import EventPosition, GraphViewSource
    from workbench.model.feeds import RecordDetail
    from workbench.model.selecting.window import BoundLike
    from workbench.replay import Draft
    from workbench.replay.dead_letters.redrive import Redrive
    from workbench.replay.dead_letters.triage import DeadLetters
    from workbench.replay.rewriting.edits import Fix
    from workbench.session.decoding_again import DecodedAgain
    from workbench.session.replays import Replays
    from workbench.session.schemas.of_snapshot import SnapshotSchemas
    from workbench.store.journal import Journal
    from workbench.store.snapshot.store import SnapshotStore
    from workbench.store.transfer import Imported
    from workbench.tasks import Supervisor
    from workbench.tracing.trace import Trace
    from workbench.widgets import CausationGraph


class Snapshot(SnapshotQuestions):
    """Reads a snapshot file; returned by `Cluster.capture` and `workbench.open`.

    No method asks a broker, so none is awaited. ``with`` closes the file.
    """

    def __init__(self, store: SnapshotStore, *, tasks: Supervisor | None = None) -> None:
        show_frames_plainly()
        super().__init__(store)
        self._tasks = tasks
        self._graph: tuple[int, Trace] | None = None
        self._journal: Journal | None = None
        self.last_capture: CaptureResult | None = None
        """The result of the last capture into this object."""

    @property
    def path(self) -> Path:
        """The DuckDB file."""
        return self.store.path

    @property
    def read_only(self) -> bool:
        """Whether the file was opened for reading only."""
        return self.store.read_only

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the snapshot besides its counts: remarks of captures, lost offsets, damage by reason."""
        return snapshot_notes(self.store)

    def adopt(self, tasks: Supervisor) -> None:
        """Run the background tasks of this snapshot's widgets under the supervisor of a cluster."""
        self._tasks = tasks

    def last_capture_rows(self) -> list[dict[str, Any]]:
        """Return the captured offset ranges that the last capture worked on, as dictionaries.

        A topic that it had to leave out is a row without offsets, with the state ``failed`` and the reason.
        """
        return [] if self.last_capture is None else self.last_capture.rows(self.store)

    def close(self) -> None:
        """Close the file, and the separate journal of a read-only one. May be called again."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        open_files.forget(self)
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def trace(
        self, *, correlation_id: str | None = None, event_id: str | None = None, trace_id: str | None = None
    ) -> Trace:
        """Return the causal graph of a correlation, of a trace id in the headers, or of an event and its relatives.

        Raises:
            UnknownEventError: The snapshot has no such event.
            TypeError: Not exactly one argument was given.
        """
        from workbench.session.trace import read_flow

        ids = {"correlation_id": correlation_id, "event_id": event_id, "trace_id": trace_id}
        flow = read_flow(self.store, ids, viewer=self.draw) if self._built() is None else None
        return flow or self.graph.select(correlation_id=correlation_id, event_id=event_id, trace_id=trace_id)

    @property
    def graph(self) -> Trace:
        """The causal graph of the whole snapshot; built at the first use, and again after new records were captured."""
        from workbench.session.trace import read_trace

        built = self._built()
        if built is None:
            self._graph = self.store.record_count(), (built := read_trace(self.store, viewer=self.draw))
        return built

    def _built(self) -> Trace | None:
        """Return the graph of everything if it was built and nothing came since."""
        if self._graph is None or self._graph[0] != self.store.record_count():
            return None
        return self._graph[1]

    def draw(self, views: GraphViewSource, **options: Any) -> CausationGraph:
        """Make the widget of a causal graph whose records are in this snapshot."""
        from workbench.widgets import CausationGraph

        return CausationGraph(views, supervisor=self._tasks, **{"record": self._record_detail, **options})

    def _record_detail(self, position: EventPosition) -> RecordDetail | None:
        from workbench.session.records import record_detail

        return record_detail(self.store, position)

    def dead_letters(self, *, origins: Mapping[str, str] | None = None) -> DeadLetters:
        """Group the dead letters by error: ``.groups``, ``.frame``, ``.sample(…)``, ``.over_time("1h")``, ``.look(…)``.

        Args:
            origins: The original topic of each dead-letter topic for which you know it. It has precedence over what
                payload, headers and the name of the topic say.
        """
        from workbench.session.drafting import dead_letters_of

        return dead_letters_of(self, origins)

    def workflows(self, at: BoundLike | None = None) -> pd.DataFrame:
        """Return workflow runs and their states at a time.

        Args:
            at: A datetime or ``"@2026-01-01T10:00:00Z"``; by default the end of the snapshot.

        Raises:
            WindowError: ``at`` is not a time.
        """
        from workbench.tracing.state import WORKFLOW_TYPES, workflows_at

        return workflows_at(self._events_of(WORKFLOW_TYPES), moment(at))

    def registry(self, at: BoundLike | None = None) -> pd.DataFrame:
        """Return the nodes, tools and subsystems that are registered at a time, with their last known health.

        Args:
            at: A datetime or ``"@2026-01-01T10:00:00Z"``; by default the end of the snapshot.

        Raises:
            WindowError: ``at`` is not a time.
        """
        from workbench.tracing.state import REGISTRY_TYPES, registry_at

        return registry_at(self._events_of(REGISTRY_TYPES), moment(at))

    def _events_of(self, types: frozenset[str]) -> pa.Table:
        where = "list_contains($types, event_type)"
        return self.store.event_table(where, {"types": sorted(types)}, with_value=True)

    def lag(
        self,
        groups: str = "*",
        *,
        topics: str = "*",
        cluster_id: str | None = None,
        start: BoundLike | None = None,
        end: BoundLike | None = None,
    ) -> LagResult:
        """Read the samples of consumer lag that `Cluster.watch_lag` and `Cluster.record_lag` stored here.

        Args:
            groups: Shell pattern of group ids.
            topics: Shell pattern of topics.
            cluster_id: Only samples of this cluster; by default of every cluster.
            start: Samples taken at or after this time: a datetime or ``"@2026-01-01T10:00:00Z"``.
            end: Samples taken before this time.

        Raises:
            WindowError: ``start`` or ``end`` is not a time.
        """
        from workbench.lag import LagResult
        from workbench.lag.history import read_tables

        tables = read_tables(
            self.store,
            cluster_id=cluster_id,
            start_ms=moment_ms(start),
            end_ms=moment_ms(end),
            groups=groups,
            topics=topics,
        )
        return LagResult(tables)

    def replay(self, selection: Any, **options: Any) -> Draft:
        """Select records to send again, and return a draft. Plan it with `Cluster.plan`; nothing is sent here.

        Args:
            selection: An SQL condition over events; a frame or Arrow table with ``partition``, ``offset`` and
                ``source_id`` or ``topic``; a trace; the selection of a table or graph; or positions written
                ``topic/partition@offset``.
            options: ``partitions``, ``timestamps``, ``headers``, ``order``, ``records_per_s``, …; see
                `workbench.replay.Options`.

        Raises:
            ValidationError: The selection is empty or not in this snapshot.
            TypeError: An option does not exist; the message suggests one with a similar name.
        """
        from workbench.session.drafting import make_draft

        return make_draft(self, selection, options)

    def redrive(
        self,
        fingerprint: str | None = None,
        *,
        fix: Fix | None = None,
        origin: str | None = None,
        origins: Mapping[str, str] | None = None,
        accept_errors: Collection[str] = (),
        **options: Any,
    ) -> Redrive:
        """Restore dead letters, fix them, and return the draft that sends them home; nothing is sent here.

        Its ``repr`` previews what the fix changes. Plan it with ``cluster.plan(redrive.draft, to=redrive.to)``.

        Args:
            fingerprint: Only the letters of this group, or its first digits; see `dead_letters`.
            fix: A function that gets the decoded body of each record and returns the one to send, or None to leave
                the letter out; a JSON patch (RFC 6902) for all; or JSON patches by the position of the letter.
            origin: Only letters of this original topic. It also confirms an origin that only the name of their topic
                tells (``origin_via`` is ``topic_name``).
            origins: The original topic of each dead-letter topic for which you know it.
            accept_errors: Error types whose cause was mended elsewhere: their letters are sent unchanged, too, though
                such an error (authentication, configuration, validation, decoding) usually comes again.
            options: See `replay`; ``records_per_s`` is 100 unless told, and ``ramp_s`` 10.

        Raises:
            ValidationError: No letter can be sent, or the letters of one topic come from several origins.
        """
        from workbench.session.drafting import redrive_letters

        return redrive_letters(
            self,
            fingerprint,
            fix=fix,
            origin=origin,
            origins=origins,
            accept_errors=accept_errors,
            options=options,
        )

    @property
    def replays(self) -> Replays:
        """The replay runs of this snapshot: ``.frame``, and ``.show``, ``.resume``, ``.verify``, ``.abandon``."""
        from workbench.session.drafting import restored_letters
        from workbench.session.replays import Replays

        return Replays(
            self.store,
            self.journal,
            self.replay,
            lambda positions, targets: restored_letters(self, positions, targets),
            lambda: self.graph,
            self,
        )

    def journal(self) -> Journal:
        """Return the journal of the replays: tables in this file, or a separate file if this one is read-only."""
        from workbench.store.journal import Journal, journal_path

        if self._journal is None:
            if self.read_only:
                self._journal = Journal.open(journal_path(self.path))
            else:
                self._journal = Journal(self.store.connection)
        return self._journal

    def pack(self) -> None:
        """Move all Parquet segments into the DuckDB file, so that there is one file to send."""
        self.store.pack()

    def verify(self) -> pd.DataFrame:
        """Read the whole snapshot and compare it with its stored checksums and counts; a row for each part.

        ``state`` is ``ok``, ``damaged``, ``missing``, ``differs``, or ``no checksum`` for segments of earlier versions;
        ``.attrs["faults"]`` counts those that are not whole.
        """
        from workbench.store.snapshot.verification import verify_snapshot

        return verify_snapshot(self.store)

    def copy_to(self, path: str | os.PathLike[str]) -> Path:
        """Copy the snapshot, also while it is being written; the copy can be read at once."""
        from workbench.store.transfer import copy_to

        return copy_to(self.store, path)

    def export(
        self,
        path: str | os.PathLike[str],
        *,
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> int:
        """Write records without loss, as Parquet or JSON lines by the name of the file; return their number.

        Args:
            path: The file to write: ``.parquet``, ``.jsonl`` or ``.ndjson``.
            where: An SQL condition over events, ``key``, ``value`` and ``headers``.
            params: Values of the ``$names`` in ``where``.
        """
        from workbench.store.transfer import export_records

        return export_records(self.store, path, where=where, params=params)

    def import_file(
        self,
        path: str | os.PathLike[str],
        *,
        conventions: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Imported:
        """Import a file that `export` wrote; records that the snapshot already has are skipped and counted.

        Args:
            path: The file to read.
            conventions: Additional envelope conventions by name.
        """
        from workbench.session.conventions import topic_decoder
        from workbench.session.masked_copies import table_mask
        from workbench.session.masking import note_masking
        from workbench.store.transfer import import_file

        if not self.read_only:
            note_masking(self.store)
        decoder = topic_decoder(conventions)
        return import_file(self.store, path, decoder, decoder.with_schemas, change=table_mask())

    def decode_again(
        self, *, conventions: Mapping[str, Mapping[str, Any]] | None = None, schema_registry: str | None = None
    ) -> DecodedAgain:
        """Decode every record again with the present conventions and stored schemas; raw records do not change.

        Args:
            conventions: Additional envelope conventions by name.
            schema_registry: URL of a schema registry, or a profile that has one: schemas that values name and that are
                not stored yet are fetched from it and stored first.

        Returns:
            ``.rows`` decoded, and ``.notes`` that name conventions and selectors which found nothing.
        """
        from workbench.session.decoding_again import decode_again

        self._graph = None
        return decode_again(self.store, conventions, schema_registry)

    @property
    def schemas(self) -> SnapshotSchemas:
        """The schemas that were stored with the records, and which records name them."""
        from workbench.session.schemas.of_snapshot import SnapshotSchemas

        return SnapshotSchemas(self.store)

    def report(self, path: str | os.PathLike[str], *, title: str | None = None, flow: str | None = None) -> Path:
        """Write a static HTML file: notes, contents, the flow of a correlation id (else the largest), failures, lag."""
        from workbench.session.incident_report import write_incident_report

        return write_incident_report(self, path, title=title, correlation_id=flow)

    def _heading(self) -> str:
        access = "read-only" if self.read_only else "writable"
        return f"Snapshot {visible(self.path.name, 80)} ({access})"

    def __repr__(self) -> str:
        return overview_text(self._heading(), self.store.ranges_table(), self.notes)

    def _repr_html_(self) -> str:
        return overview_html(self._heading(), self.store.ranges_table(), self.notes)
