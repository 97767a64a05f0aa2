"""Facts of a target survive the journal."""

from __future__ import annotations

import json

from replay_samples import facts, group

from workbench.model.topics import ClockOffset
from workbench.replay import TargetFacts


def test_facts_survive_the_journal():
    found = facts(groups=(group(),), unclear_groups=("u",), in_doubt=("r",), clock_offset=ClockOffset(-7, 2))
    assert TargetFacts.from_json(json.loads(json.dumps(found.to_json()))) == found
