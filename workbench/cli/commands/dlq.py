"""``workbench dlq``: groups the dead letters of a snapshot by error."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.options import Json, SnapshotFile
from workbench.cli.output import print_rows
from workbench.cli.snapshots import opened
from workbench.errors import ConfigurationError

_GROUPS = ("fingerprint", "error_type", "message", "records", "topics", "origins", "guessed", "first", "last")
_ROWS = (
    "topic", "partition", "offset", "event_id", "correlation_id", "time", "error_type", "error_message",
    "attempts", "origin_topic", "origin_partition", "origin_offset", "origin_via",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(dlq)


def dlq(
    snapshot: SnapshotFile,
    fingerprint: Annotated[
        str | None, typer.Option("--fingerprint", "-f", help="Show samples of this group instead.")
    ] = None,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="Number of samples.")] = 3,
    as_json: Json = False,
) -> None:
    """Group the dead letters of a snapshot by error. Sends nothing."""
    from workbench.session.frames import plain_rows

    with opened(snapshot) as snap:
        found = snap.dead_letters()
    columns: tuple[str, ...] = _GROUPS
    frame = found.groups
    if fingerprint is not None:
        columns = _ROWS
        try:
            frame = found.sample(fingerprint, number)
        except KeyError as error:
            known = ", ".join(found.groups["fingerprint"].head(5)) or "none"
            raise ConfigurationError(f"No group has the fingerprint {fingerprint!r}; known are {known}.") from error
    print_rows(plain_rows(frame), columns, as_json=as_json, empty="No dead letter.")
