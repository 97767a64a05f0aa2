"""Facts of a target survive the journal."""

from __future__ import annotations

import json

from replay_samples import facts, group

from workbench.model.topics import ClockOffset
from workbench.replay import TargetFacts


def test_facts_survive_the_journal():
    found = facts(
        groups=(group(),),
        unclear_groups=("u",),
        in_doubt=("r",),
        clock_offset=ClockOffset(-7, 2),
        present=(("demo/orders/0", 3, 9),),
    )
    assert TargetFacts.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_facts_of_earlier_versions_name_each_record_that_is_present():
    stored = {**facts().to_json(), "present": ["demo/orders/0/3", "demo/orders/0/4"]}
    assert TargetFacts.from_json(stored).present == (("demo/orders/0", 3, 3), ("demo/orders/0", 4, 4))
