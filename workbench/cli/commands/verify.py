"""``workbench verify``: checks every byte of a snapshot."""

from __future__ import annotations

import typer

from workbench.cli import exits
from workbench.cli.options import Json, SnapshotFile
from workbench.cli.output import print_rows, say
from workbench.cli.snapshots import opened
from workbench.text import counted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


def verify(snapshot: SnapshotFile, as_json: Json = False) -> None:
    """Compare a snapshot with the checksums and counts stored in it. Exit code 1: something is damaged or missing."""
    from workbench.session.frames import plain_rows

    with opened(snapshot) as snap:
        frame = snap.verify()
    rows, faults = plain_rows(frame), frame.attrs["faults"]
    shown = rows if as_json else [row for row in rows if row["state"] != "ok"]
    print_rows(shown, ["what", "state", "rows", "held", "detail"], as_json=as_json)
    unknown = sum(row["state"] == "no checksum" for row in rows)
    about = f", {counted(unknown, 'file')} written before checksums were stored" if unknown else ""
    say(f"{snapshot}: {counted(len(rows), 'part')} checked, {counted(faults, 'fault')}{about}.")
    if faults:
        raise typer.Exit(exits.FAILED)
