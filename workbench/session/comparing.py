"""Compares two snapshots, open ones or files; also available as ``workbench.compare``."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from workbench.session.opening import open_snapshot
from workbench.session.snapshot import Snapshot

if TYPE_CHECKING:
    import os

    from workbench.exploration.comparison import SnapshotComparison
    from workbench.model.selecting.topic_selection import TopicsLike


def compare(
    a: Snapshot | str | os.PathLike[str],
    b: Snapshot | str | os.PathLike[str],
    *,
    topics: TopicsLike | None = None,
    sample: int = 10_000,
) -> SnapshotComparison:
    """Compare two snapshots, such as one before and one after a deployment; no broker is asked.

    Args:
        a: The earlier snapshot, open or a file.
        b: The later one.
        topics: Name, list, shell pattern or regular expression; by default the topics of both.
        sample: Newest records of each topic that are looked into for fields.

    Returns:
        ``.topics``: keys new, missing, changed and same by topic. ``.types``: shares of event types. ``.fields``:
        fields of payloads and headers that came, went or changed. ``.frame``: the keys that differ, with their newest
        positions.

    Raises:
        SnapshotError: There is no such file.
        UnknownTopicError: Neither has such a topic.
        ValidationError: Both are the same open snapshot.
    """
    from workbench.exploration import compare_snapshots

    with ExitStack() as files:
        first, second = (
            one if isinstance(one, Snapshot) else files.enter_context(open_snapshot(one)) for one in (a, b)
        )
        return compare_snapshots(first.store, second.store, topics, sample=sample)
