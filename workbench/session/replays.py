"""Defines `Replays`, the replay runs that a snapshot records: a table of them, and the ways on from each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow.compute as pc

from workbench.errors import ReplayRefused, SnapshotError, ValidationError
from workbench.masking import plain
from workbench.session.connection.acting_user import acting_user
from workbench.store.journal import Journal, RecordedRuns, journal_path
from workbench.tasks import in_thread
from workbench.text import and_more, counted, element, iso_text, number_text, table, text_table, visible

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from typing import Protocol

    import pandas as pd
    import pyarrow as pa

    from workbench.bus.protocols import RecordLog
    from workbench.model.feeds import Progress
    from workbench.replay import Draft, ReplayReport, RunControl
    from workbench.session.connection.replay_access import Access
    from workbench.store.journal import RunHead
    from workbench.store.snapshot.store import SnapshotStore
    from workbench.tracing.reaction.reaction import Reaction
    from workbench.tracing.trace import Trace

    class Target(Access, Protocol):
        """The cluster of a run; a `Cluster` is one."""

        @property
        def log(self) -> RecordLog: ...
        @property
        def reason(self) -> str: ...


_COLUMNS = ("run", "token", "state", "next", "mode", "records", "target", "cluster", "created", "reason", "error")
_NEXT = {
    "planned": "run",
    "confirmed": "plan again",
    "stopped": "resume",
    "failed": "resume",
    "in_doubt": "resume, verify or abandon",
    "done": "verify",
    "not_verified": "verify",
}
"""What can be done with a run in each state."""


@dataclass(frozen=True)
class Replays:
    """The replay runs of a snapshot, newest first; ``snap.replays``.

    A run is named by its id or by the first digits of it. Methods that read or write a target take a cluster that was
    opened with ``write=True``.
    """

    store: SnapshotStore
    journal: Callable[[], Journal]
    """Opens the journal of the snapshot."""
    select: Callable[[pa.Table], Draft]
    """Makes a draft of the records at these positions."""
    restore: Callable[[pa.Table, Mapping[str, str]], Draft]
    """Makes a draft of the records that failed with the dead letters at these positions; targets by their topics."""
    graph: Callable[[], Trace]
    """Builds the causal graph of the snapshot."""
    origin: object = None
    """The snapshot itself."""

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each run: run, token, state, next, mode, records, target, cluster, created, reason, error."""
        import pandas as pd

        return pd.DataFrame(self.rows(), columns=list(_COLUMNS))

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of `frame` as dictionaries."""
        return [
            {
                "run": row.run_id,
                "token": row.plan_hash[:8],
                "state": row.state,
                "next": _next(row),
                "mode": row.shown["document"].get("mode", ""),
                "records": int(row.shown["document"]["records"]),
                "target": ", ".join(row.target_topics),
                "cluster": row.target_cluster,
                "created": iso_text(row.created_at),
                "reason": row.reason,
                "error": row.error,
            }
            for row in self._runs()
        ]

    def show(self, run: str) -> ReplayReport:
        """Return the report of a run: outcomes, target positions, and help for undoing it."""
        from workbench.replay import read_report

        return read_report(*self._recorded(run))

    async def verify(self, run: str, cluster: Target) -> ReplayReport:
        """Read the target again and compare it with the ledger. A run in doubt is settled from what is there first.

        Raises:
            ReplayRefused: The run wrote to another cluster.
        """
        from workbench.replay import read_report, resolve_run, verify_delivery

        journal, run_id = self._recorded(run)
        if journal.head(run_id).state == "in_doubt":
            await resolve_run(plain(cluster.log), journal, run_id)
        return read_report(journal, run_id, await verify_delivery(plain(cluster.log), run_id, journal))

    async def reaction(
        self,
        run: str,
        cluster: Target,
        *,
        topics: Sequence[str] = (),
        verify_timeout_s: float = 60.0,
        optional: Sequence[str] = (),
        ignore: Sequence[str] = (),
        into: str | os.PathLike[str] | None = None,
    ) -> Reaction:
        """Wait for what a run causes, and compare it with what its records had caused before.

        The topics of the original flow are read from the beginning of the run, until everything has come that had come
        before, or the usual time for it has passed. The result is a table of checks: shape, causes, correlation,
        latency, payload, errors, completeness, and consumption where the plan accepted groups.

        Args:
            run: The run.
            cluster: Its target.
            topics: Further topics on which effects are expected.
            verify_timeout_s: Seconds to wait at most.
            optional: Event types that may be missing, or come in addition.
            ignore: Paths of payloads that are not compared.
            into: A folder for the result as files: the report, both graphs as SVG, Mermaid and JSON, and how they
                differ; see `workbench.tracing.reaction.files.reaction_files`.

        Raises:
            ReplayRefused: The run wrote to another cluster.
            OSError: The folder cannot be written.
        """
        from workbench.session.reacting import watch_reaction
        from workbench.tracing.reaction.files import reaction_files

        journal, run_id = self._recorded(run)
        if into is not None:
            # Before the wait, which would be in vain where the folder cannot be written.
            await asyncio.to_thread(Path(into).mkdir, parents=True, exist_ok=True)
        reaction = await watch_reaction(
            cluster.log,
            journal,
            run_id,
            self.graph(),
            sources=await asyncio.to_thread(self.store.selected_sources),
            topics=topics,
            verify_timeout_s=verify_timeout_s,
            optional=optional,
            ignore=ignore,
        )
        if into is not None:
            await asyncio.to_thread(lambda: _write(Path(into), reaction_files(reaction)))
        return reaction

    async def resume(
        self,
        run: str,
        cluster: Target,
        *,
        target: str | Sequence[str] | None = None,
        doubtful: Literal["skip", "send"] | None = None,
        draft: Draft | None = None,
        progress: Callable[[Progress], None] | None = None,
        control: RunControl | None = None,
    ) -> ReplayReport:
        """Go on with a run that was killed, stopped or failed: what is on the target is not sent again.

        Args:
            run: The run.
            cluster: Its target.
            target: The name of the target topic; required if the cluster is protected.
            doubtful: For a batch of which the target cannot tell whether it arrived: ``skip`` leaves it out, ``send``
                sends it and accepts that it may be there twice. Without it such a run is refused.
            draft: The draft of the run, where its records are not those of the snapshot: the one of `former_values`.
                By default the records are selected again from the positions in the journal, and those of a redrive are
                restored from their letters.
            progress: Called after each batch.
            control: Pauses, resumes and cancels the run.

        Raises:
            ReplayRefused: The run is in another state, its target changed, what is in doubt cannot be told, or the
                snapshot does not have its records.
        """
        from workbench.replay import plan_from_json, resume_run
        from workbench.session.connection.replay_access import access_of

        journal, run_id = self._recorded(run)
        selected = journal.selection(run_id)
        if not selected.num_rows or pc.min(selected["source_id"]).as_py() < 0:
            state = journal.head(run_id).state
            raise SnapshotError(
                f"Run {run_id} is {state} and its journal holds no records to send: it never began, or an earlier "
                "version ran it. Plan again; with skip_refused=True what is on the target is left out.",
                path=str(self.store.path),
            )
        stored = journal.run(run_id).plan
        if draft is not None:
            plan = await in_thread(lambda: plan_from_json(stored, draft))
        else:
            positions = selected.select(["source_id", "partition", "offset"])
            try:
                plan = await in_thread(lambda: plan_from_json(stored, self._selected_again(positions, stored)))
            except (ReplayRefused, ValidationError) as error:
                raise _other_records(run_id, stored["description"], error.message) from error
        return await resume_run(
            plan,
            plain(cluster.log),
            journal,
            connection=access_of(cluster),
            target=target,
            doubtful=doubtful,
            by=acting_user(cluster.profile),
            reason=cluster.reason,
            progress=progress,
            control=control,
        )

    def _selected_again(self, positions: pa.Table, stored: Mapping[str, Any]) -> Draft:
        if stored["options"]["mode"] == "redrive":
            return self.restore(positions, stored["facts"]["targets"])
        return self.select(positions)

    async def abandon(self, run: str, cluster: Target) -> ReplayReport:
        """Give up a run in doubt; a transaction that it left open is aborted, and its target is free again.

        Raises:
            ReplayRefused: The run wrote to another cluster, or is not in doubt.
        """
        from workbench.replay import abandon_run, read_report

        journal, run_id = self._recorded(run)
        by = acting_user(cluster.profile)
        await abandon_run(plain(cluster.log), journal, run_id, by=by, reason=cluster.reason)
        return read_report(journal, run_id)

    async def former_values(self, run: str, cluster: Target) -> Draft:
        """Return a draft of what the keys of a run had on its compacted targets before it, to be planned and run.

        Keys that somebody else has written since are left out, and so are keys that had no value.

        Raises:
            ReplayRefused: The run wrote to another cluster, or a target was deleted since.
            ValidationError: No target is compacted, or no key had a value before.
        """
        from workbench.replay.undo.former_values import former_values

        journal, run_id = self._recorded(run)
        return await former_values(plain(cluster.log), journal, run_id, origin=self.origin)

    async def delete_created(self, run: str, cluster: Target, *, topic: str) -> None:
        """Delete a topic that a run created, if it has only records of that run and no group reads it.

        Args:
            run: The run.
            cluster: Its target.
            topic: The physical name of the topic, typed.

        Raises:
            ReplayRefused: Names why it was not deleted.
        """
        from workbench.replay import delete_created

        journal, run_id = self._recorded(run)
        by, reason = acting_user(cluster.profile), cluster.reason
        await delete_created(plain(cluster.log), journal, run_id, topic=topic, by=by, reason=reason)

    def _runs(self) -> list[RunHead]:
        own = RecordedRuns(self.store.connection).runs()
        beside = self.journal().runs() if self.store.read_only and journal_path(self.store.path).is_file() else []
        return sorted((*own, *beside), key=lambda row: row.created_at, reverse=True)

    def _recorded(self, run: str) -> tuple[Journal, str]:
        """Return the journal that records a run, and the whole id of the run."""
        found = [row.run_id for row in self._runs() if run and row.run_id.startswith(run)]
        if len(found) != 1:
            what = f"{counted(len(found), 'run')} begin with {run!r}" if found else f"there is no run {run!r}"
            known = ", ".join(row.run_id for row in self._runs()[:5]) or "none"
            raise SnapshotError(f"{self.store.path}: {what}; it records {known}.", path=str(self.store.path))
        if self.store.read_only and self.recorded_in_file(found[0]):
            raise SnapshotError(
                f"Run {found[0]} is recorded in {self.store.path} itself, which is open for reading only. "
                "Open it with write=True.",
                path=str(self.store.path),
            )
        return self.journal(), found[0]

    def recorded_in_file(self, run: str) -> bool:
        """Tell whether the snapshot file itself records a run, and not a journal beside it."""
        return any(row.run_id.startswith(run) for row in RecordedRuns(self.store.connection).runs())

    def _cells(self) -> list[list[str]]:
        return [[visible(str(row[name] or ""), 60) for name in _COLUMNS] for row in map(_shown, self.rows())]

    def __repr__(self) -> str:
        cells = self._cells()
        return text_table(_COLUMNS, cells, numeric=(5,)) if cells else "no replay was planned yet"

    def _repr_html_(self) -> str:
        cells = self._cells()
        shown = table(_COLUMNS, cells, numeric=(5,)) if cells else element("p", "no replay was planned yet")
        return shown.render()


def _next(row: RunHead) -> str:
    from workbench.replay.rules.time_rules import VALID_FOR_MS

    age_ms = (datetime.now(UTC).replace(tzinfo=None) - row.created_at).total_seconds() * 1000
    return "plan again" if row.state == "planned" and age_ms > VALID_FOR_MS else _NEXT.get(row.state, "")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    first, *others = row["target"].split(", ")
    return {**row, "records": number_text(row["records"]), "target": f"{first}{and_more(len(others))}"}


def _other_records(run: str, description: str, reason: str) -> ReplayRefused:
    """Return the refusal of a run whose records the snapshot does not give again."""
    return ReplayRefused(
        f"Run {run} was not resumed: it sends {description or 'a selection'}, and this snapshot does not hold the same "
        f"records. {reason} If they came from former_values(), pass the same draft: resume(run, writer, "
        "draft=draft). If you do not have it any more, leave this run (abandon it if it is in doubt), and make a new "
        "draft: former_values() of the run that was undone gives what has not come back yet.",
        reasons=[reason],
    )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
