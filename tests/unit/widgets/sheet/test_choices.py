from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workbench.widgets.sheet.choices import Choices, Press, choice
from workbench.widgets.sheet.model import Sheet

if TYPE_CHECKING:
    from widget_browser import Browser

SHOWN = Choices(
    "C", (choice("size", "Size", ["s", "m\x1b"], 1), Press("go", "Go"), Press("back", "Back", enabled=False))
)


def test_what_was_chosen_stays_in_a_saved_page() -> None:
    assert SHOWN.text() == "Size: m\\x1b"
    assert "m\\x1b" in SHOWN.element().render()
    assert choice("n", "N", [str(number) for number in range(1_001)], 1_000).chosen == -1


@pytest.mark.parametrize(
    ("name", "option", "outcome"),
    [("size", 0, "taken"), ("size", 2, ""), ("go", 0, "taken"), ("go", 1, ""), ("back", 0, ""), ("other", 0, "")],
)
async def test_only_what_is_shown_can_be_chosen(browser: Browser, name: str, option: int, outcome: str) -> None:
    taken: list[tuple[str, int]] = []

    async def choose(name: str, option: int) -> None:
        taken.append((name, option))

    sheet = Sheet(name="s", choose=choose)
    browser.show(sheet)
    sheet.show("live", [SHOWN])
    browser.says(sheet, {"kind": "choose", "name": name, "option": option})
    await browser.until(lambda: taken or sheet.failure)
    assert (taken == [(name, option)], "refused" in sheet.failure) == (bool(outcome), not outcome)


async def test_a_sheet_that_asks_nothing_refuses(browser: Browser) -> None:
    sheet = Sheet(name="s")
    browser.show(sheet)
    sheet.show("live", [SHOWN])
    browser.says(sheet, {"kind": "choose", "name": "go", "option": 0})
    assert "refused" in sheet.failure
