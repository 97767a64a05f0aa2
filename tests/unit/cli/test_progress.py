from __future__ import annotations

import json

from workbench.cli.progress import progress_listener
from workbench.model.feeds import PartProgress, Progress

PARTS = (PartProgress("orders/0", 0, None, 3),)
ADDED = "topic orders.\x1b[31meu appeared meanwhile, and is read from its start"


def test_a_remark_is_a_line_of_json_at_once_and_in_the_lines_after_it(capsys):
    with progress_listener(to_terminal=False) as listener:
        listener(Progress("running", PARTS))
        listener(Progress("running", PARTS))
        listener(Progress("running", PARTS, ADDED, (("records", 3),)))
        listener(Progress("done", PARTS))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["state"], line.get("note")) for line in lines] == [
        ("running", None),
        ("running", ADDED),
        ("done", None),
    ]
    assert lines[1]["records"] == 3


def test_a_terminal_shows_a_remark_once_above_the_bars(capsys):
    with progress_listener(to_terminal=True) as listener:
        for _ in range(3):
            listener(Progress("running", PARTS, ADDED))
        listener(Progress("failed", PARTS, "it broke"))
    shown = " ".join(capsys.readouterr().err.split())
    assert shown.count("note: topic orders.\\x1b[31meu appeared meanwhile, and is read from its start") == 1
    assert "it broke" not in shown, "the command itself says how it ended"
