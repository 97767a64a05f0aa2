"""Makes a plan from a draft and target facts. Pure: the same input gives the same plan and the same hash."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench import __version__
from workbench.buffers.mapped import release
from workbench.errors import ReplayRefused, ValidationError
from workbench.replay.options import Options, ratio
from workbench.replay.plan.estimates import estimate
from workbench.replay.plan.plan import Plan
from workbench.replay.records.digest import plan_hash, selection_sha256
from workbench.replay.records.raw_rows import without
from workbench.replay.records.replay_records import ReplayRecords
from workbench.replay.rewriting.kept_edits import Edits
from workbench.replay.rules.guard import refusals, refused_records, warnings
from workbench.replay.rules.planning_input import PlanningInput
from workbench.replay.target.facts import TargetFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.replay.draft import Draft
    from workbench.replay.records.raw_rows import Longs
    from workbench.replay.rules.guard import Refusal
    from workbench.replay.rules.refused import LeftOut

PLAN_VERSION = 1
_MOST_ROUNDS = 4
"""How often new ids are made again because other records are left out now; once is enough but for contrived ones."""
_MOST_RANGES = 10_000
"""Ranges of records left out that stand in the plan itself."""
PRODUCT = "eventbus-workbench"


def make_plan(draft: Draft, facts: TargetFacts) -> Plan:
    """Make a plan: order, targets, estimates, refusals and warnings. No broker is asked and nothing is sent.

    The run id and the time are part of the facts; to plan again, fetch them again.

    Raises:
        ValidationError: Nothing is selected, or the facts are about other topics.
    """
    if not len(draft):
        raise ValidationError("The selection is empty: there is nothing to replay. Widen it and plan again.")
    absent = sorted(set(draft.topics) - set(facts.targets))
    if absent:
        raise ValidationError(f"The target facts say nothing about {', '.join(absent)}; fetch them for this draft.")
    records = ReplayRecords.of(draft, facts, f"{PRODUCT}/{__version__}")
    planning, found = _judged(records)
    for _ in range(_MOST_ROUNDS if draft.options.ids == "new" else 0):
        if np.array_equal(planning.left_out.seqs, records.left_out):
            break
        # What is left out can be no cause of what is sent, so the new ids are made again without it.
        records = replace(records, left_out=planning.left_out.seqs)
        planning, found = _judged(records)
    left_out = planning.left_out
    document = _document(records, left_out)
    warned = tuple(warnings(planning))
    estimates = estimate(records, without(len(records), left_out.seqs))
    release()
    return Plan(
        records=records,
        document=document,
        hash=plan_hash(document),
        created_at_ms=facts.asked_at_ms,
        refusals=tuple(item for item in found if not (item.of_records and draft.options.skip_refused)),
        left_out=left_out,
        warnings=warned,
        estimates=estimates,
    )


def _judged(records: ReplayRecords) -> tuple[PlanningInput, list[Refusal]]:
    """Check all refusals, and leave out the records that they name where the options say so."""
    planning = PlanningInput(records, planned=records.facts)
    found = refusals(planning)
    return planning.leaving(refused_records(found)), found


def plan_from_json(stored: Mapping[str, Any], draft: Draft) -> Plan:
    """Make a journaled plan again from its stored facts and options and a draft with the same selection.

    Raises:
        ReplayRefused: The selection is not the planned one any more, or the stored plan was changed.
    """
    try:
        again = draft.with_options(Options.from_json(stored["options"]))
        if not again.edits.any and isinstance(stored.get("edits"), dict):
            again = again.with_edits(Edits.from_json(stored["edits"]))
        facts, expected = TargetFacts.from_json(stored["facts"]), str(stored["hash"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise unreadable(error) from error
    plan = make_plan(again, facts)
    if plan.hash != expected:
        reason = f"G-7: the plan made from this selection is {plan.token}, the journaled one {expected[:8]}"
        raise ReplayRefused(f"{reason}; records or options differ. Plan again.", reasons=[reason])
    return plan


def unreadable(error: Exception) -> ReplayRefused:
    """Return the refusal of a journaled plan that another version wrote, or that somebody has changed."""
    reason = f"G-7: the journaled plan cannot be read ({type(error).__name__}: {error})"
    return ReplayRefused(f"{reason}. Plan again.", reasons=[reason])


def _document(records: ReplayRecords, left_out: LeftOut) -> dict[str, Any]:
    options, facts = records.options, records.facts
    used = [records.sources[number] for number in np.unique(records.numbers("source_id")).tolist()]
    document: dict[str, Any] = {
        "headers": options.headers,
        "ids": options.ids,
        "limits": {
            "max_bytes": options.max_bytes,
            "max_hops": options.max_hops,
            "max_records": options.max_records,
        },
        "mode": options.mode,
        "on_error": options.on_error,
        "order": options.order,
        "overrides": _overrides(options),
        "partitions": options.partitions.to_json(),
        "rate": {
            "bytes_per_s": ratio(options.bytes_per_s),
            "max_gap_ms": options.max_gap_ms,
            "pace": None if options.speed is None else [options.speed.numerator, options.speed.denominator],
            "records_per_s": ratio(options.records_per_s),
        },
        "records": len(records),
        "run_id": facts.run_id,
        "selection_sha256": selection_sha256(records.table, records.source_digests),
        "source": {
            "cluster": _one_or_all(source.cluster for source in used),
            "isolation": _one_or_all(source.isolation for source in used),
            "topics": sorted({source.topic for source in used}),
        },
        "target": {"cluster": facts.cluster_id, "topics": dict(facts.targets)},
        "timestamps": options.timestamps,
        "version": PLAN_VERSION,
        "writer": options.writer,
    }
    document.update(_rewriting(records))
    brakes = _brakes(options)
    if brakes:
        document["brakes"] = brakes
    if records.new_topics:
        made = {
            topic.name: {"config": dict(topic.config), "partitions": topic.partitions} for topic in records.new_topics
        }
        document["target"]["create"] = made
    if options.ramp_s is not None:
        document["rate"]["ramp_s"] = options.ramp_s
    if options.compression != "none":
        document["compression"] = options.compression
    if len(left_out):
        document["left_out"] = _ranges(left_out.seqs)
    return document


def _rewriting(records: ReplayRecords) -> dict[str, Any]:
    """Return what makes the planned bodies differ from the selected ones; plans without any of it have none of this."""
    options = records.options
    document: dict[str, Any] = {}
    if options.ids == "new":
        document["boundary"] = options.boundary
        document["also"] = list(options.also)
    if options.trace_policy != "keep":
        document["trace"] = options.trace_policy
    if options.headers == "clean":
        document["clean_headers"] = list(options.clean_headers)
    if options.schema_ids is not None:
        document["schema_ids"] = options.to_json()["schema_ids"]
    if options.timestamps == "shift":
        document["start_ms"] = records.start_ms
    if records.edits.any:
        # The operations themselves may hold any JSON number, so the plan has their digest.
        document["edits"] = {"records": records.edits.table.num_rows, "sha256": records.edits.digest()}
    return document


def _overrides(options: Options) -> dict[str, Any]:
    flags = (
        "skip_refused", "allow_same_topic", "create_target", "accept_uncommitted", "accept_expiry", "accept_cycle",
        "accept_repeats",
    )  # fmt: skip
    given: dict[str, Any] = {name: 1 for name in flags if getattr(options, name)}
    if options.accept_groups:
        given["accept_groups"] = list(options.accept_groups)
    return given


def _brakes(options: Options) -> dict[str, Any]:
    if not options.brake_groups and not options.brake_topics:
        return {}
    return {
        "groups": list(options.brake_groups),
        "growth": options.brake_growth,
        "lag": options.brake_lag,
        "topics": list(options.brake_topics),
    }


def _one_or_all(names: Iterable[str]) -> str | list[str]:
    distinct = sorted(set(names))
    return distinct[0] if len(distinct) == 1 else distinct


def _ranges(seqs: Longs) -> list[list[int]] | dict[str, Any]:
    """Return ascending seqs as inclusive ranges; of very many ranges their number and digest."""
    breaks = np.flatnonzero(np.diff(seqs) > 1)
    ranges = np.stack([seqs[np.append(0, breaks + 1)], seqs[np.append(breaks, -1)]], axis=1)
    if len(ranges) <= _MOST_RANGES:
        return ranges.tolist()  # type: ignore[no-any-return]  # numpy tells no more
    return {"ranges": len(ranges), "sha256": hashlib.sha256(ranges.astype(">i8").tobytes()).hexdigest()}
