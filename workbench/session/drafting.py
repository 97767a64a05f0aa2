"""Makes drafts of the records of a snapshot: of any selection, of causal roots, of dead letters that are sent home."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from workbench.replay import Draft
    from workbench.replay.dead_letters.homebound import Letters
    from workbench.replay.dead_letters.letter_view import LetterView
    from workbench.replay.dead_letters.originals import Originals
    from workbench.replay.dead_letters.redrive import Redrive
    from workbench.replay.dead_letters.triage import DeadLetters, Redriven
    from workbench.replay.rewriting.edits import Fix
    from workbench.replay.rewriting.record_reader import RecordReader
    from workbench.store.journal import Journal, RecordedRuns
    from workbench.store.snapshot.store import SnapshotStore
    from workbench.tracing.trace import Trace

    class Recorded(Protocol):
        """A snapshot, as far as drafts need it."""

        store: SnapshotStore

        @property
        def path(self) -> Path: ...
        @property
        def read_only(self) -> bool: ...
        @property
        def graph(self) -> Trace: ...
        def journal(self) -> Journal: ...
        def dead_letters(self, *, origins: Mapping[str, str] | None = None) -> DeadLetters: ...


def make_draft(snapshot: Recorded, selection: Any, options: Mapping[str, Any]) -> Draft:
    """Select records; see `Snapshot.replay`."""
    from workbench.replay import Draft
    from workbench.replay.draft import mark_caused
    from workbench.replay.selected_positions import positions_of
    from workbench.session.decoded_records import decoded_records
    from workbench.session.raw_bytes import raw_of
    from workbench.session.stimulus import roots_of

    store = snapshot.store
    positions, summary = positions_of(store, selection)
    expected = None
    if options.get("mode") == "stimulus":
        selected = positions
        positions, expected = roots_of(snapshot.graph, selected)
        summary = f"{counted(positions.num_rows, 'root')} of {counted(selected.num_rows, 'record')}: {summary}"
    decoded = mark_caused(decoded_records(store, positions))
    used = set(positions["source_id"].unique().to_pylist())
    sources = [source for source in store.selected_sources() if source.source_id in used]
    reader = _readers(store)
    readers = {source.source_id: reader(source.source_id, source.topic) for source in sources}
    raw = raw_of(snapshot.path, decoded, {one.source_id: one.cluster_id for one in sources})
    return Draft(
        decoded,
        sources=sources,
        description=summary,
        origin=snapshot,
        readers=readers,
        raw=raw,
        expected=expected,
        **options,
    )


def _readers(store: SnapshotStore) -> Callable[[int, str], RecordReader]:
    """Return what gives the reader of the records of a source, by a topic: with the schemas of its cluster."""
    from workbench.replay.rewriting.record_reader import RecordReader
    from workbench.session.conventions import topic_decoder
    from workbench.store.snapshot.schemas import schemas_by_cluster

    decoder = topic_decoder()
    known = {cluster: decoder.with_schemas(schemas) for cluster, schemas in schemas_by_cluster(store).items()}
    clusters = {source.source_id: source.cluster_id for source in store.selected_sources()}

    def reader(source_id: int, topic: str) -> RecordReader:
        own = known.get(clusters.get(source_id) or "", decoder)
        return RecordReader(topic, own.of_topic(topic))

    return reader


def _journals(snapshot: Recorded) -> list[Journal | RecordedRuns]:
    """Return where runs of a snapshot are recorded: in the file, and in a journal beside one that is read-only."""
    from workbench.store.journal import RecordedRuns, journal_path

    own = RecordedRuns(snapshot.store.connection)
    beside = snapshot.read_only and journal_path(snapshot.path).is_file()
    return [own, snapshot.journal()] if beside else [own]


def dead_letters_of(snapshot: Recorded, origins: Mapping[str, str] | None) -> DeadLetters:
    """Group the dead letters of a snapshot; see `Snapshot.dead_letters`."""
    from workbench.replay.dead_letters.triage import read_dead_letters

    redriven = redriven_by(snapshot)
    return read_dead_letters(snapshot.store, origins=origins, redriven=redriven, look=partial(_look, snapshot.store))


def _look(store: SnapshotStore, row: pd.DataFrame) -> LetterView:
    from workbench.replay.dead_letters.letter_view import LetterView
    from workbench.replay.selected_positions import positions_of

    positions = positions_of(store, row)[0]
    ((letter,),) = (step for step in _letters(store, row, positions).steps() if step)
    (told,) = store.named_columns(("format", "raw_reason"), positions).to_pylist()
    texts = (told["format"] or "none, the value is null", told["raw_reason"])
    return LetterView.of(letter, _originals(store, row), ": ".join(filter(None, texts)))


def redriven_by(snapshot: Recorded) -> Redriven:
    """Return the letters that runs of a snapshot sent home; a note where its journal is held by another process."""
    from workbench.errors import SnapshotLockedError
    from workbench.replay.dead_letters.triage import Redriven

    try:
        return _redriven(_journals(snapshot))
    except SnapshotLockedError as error:
        return Redriven(note=f"Which letters were sent home is not known now: {error.message}")


def _redriven(journals: Sequence[Journal | RecordedRuns]) -> Redriven:
    from workbench.replay.dead_letters.triage import Redriven

    letters: dict[str, str] = {}
    records: dict[str, tuple[str, datetime | None]] = {}
    for journal in journals:
        letters |= journal.sent_home()
        records |= journal.arrived_home()
    return Redriven(letters, records)


def redrive_letters(
    snapshot: Recorded,
    fingerprint: str | None,
    *,
    fix: Fix | None,
    origin: str | None,
    origins: Mapping[str, str] | None,
    accept_errors: Collection[str],
    options: Mapping[str, Any],
) -> Redrive:
    """Restore and fix dead letters; see `Snapshot.redrive`."""
    from workbench.errors import ValidationError
    from workbench.replay.dead_letters.redrive import make_redrive
    from workbench.replay.selected_positions import positions_of

    found = snapshot.dead_letters(origins=origins)
    try:
        letters = found.frame if fingerprint is None else found.of_group(fingerprint)
    except KeyError as error:
        raise ValidationError(error.args[0]) from error
    if origin is not None:
        known = ", ".join(sorted(letters["origin_topic"].dropna().unique())[:5]) or "topics that are not known"
        letters = letters[letters["origin_topic"] == origin]
        if letters.empty:
            raise ValidationError(f"None of these dead letters came from {origin}; they came from {known}.")
    store = snapshot.store
    return make_redrive(
        _letters(store, letters, positions_of(store, letters)[0] if len(letters) else None),
        store.selected_sources(),
        fix=fix,
        sent_before=_redriven(_journals(snapshot)).letters,
        confirmed=origin,
        accept_errors=accept_errors,
        originals=_originals(store, letters),
        origin=snapshot,
        **options,
    )


def restored_letters(snapshot: Recorded, positions: pa.Table, targets: Mapping[str, str]) -> Draft:
    """Restore the letters at these positions, of a run that is resumed; its plan has the fixes.

    Args:
        snapshot: The snapshot.
        positions: Positions of the letters.
        targets: The topic to which the run sends the letters of each topic.

    Raises:
        ValidationError: A letter is not there, or cannot be restored any more.
    """
    from workbench.replay.dead_letters.homebound import restored_draft
    from workbench.replay.selected_positions import positions_of

    store = snapshot.store
    frame = snapshot.dead_letters(origins=targets).frame
    letters = _letters(store, frame, positions_of(store, positions)[0])
    originals = _originals(store, frame)
    return restored_draft(letters, store.selected_sources(), originals=originals, origin=snapshot)


def _letters(store: SnapshotStore, frame: pd.DataFrame, positions: pa.Table | None) -> Letters:
    from workbench.replay.dead_letters.homebound import Letters
    from workbench.session.decoded_records import record_batches_at

    return Letters(frame, () if positions is None else record_batches_at(store, positions), _readers(store))


def _originals(store: SnapshotStore, letters: pd.DataFrame) -> Originals:
    """Return the records at the origins of letters, where the snapshot has them."""
    from workbench.replay.dead_letters.originals import Originals, origin_positions

    sources = store.selected_sources()
    places = origin_positions(letters, sources)
    return Originals(store.record_table(positions=places) if places.num_rows else None, sources)
