"""Sends dead letters home: restores the records that failed, fixes them, and makes a draft for their origin.

Nothing is sent here. The draft is planned, confirmed, run and verified like every replay; its records keep the position
of their dead letter, so the ledger and ``x-replay-of`` tell which letters were dealt with.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigurationError, ValidationError
from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.replay.dead_letters.homebound import homebound_draft, restored_batch
from workbench.replay.dead_letters.originals import Originals
from workbench.replay.dead_letters.restored_letters import BY_NAME, NotRestorable, RestoredRecord
from workbench.replay.options import Options
from workbench.replay.rewriting.edits import checked_fix, edited, operations_of
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.replay.rewriting.kept_edits import Edits, edited_batch
from workbench.text import counted, number_text, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pyarrow as pa

    from workbench.model.selecting.selection import SelectedSource
    from workbench.replay.dead_letters.homebound import Letter, Letters
    from workbench.replay.draft import Draft
    from workbench.replay.rewriting.edits import Change, Fix

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
        refused: Position and reason of each letter that is not sent.
        removed: Names of the headers of the letters that are not sent on.
        bodies: Where the bodies came from, where the records at their origins were captured, too.
    """

    draft: Draft
    to: Mapping[str, str]
    refused: Mapping[str, str]
    removed: tuple[str, ...] = ()
    bodies: str = ""

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The records that the fix changed, with the ``diff`` of each."""
        return self.draft.changes

    @property
    def changed(self) -> int:
        """Number of records that the fix changed."""
        return len(self.draft.edits)

    def __len__(self) -> int:
        return len(self.draft)

    @property
    def summary(self) -> str:
        """What is sent where, and what is not sent; without the changes."""
        lines = [f"Redrive of {counted(len(self), 'dead letter')}, {number_text(self.changed)} changed"]
        lines += [f"  {source} → {target}" for source, target in sorted(self.to.items())]
        lines += [f"  headers left out: {visible(', '.join(self.removed), 400)}"] if self.removed else []
        lines += [f"  {self.bodies}"] if self.bodies else []
        if self.refused:
            lines += ["", f"{counted(len(self.refused), 'letter')} not sent:", self._refused_table()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        lines = [self.summary]
        for change in islice(self.draft.each_change(), _SHOWN):
            lines += ["", change.position, *(visible(line, 200) for line in change.diff.splitlines())]
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
    letters: Letters,
    sources: Iterable[SelectedSource],
    *,
    fix: Fix | None = None,
    sent_before: Mapping[str, str] | None = None,
    confirmed: str | None = None,
    accept_errors: Collection[str] = (),
    originals: Originals | None = None,
    origin: object = None,
    **options: Any,
) -> Redrive:
    """Restore and fix dead letters, and make the draft that sends them to their origin.

    Args:
        letters: The letters.
        sources: How each source was captured.
        fix: A function that gets the decoded body and returns the one to send, None to leave the letter out; a JSON
            patch (RFC 6902); or patches by the position of the letter.
        sent_before: Position and run of letters that were sent home already.
        confirmed: The original topic that the user named: letters go there that only the name of their topic tells of.
        accept_errors: Error types whose letters are sent unchanged, though such an error usually comes again.
        originals: The records at the origins of the letters, where they were captured, too.
        origin: The snapshot.
        options: See `workbench.replay.Options`.

    Raises:
        ConfigurationError: The fix is no function and no patch, or the options ask for another mode.
        ValidationError: No letter can be sent, or the letters of one topic come from several origins.
    """
    if options.get("mode", "redrive") != "redrive":
        raise ConfigurationError(f"Letters go home in mode 'redrive', not {options['mode']!r}; leave mode= out.")
    Options.parse(options)
    sorting = _Sorting(fix, sent_before or {}, confirmed, accept_errors, originals or Originals())
    chosen = {"records_per_s": REDRIVE_RATE, "ramp_s": REDRIVE_RAMP_S, **options}
    draft = homebound_draft(map(sorting.batch, letters.steps()), letters, sources, origin=origin, **chosen)
    if sorting.unknown:
        raise ValidationError(f"{min(sorting.unknown)} is no selected dead letter, so it cannot be fixed.")
    if not len(draft):
        reasons = "; ".join(sorted(set(sorting.refused.values()))[:_SHOWN])
        raise ValidationError(f"No dead letter can be sent: {reasons or 'there is none'}.")
    targets = _one_origin_each(sorting.to)
    draft = draft.with_edits(Edits.of(sorting.edits))
    draft.description = f"{counted(len(draft), 'dead letter')}, {number_text(len(draft.edits))} changed by a fix"
    return Redrive(draft, targets, sorting.refused, tuple(sorted(sorting.removed)), sorting.originals.summary)


class _Sorting:
    """Sorts letters into those that are sent, fixed or as they are, and those that are refused."""

    def __init__(
        self,
        fix: Fix | None,
        sent_before: Mapping[str, str],
        confirmed: str | None,
        accept_errors: Collection[str],
        originals: Originals,
    ) -> None:
        self._fix = None if fix is None else checked_fix(fix)
        self._sent_before, self._confirmed, self._accepted = sent_before, confirmed, accept_errors
        self.originals = originals
        self.unknown: set[str] = set(self._fix) if isinstance(self._fix, dict) else set()
        """Positions of patches that belong to no letter."""
        self.refused: dict[str, str] = {}
        self.to: dict[str, set[str]] = {}
        self.removed: set[str] = set()
        self.edits: list[pa.RecordBatch] = []

    def batch(self, letters: Sequence[Letter]) -> pa.RecordBatch:
        """Return those of some letters that are sent."""
        kept: list[tuple[Letter, RestoredRecord]] = []
        patches: list[Sequence[dict[str, Any]]] = []
        for letter in letters:
            self.unknown.discard(letter.position)
            try:
                found, patch = self._prepared(letter)
            except NotRestorable as reason:
                self.refused[letter.position] = str(reason)
                continue
            kept.append((letter, found))
            patches.append(patch)
            self.to.setdefault(letter.record["topic"], set()).add(str(letter.entry.origin_topic))
            self.removed.update(found.removed)
        batch = restored_batch(kept)
        self.edits.append(edited_batch(batch, patches, [None] * len(patches)))
        return batch

    def _prepared(self, letter: Letter) -> tuple[RestoredRecord, Sequence[dict[str, Any]]]:
        """Return the record that failed, and the operations by which the fix changes it."""
        _check_origin(letter.entry, self._confirmed, self._sent_before.get(letter.position))
        found = letter.restored(self.originals)
        patch = () if self._fix is None else _effective(letter, found, self._fix)
        if not patch:
            _check_retried(letter.entry, self._accepted)
        return found, patch


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


def _effective(letter: Letter, found: RestoredRecord, fix: Fix) -> Sequence[dict[str, Any]]:
    """Return the operations by which a fix changes a record; none where they change nothing."""
    before = found.value, found.headers
    try:
        patch = operations_of(letter.reader, fix, *before, position=letter.position)
        return patch if patch and edited(letter.reader, *before, patch) != before else ()
    except NotRewritable as reason:
        raise NotRestorable(str(reason)) from reason


def _one_origin_each(origins: Mapping[str, set[str]]) -> dict[str, str]:
    for topic, names in sorted(origins.items()):
        if len(names) > 1:
            shown = ", ".join(sorted(names)[:_SHOWN])
            raise ValidationError(
                f"The dead letters of {topic} come from several topics: {shown}. Send them one after the other: "
                f"origin={min(names)!r} (--origin {min(names)}).",
            )
    return {topic: next(iter(names)) for topic, names in origins.items()}
