"""Plans how dead letters of a snapshot file are sent home, fixed by a function of a file; runs a plan by its token."""

from __future__ import annotations

import json
import runpy
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigurationError
from workbench.session.connecting import connect
from workbench.session.opening import open_snapshot
from workbench.session.replaying import planned

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

    from workbench.model.feeds import Progress
    from workbench.replay import Plan, ReplayReport
    from workbench.replay.redrive import Redrive
    from workbench.replay.rewriting.edits import Fix


def load_fix(path: Path) -> Fix:
    """Read a JSON patch from a ``.json`` file, or run a Python file and return its function ``fix``.

    Raises:
        ConfigurationError: The file fails, has no such function, or holds no JSON patch.
    """
    if path.suffix == ".json":
        return _load_patch(path)
    try:
        found = runpy.run_path(str(path)).get("fix")
    except Exception as error:
        # The file is the user's own program: whatever it raises is told as its error.
        raise ConfigurationError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise ConfigurationError(f"{path} has no function fix(body) that returns the body to send.")
    fix: Fix = found
    return fix


def _load_patch(path: Path) -> Fix:
    from workbench.replay.rewriting.patches import check_patch

    try:
        return check_patch(json.loads(path.read_bytes()))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} holds no JSON patch: {error}") from error


async def plan_redrive(
    snapshot: str | os.PathLike[str],
    fingerprint: str | None,
    *,
    fix: Path | None,
    origin: str | None = None,
    address: str | None = None,
    **options: Any,
) -> tuple[Redrive, Plan]:
    """Plan how dead letters are sent home, and store the plan in the journal; see `Snapshot.redrive`."""
    with open_snapshot(snapshot) as snap:
        redrive = snap.redrive(fingerprint, fix=None if fix is None else load_fix(fix), origin=origin, **options)
        async with await connect(address) as cluster:
            plan = await cluster.plan(redrive.draft, to=redrive.to)
            snap.journal().add_plan(plan.to_json(), writer_mode=plan.options.writer)
            return redrive, plan


async def run_kept_redrive(
    snapshot: str | os.PathLike[str],
    fingerprint: str | None,
    *,
    fix: Path | None,
    confirm: str,
    origin: str | None = None,
    address: str | None = None,
    reason: str | None = None,
    target: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> ReplayReport:
    """Run a plan of `plan_redrive`; the letters and the fix must give the same records as then.

    Raises:
        SnapshotError: The journal has no open plan with this token.
        ReplayRefused: The records differ from the planned ones, or a rule refuses the plan; nothing was sent.
    """
    with open_snapshot(snapshot) as snap:
        redrive = snap.redrive(fingerprint, fix=None if fix is None else load_fix(fix), origin=origin)
        plan = planned(snap, redrive.draft, confirm)
        async with await connect(address, write=True, reason=reason) as cluster:
            return await cluster.run(plan, confirm=confirm, target=target, progress=progress)
