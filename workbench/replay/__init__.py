"""Replay: plan, check, confirm, send, and prove what was sent."""

from workbench.replay.abandon import abandon_run
from workbench.replay.draft import Draft, join_decoded
from workbench.replay.facts import Connection, GroupFacts, TargetFacts, TopicFacts
from workbench.replay.fetch import fetch_facts
from workbench.replay.guard import Refusal
from workbench.replay.options import Options
from workbench.replay.plan import Plan
from workbench.replay.planning import make_plan, plan_from_json
from workbench.replay.report import ReplayReport, read_report
from workbench.replay.run import run_plan
from workbench.replay.undo import UndoAids, delete_created
from workbench.replay.verify import Check, Verification, verify_delivery

__all__ = [
    "Check",
    "Connection",
    "Draft",
    "GroupFacts",
    "Options",
    "Plan",
    "Refusal",
    "ReplayReport",
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
    "run_plan",
    "verify_delivery",
]
