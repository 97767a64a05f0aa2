"""Sends recorded events to a topic again: plan, check, confirm, run, verify (docs/replay-rules.md)."""

from workbench.replay.draft import Draft, join_decoded
from workbench.replay.options import Options
from workbench.replay.plan.plan import Plan
from workbench.replay.plan.planning import make_plan, plan_from_json
from workbench.replay.proof.report import ReplayReport, read_report
from workbench.replay.proof.undo_aids import UndoAids
from workbench.replay.proof.verification import Check, Verification, verify_delivery
from workbench.replay.rules.guard import Refusal
from workbench.replay.run.control import RunControl
from workbench.replay.run.interrupted.abandon import abandon_run
from workbench.replay.run.interrupted.resolution import resolve_run
from workbench.replay.run.resumption import resume_run
from workbench.replay.run.start import run_plan
from workbench.replay.target.facts import Connection, GroupFacts, Pipeline, TargetFacts, TopicFacts
from workbench.replay.target.fetching import fetch_facts
from workbench.replay.undo.created_topics import delete_created

__all__ = [
    "Check",
    "Connection",
    "Draft",
    "GroupFacts",
    "Options",
    "Pipeline",
    "Plan",
    "Refusal",
    "ReplayReport",
    "RunControl",
    "TargetFacts",
    "TopicFacts",
    "UndoAids",
    "Verification",
    "abandon_run",
    "delete_created",
    "fetch_facts",
    "join_decoded",
    "make_plan",
    "plan_from_json",
    "read_report",
    "resolve_run",
    "resume_run",
    "run_plan",
    "verify_delivery",
]
