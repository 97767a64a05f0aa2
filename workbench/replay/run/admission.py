"""Admits a plan to its run, or refuses it: confirmation, facts fetched again, every rule checked again."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import ReplayRefused
from workbench.replay.records.digest import TOKEN_DIGITS, plan_hash
from workbench.replay.rules.guard import refusals, refused_records
from workbench.replay.rules.planning_input import PlanningInput
from workbench.replay.target.fetching import fetch_again

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from workbench.bus.protocols import RecordLog
    from workbench.replay.plan.plan import Plan
    from workbench.replay.target.facts import Connection, TargetFacts
    from workbench.store.journal import Journal


_under_way: set[str] = set()
"""Plans that this process runs or admits; another process is kept away by the lock of the journal's file."""


@contextlib.contextmanager
def only_run(plan: Plan) -> Iterator[None]:
    """Let nothing else in this process run the same plan meanwhile.

    Raises:
        ReplayRefused: Something does.
    """
    if plan.run_id in _under_way:
        reason = "this plan is being run already"
        raise ReplayRefused(f"{reason[0].upper()}{reason[1:]}: one plan is one run. Plan again.", reasons=[reason])
    _under_way.add(plan.run_id)
    try:
        yield
    finally:
        _under_way.discard(plan.run_id)


async def check_confirmed(plan: Plan, journal: Journal, confirm: str | None) -> None:
    """Let a plan pass that is confirmed, and was never run.

    Raises:
        ReplayRefused: It is not, or it was.
    """
    if confirm is None:
        raise ReplayRefused(
            f"The replay is not confirmed; nothing was sent. To send it: confirm={plan.token!r}.",
            reasons=[f"not confirmed: confirm={plan.token!r}"],
        )
    if not _confirms(confirm, plan):
        reason = f"G-7: {confirm!r} does not confirm this plan, its token is {plan.token!r}"
        raise ReplayRefused(f"{reason}. Look at the plan again.", reasons=[reason])
    state = (await asyncio.to_thread(journal.head, plan.run_id)).state
    if state != "planned":
        reason = f"this plan was run already and is {state}"
        raise ReplayRefused(f"{reason[0].upper()}{reason[1:]}: one plan is one run. Plan again.", reasons=[reason])


async def admit(
    plan: Plan,
    log: RecordLog,
    journal: Journal,
    *,
    connection: Connection,
    target: str | Collection[str] | None,
) -> None:
    """Let all rules look again, at facts fetched now: what was true when the plan was made may have changed.

    Raises:
        ReplayRefused: Refused by a rule; with one reason for each.
    """
    sources = plan.records.sources.values()
    found = await fetch_again(log, plan.facts, sources, plan.records.table, connection=connection, journal=journal)
    reasons = await asyncio.to_thread(_refused, plan, found, typed_names(target))
    if reasons:
        raise ReplayRefused(f"The replay was refused, nothing was sent. {' '.join(reasons)}", reasons=reasons)


def _confirms(confirm: str, plan: Plan) -> bool:
    long_enough = len(confirm) >= TOKEN_DIGITS and plan.hash.startswith(confirm)
    return long_enough and plan_hash(plan.document) == plan.hash


def typed_names(target: str | Collection[str] | None) -> frozenset[str]:
    """Return the physical names that a user typed, in one text or several."""
    if target is None:
        return frozenset()
    # No topic name holds a comma or a space, so several names can be typed into one field.
    return frozenset(target.replace(",", " ").split() if isinstance(target, str) else target)


def _refused(plan: Plan, found: TargetFacts, typed: frozenset[str]) -> list[str]:
    planning = PlanningInput(plan.records.with_facts(found), plan.facts, typed)
    held = refusals(planning)
    skip = plan.options.skip_refused
    reasons = [str(refusal) for refusal in held if not (refusal.of_records and skip)]
    if skip and not np.array_equal(refused_records(held).seqs, plan.left_out.seqs):
        reasons.append("G-7: other records are refused now than when the plan was made; plan again.")
    return reasons
