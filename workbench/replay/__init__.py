"""Replay: plan, check, confirm, send, and prove what was sent."""

from workbench.replay.draft import Draft, join_decoded
from workbench.replay.facts import Connection, GroupFacts, TargetFacts, TopicFacts
from workbench.replay.fetch import fetch_facts
from workbench.replay.guard import Refusal
from workbench.replay.options import Options
from workbench.replay.plan import Plan
from workbench.replay.planning import make_plan, plan_from_json

__all__ = [
    "Connection",
    "Draft",
    "GroupFacts",
    "Options",
    "Plan",
    "Refusal",
    "TargetFacts",
    "TopicFacts",
    "fetch_facts",
    "join_decoded",
    "make_plan",
    "plan_from_json",
]
