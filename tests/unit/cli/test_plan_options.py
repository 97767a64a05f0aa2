"""How options of a plan are written on the command line."""

from __future__ import annotations

import pytest

from workbench.cli.plan_options import plan_options


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ("also=payload.parent_id,payload.other", {"also": ["payload.parent_id", "payload.other"]}),
        ("clean-headers=trace,x-*", {"clean_headers": ["trace", "x-*"]}),
        ("schema_ids=17:4,3:9", {"schema_ids": {"17": "4", "3": "9"}}),
        ("schema_ids=keep", {"schema_ids": "keep"}),
        ("partitions=0:1,1:0", {"partitions": {"0": "1", "1": "0"}}),
        ("ramp_s=none", {"ramp_s": None}),
        ("compression=none", {"compression": "none"}),
        ("skip-refused=true", {"skip_refused": True}),
        ("speed=1/2", {"speed": "1/2"}),
        ("accept_groups=", {"accept_groups": []}),
    ],
)
def test_options_written_as_text(given, options):
    from workbench.replay import Options

    assert plan_options([given]) == options
    beside = {"also": {"ids": "new"}, "clean_headers": {"headers": "clean"}}
    (name,) = options
    Options.parse({**options, **beside.get(name, {})})
