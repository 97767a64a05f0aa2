"""The letters of a stored plan that sends dead letters home: the plan names them, and they are restored again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.buffers.packed_text import packed_text, unpacked_batches
from workbench.errors import ReplayRefused
from workbench.replay.record_positions import POSITION
from workbench.session.drafting import restored_letters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.replay import Draft, Plan
    from workbench.session.snapshot import Snapshot

_LETTERS = "letters"


def with_letters(plan: Plan) -> dict[str, Any]:
    """Return what the journal keeps of a plan, with the positions of its letters."""
    return {**plan.to_json(), _LETTERS: packed_text(plan.records.table.select([*POSITION]))}


def planned_letters(snapshot: Snapshot, stored: Mapping[str, Any]) -> Draft:
    """Make the draft of a stored plan again; its edits are in the plan.

    Raises:
        ReplayRefused: The plan does not name its letters, as those of earlier versions.
        ValidationError: A letter cannot be restored any more.
    """
    if _LETTERS not in stored:
        reason = "the plan does not name its letters; plan again with workbench dlq --redrive"
        raise ReplayRefused(f"Nothing was sent: {reason}.", reasons=[reason])
    positions = pa.Table.from_batches(unpacked_batches(stored[_LETTERS]))
    return restored_letters(snapshot, positions, stored["facts"]["targets"])
