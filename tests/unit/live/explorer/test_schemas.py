"""The pane of schemas lists subjects and shows the versions of one."""

from __future__ import annotations

from widget_feeds import ScriptedSchemas

from workbench.live.explorer.schemas import SchemasPane


async def test_subjects_are_listed_and_one_is_shown():
    pane = SchemasPane(ScriptedSchemas())
    await pane.do("refresh", {})
    assert [row.key for row in pane.rows] == ["orders-value", "users-value"]
    await pane.do("input", {"filter": "ORD"})
    assert pane.row_count == 1
    await pane.pick("orders-value")
    assert [section.title for section in pane.sections] == ["Subject", "Versions", "From version 2 to version 3"]
    assert pane.picked == "orders-value"
    await pane.pick("nowhere")
    await pane.do("refresh", {})
    assert pane.sections
