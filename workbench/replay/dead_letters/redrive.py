"""Sends dead letters home: restores the records that failed, fixes them, and makes a draft for their origin.

Nothing is sent here. The draft is planned, confirmed, run and verified like every replay; its records keep the position
of their dead letter, so the ledger and ``x-replay-of`` tell which letters were dealt with.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigurationError, ValidationError
from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.replay.dead_letters.homebound import homebound_draft, letters_of
from workbench.replay.dead_letters.originals import Originals
from workbench.replay.dead_letters.restored_letters import BY_NAME, NotRestorable, RestoredRecord
from workbench.replay.record_positions import POSITION
from workbench.replay.rewriting.edits import Change, checked_fix, edited, operations_of
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.replay.rewriting.kept_edits import Edits, edited_batch
from workbench.replay.rewriting.record_reader import RecordReader
from workbench.text import counted, number_text, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd
    import pyarrow as pa

    from workbench.model.selecting.selection import SelectedSource
    from workbench.replay.dead_letters.homebound import Letter, ReaderOf
    from workbench.replay.draft import Draft
    from workbench.replay.rewriting.edits import Fix

REDRIVE_RATE = 100
"""Records a second by default: the target has live consumers on purpose."""
REDRIVE_RAMP_S = 10
"""Seconds at the beginning in which a tenth of the rate is sent."""
_SHOWN = 5
_NOT_RETRIED = (
    "authentication", "authorization", "configuration", "configexception", "validation", "deserialization",
    "jsondecode", "jsonparse", "jsonprocessing", "jsonmapping", "jsonsyntax", "jsonreader", "jsonexception",
)  # fmt: skip
"""Parts of error types that a second attempt cannot mend, as long as the record is not changed."""


@dataclass(frozen=True)
class Redrive:
    """Dead letters on their way home: what is sent where, what the fix changes, and what cannot be sent.

    Attributes:
        draft: Plan it with ``cluster.plan(redrive.draft, to=redrive.to)``.
        to: Origin topic of each dead-letter topic.
        changes: The records that the fix changed.
        refused: Position and reason of each letter that is not sent.
        removed: Names of the headers of the letters that are not sent on.
        bodies: Where the bodies came from, where the records at their origins were captured, too.
    """

    draft: Draft
    to: Mapping[str, str]
    changes: tuple[Change, ...]
    refused: Mapping[str, str]
    removed: tuple[str, ...] = ()
    bodies: str = ""

    def __len__(self) -> int:
        return len(self.draft)

    def __repr__(self) -> str:
        lines = [f"Redrive of {counted(len(self), 'dead letter')}, {number_text(len(self.changes))} changed"]
        lines += [f"  {source} → {target}" for source, target in sorted(self.to.items())]
        lines += [f"  headers left out: {visible(', '.join(self.removed), 400)}"] if self.removed else []
        lines += [f"  {self.bodies}"] if self.bodies else []
        for change in self.changes[:_SHOWN]:
            lines += ["", change.position, *(visible(line, 200) for line in change.diff.splitlines())]
        if self.refused:
            lines += ["", f"{counted(len(self.refused), 'letter')} not sent:", self._refused_table()]
        return "\n".join(lines)

    def _refused_table(self) -> str:
        first: dict[str, str] = {}
        for position, reason in self.refused.items():
            first.setdefault(reason, position)
        reasons = Counter(self.refused.values()).most_common()
        rows = [(number_text(count), first[reason], reason) for reason, count in reasons[:_SHOWN]]
        more = [counted(len(reasons) - _SHOWN, "more reason")] if len(reasons) > _SHOWN else []
        return "\n".join([text_table(("letters", "such as", "reason"), rows, numeric=(0,)), *more])


def make_redrive(
    letters: pd.DataFrame,
    records: pa.Table | None,
    sources: Iterable[SelectedSource],
    *,
    fix: Fix | None = None,
    sent_before: Mapping[str, str] | None = None,
    confirmed: str | None = None,
    accept_errors: Collection[str] = (),
    originals: Originals | None = None,
    origin: object = None,
    reader: ReaderOf = lambda _, topic: RecordReader(topic),
    **options: Any,
) -> Redrive:
    """Restore and fix dead letters, and make the draft that sends them to their origin.

    Args:
        letters: Rows of `workbench.replay.dead_letters.triage.DeadLetters.frame`.
        records: Their raw records: RECORD columns, ``source_id``, ``cluster``, ``topic``; None without any letter.
        sources: How each source was captured.
        fix: A function that gets the decoded body and returns the one to send, None to leave the letter out; a JSON
            patch (RFC 6902); or patches by the position of the letter.
        sent_before: Position and run of letters that were sent home already.
        confirmed: The original topic that the user named: letters go there that only the name of their topic tells of.
        accept_errors: Error types whose letters are sent unchanged, though such an error usually comes again.
        originals: The records at the origins of the letters, where they were captured, too.
        origin: The snapshot.
        reader: Gives what reads the records of an original topic.
        options: See `workbench.replay.Options`.

    Raises:
        ConfigurationError: The fix is no function and no patch, or the options ask for another mode.
        ValidationError: No letter can be sent, or the letters of one topic come from several origins.
    """
    if options.get("mode", "redrive") != "redrive":
        raise ConfigurationError(f"Letters go home in mode 'redrive', not {options['mode']!r}; leave mode= out.")
    checked = None if fix is None else checked_fix(fix)
    originals = originals or Originals()
    kept: list[tuple[Letter, RestoredRecord]] = []
    patches: list[Sequence[dict[str, Any]]] = []
    changes: list[Change] = []
    refused: dict[str, str] = {}
    to: dict[str, set[str]] = {}
    unknown = set(checked) if isinstance(checked, dict) else set()
    for letter in letters_of(letters, records, reader):
        unknown.discard(letter.position)
        try:
            _check_origin(letter.entry, confirmed, (sent_before or {}).get(letter.position))
            found = letter.restored(originals)
            patch, change = _fixed(letter, found, checked)
            if change is None:
                _check_retried(letter.entry, accept_errors)
        except NotRestorable as reason:
            refused[letter.position] = str(reason)
            continue
        kept.append((letter, found))
        patches.append(() if change is None else patch)
        changes += [] if change is None else [change]
        to.setdefault(letter.record["topic"], set()).add(str(letter.entry.origin_topic))
    if unknown:
        raise ValidationError(f"{min(unknown)} is no selected dead letter, so it cannot be fixed.")
    if records is None or not kept:
        reasons = "; ".join(sorted(set(refused.values()))[:_SHOWN])
        raise ValidationError(f"No dead letter can be sent: {reasons or 'there is none'}.")
    targets = _one_origin_each(to)
    summary = f"{counted(len(kept), 'dead letter')}, {number_text(len(changes))} changed by a fix"
    chosen = {"records_per_s": REDRIVE_RATE, "ramp_s": REDRIVE_RAMP_S, **options}
    draft = homebound_draft(records, kept, sources, description=summary, origin=origin, **chosen)
    if changes:
        (places,) = draft.records.select([*POSITION]).combine_chunks().to_batches()
        draft = draft.with_edits(Edits.of([edited_batch(places, patches, [None] * len(patches))]))
    removed = tuple(sorted({name for _, record in kept for name in record.removed}))
    return Redrive(draft, targets, tuple(changes), refused, removed, originals.summary)


def _check_origin(letter: Any, confirmed: str | None, run: str | None) -> None:
    """Refuse a letter that is at home already, or whose home is not known for sure."""
    if run is not None:
        raise NotRestorable(f"it was sent home by run {run}")
    if not isinstance(letter.origin_topic, str):
        named = f"origins={{{letter.topic!r}: 'TOPIC'}} (--origins {letter.topic}=TOPIC)"
        raise NotRestorable(f"its origin is not known; name it with {named}")
    if is_dead_letter_topic(letter.origin_topic):
        raise NotRestorable(f"its origin {letter.origin_topic} is a dead-letter topic")
    if letter.origin_via == BY_NAME and letter.origin_topic != confirmed:
        guess = f"that it came from {letter.origin_topic} is a guess by the name of its topic"
        raise NotRestorable(f"{guess}; confirm it with origin={letter.origin_topic!r} (--origin {letter.origin_topic})")


def _check_retried(letter: Any, accepted: Collection[str]) -> None:
    """Refuse a letter that was not changed, and whose error would come again."""
    kind = letter.error_type
    if not isinstance(kind, str) or kind in accepted or not any(word in kind.lower() for word in _NOT_RETRIED):
        return
    raise NotRestorable(
        f"{kind} would come again, and the record was not changed; if its cause was mended elsewhere, say so with "
        f"accept_errors=[{kind!r}] (--accept-error {kind})",
    )


def _fixed(letter: Letter, found: RestoredRecord, fix: Fix | None) -> tuple[Sequence[dict[str, Any]], Change | None]:
    """Return the operations by which a fix changes a record, and their effect; None where it changes nothing."""
    if fix is None:
        return (), None
    before = found.value, found.headers
    try:
        patch = operations_of(letter.reader, fix, *before, position=letter.position)
        after = edited(letter.reader, *before, patch) if patch else before
    except NotRewritable as reason:
        raise NotRestorable(str(reason)) from reason
    return patch, None if after == before else Change.of(letter.position, letter.reader, before, after)


def _one_origin_each(origins: Mapping[str, set[str]]) -> dict[str, str]:
    for topic, names in sorted(origins.items()):
        if len(names) > 1:
            shown = ", ".join(sorted(names)[:_SHOWN])
            raise ValidationError(
                f"The dead letters of {topic} come from several topics: {shown}. Send them one after the other: "
                f"origin={min(names)!r} (--origin {min(names)}).",
            )
    return {topic: next(iter(names)) for topic, names in origins.items()}
