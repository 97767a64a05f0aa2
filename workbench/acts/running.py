"""Plans an act by its name, and runs it: nothing is done that was not planned, shown and typed; all is journaled."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.acts.act import Act, ActName, ActReport, Planned
from workbench.acts.groups import plan_delete_group, plan_reset_offsets
from workbench.acts.rights import acting_rights, planning_rights
from workbench.acts.topics import (
    new_record,
    partitions_of,
    plan_add_partitions,
    plan_change_config,
    plan_create_topic,
    plan_delete_records,
    plan_delete_topic,
    plan_produce,
)
from workbench.errors import PublishError, ReplayRefused
from workbench.text import duration_text, position_text, visible

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from workbench.bus.protocols import RecordLog

    Planner = Callable[[RecordLog, Mapping[str, Any]], Awaitable[Planned]]
    Audited = Callable[[str, str, Mapping[str, Any]], AbstractAsyncContextManager[dict[str, Any]]]

GOOD_FOR_MS = 3_600_000
"""A plan is run within an hour, or made again."""

_PLANNERS: Mapping[ActName, Planner] = {
    "create_topic": plan_create_topic,
    "add_partitions": plan_add_partitions,
    "change_config": plan_change_config,
    "delete_records": plan_delete_records,
    "delete_topic": plan_delete_topic,
    "produce": plan_produce,
    "reset_offsets": plan_reset_offsets,
    "delete_group": plan_delete_group,
}


@dataclass(frozen=True, slots=True)
class Access:
    """The connection over which an act is run.

    Attributes:
        log: The record log.
        writable: Whether it was opened for writing.
        cluster: Name of the cluster.
    """

    log: RecordLog
    writable: bool
    cluster: str


async def plan_act(access: Access, action: ActName, parameters: Mapping[str, Any]) -> Act:
    """Ask the cluster what is there now, and plan an act. Nothing is changed.

    Raises:
        UnknownTopicError: The topic does not exist.
        AuthenticationError: This user may not see what would be changed; it names the right.
    """
    with planning_rights(parameters):
        planned = await _PLANNERS[action](access.log, parameters)
    now_ms = time.time_ns() // 1_000_000
    return Act(action, planned.parameters or parameters, planned, access.log.cluster_id, access.cluster, now_ms)


async def run_act(access: Access, act: Act, confirm: str | None, audited: Audited) -> ActReport:
    """Run an act: two rows of the journal, before and after, say what is done and what became of it.

    Args:
        access: The connection.
        act: The act, planned for this cluster within the last hour.
        confirm: Its target, typed.
        audited: Makes the rows of the journal around the act; without the first one nothing is done.

    Raises:
        ReplayRefused: It is not confirmed, the connection is read-only, something speaks against it, or what is there
            now is not what was planned; nothing was changed.
    """
    _admit(access, act, confirm)
    again = await plan_act(access, act.action, act.parameters)
    if not again.planned.agrees_with(act.planned):
        raise _refused(act, "what is there now is not what was planned", "Plan it again and look at it")
    operation_id = str(uuid.uuid4())
    undo = act.planned.undo
    facts = {
        "target": act.target,
        "parameters": dict(act.parameters),
        "changes": [[one.what, one.before, one.after] for one in act.planned.changes],
        "undo": None if undo is None else {"action": undo.action, "parameters": dict(undo.parameters)},
    }
    async with audited(f"act.{act.action}", operation_id, facts) as outcome:
        with acting_rights(act.action, act.target):
            outcome["result"] = await _perform(access.log, act.action, act.parameters)
    return ActReport(act, operation_id, outcome["result"], undo)


def _admit(access: Access, act: Act, confirm: str | None) -> None:
    if not access.writable:
        raise _refused(act, "the connection is read-only", 'Open another one: connect(…, write=True, reason="INC-42")')
    if act.cluster_id != access.log.cluster_id:
        raise _refused(act, f"it was planned for another cluster, {act.cluster}", "Plan it again")
    if time.time_ns() // 1_000_000 - act.planned_at_ms > GOOD_FOR_MS:
        raise _refused(act, f"the plan is older than {duration_text(GOOD_FOR_MS, 'ms')}", "Plan it again")
    if act.refusals:
        raise _refused(act, "; ".join(act.refusals), "Change that first")
    if confirm != act.target:
        given = "it was not confirmed" if confirm is None else f"{visible(confirm, 100)!r} was typed"
        raise _refused(act, given, f"Type the name of its target, confirm={visible(act.target, 200)!r}")


def _refused(act: Act, why: str, way_on: str) -> ReplayRefused:
    what = f"{act.action.replace('_', ' ')} of {visible(act.target, 200)}"
    return ReplayRefused(f"{what} was refused: {why}; nothing was changed. {way_on}.", reasons=[why])


async def _perform(log: RecordLog, action: ActName, given: Mapping[str, Any]) -> str:
    match action:
        case "create_topic":
            await log.create_topic(
                given["topic"],
                partitions=given["partitions"],
                replication_factor=given["replication_factor"],
                config=given["config"],
            )
        case "add_partitions":
            await log.add_partitions(given["topic"], given["total"])
        case "change_config":
            await log.alter_config(given["topic"], given["settings"])
        case "delete_records":
            await log.delete_records(partitions_of(given["before"]))
        case "delete_topic":
            await log.delete_topic(given["topic"])
        case "produce":
            return await _produce(log, given)
        case "reset_offsets":
            await log.commit_offsets(given["group"], partitions_of(given["offsets"]))
        case "delete_group":
            await log.delete_group(given["group"])
    return "done"


async def _produce(log: RecordLog, given: Mapping[str, Any]) -> str:
    async with log.writer() as writer:
        (outcome,) = await writer.send([new_record(given)])
    if outcome.status != "acked" or outcome.partition is None or outcome.offset is None:
        raise outcome.error or PublishError(f"The record was not acknowledged: {outcome.status}.", topic=outcome.topic)
    return f"written to {position_text(outcome.topic, outcome.partition, outcome.offset)}"
