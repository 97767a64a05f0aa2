from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from stage import lowest_contrast, serious_findings
from widget_feeds import HOSTILE

from workbench.text import visible
from workbench.widgets import LiveTail

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Watch
    from playwright.sync_api import Page
    from stage import Stage

pytestmark = pytest.mark.browser

COLUMNS = [
    {"name": "time", "title": "Time (UTC)", "width": 190, "numeric": False},
    {"name": "topic", "title": "Topic", "width": 190, "numeric": False},
    {"name": "partition", "title": "Part.", "width": 52, "numeric": True},
    {"name": "offset", "title": "Offset", "width": 84, "numeric": True},
    {"name": "value", "title": "Value", "width": 460, "numeric": False, "grow": True},
]
STATE = {"columns": COLUMNS, "height": 440, "follow": True, "filter": "", "order": "", "name": "orders"}
KERNEL = """() => {
  const cells = (p) => [`2026-11-25 03:00:${String(p % 60).padStart(2, '0')}.000`, 'orders', String(p % 3), String(p),
    `{"event_id": "e-${p}", "amount": ${p * 3}}`];
  stage.picked = [0, 0];
  stage.rows = (start, end) => Array.from({ length: end - start }, (_, i) =>
    [cells(start + i), start + i >= stage.picked[0] && start + i < stage.picked[1] ? 1 : 0,
      (start + i) % 25 === 24 ? 1 : 0]);
  stage.answer = (content) => {
    if (content.kind === 'select') stage.picked = [content.start, content.end];
    if (content.kind === 'window') {
      const rows = stage.rows(content.start, content.end);
      setTimeout(() => stage.play({ kind: 'rows', request: content.request, view: 0, start: content.start }, rows), 5);
    }
    if (content.kind === 'record') {
      const facts = [['record', `orders/0@${content.position}`], ['time', '2026-11-25 03:00:00.000']];
      setTimeout(() => stage.play({ kind: 'record', request: content.request, facts, headers: [['h', 'x']],
        body: '{\\n  "amount": 3\\n}' }), 5);
    }
  };
  stage.tick = (number, end, extra = {}) => {
    const start = Math.max(end - 31, 0);
    const following = stage.state.follow;
    stage.play({ kind: 'tick', number, view: 0, base: 0, end, total: end, held: end, dropped: 0, behind: 0,
      state: 'live', note: '', picked: 0, picks: 0, ...(following ? { start } : {}), ...extra },
      following ? stage.rows(start, end) : undefined);
  };
}"""


@pytest.fixture
def table(stage: Callable[..., Stage]) -> Callable[..., Stage]:
    def shown(rows: int = 5_000, *, state: dict[str, Any] | None = None, **options: Any) -> Stage:
        made = stage(LiveTail, {**STATE, **(state or {})}, **options)
        made.page.evaluate(KERNEL)
        made.page.evaluate("rows => stage.tick(1, rows)", rows)
        return made

    return shown


def offsets(page: Page) -> list[int]:
    """Offsets of the rows inside the visible part of the grid."""
    found: list[int] = page.evaluate(
        """() => {
          const grid = document.querySelector('[role=grid]').getBoundingClientRect();
          return [...document.querySelectorAll('.wb-body [role=row]')].filter((row) => {
            const box = row.getBoundingClientRect();
            return !row.hidden && box.top >= grid.top + 20 && box.bottom <= grid.bottom + 1;
          }).map((row) => Number(row.children[3].textContent)).sort((a, b) => a - b);
        }""",
    )
    return found


def wait_for_offsets(page: Page, first: int, last: int) -> None:
    page.wait_for_function(
        """([first, last]) => {
          const texts = [...document.querySelectorAll('.wb-body [role=row]')].filter((row) => !row.hidden)
            .map((row) => row.children[3].textContent);
          return texts.includes(String(first)) && texts.includes(String(last));
        }""",
        arg=[first, last],
    )


def test_the_newest_rows_are_shown_and_each_tick_is_answered(table: Callable[..., Stage]) -> None:
    shown = table()
    wait_for_offsets(shown.page, 4_980, 4_999)
    assert offsets(shown.page)[-19:] == list(range(4_981, 5_000))
    assert [ack["number"] for ack in shown.sent("ack")] == [1]
    shown.page.evaluate("() => stage.tick(2, 5050)")
    wait_for_offsets(shown.page, 5_030, 5_049)
    assert shown.page.locator(".wb-body [role=row]").count() < 60
    expect(shown.page.locator(".wb-figures")).to_contain_text("5,050 read")


def test_wheel_up_pauses_and_older_rows_are_asked_for(table: Callable[..., Stage]) -> None:
    shown = table()
    wait_for_offsets(shown.page, 4_980, 4_999)
    shown.page.get_by_role("grid").hover()
    shown.page.mouse.wheel(0, -22 * 100)
    wait_for_offsets(shown.page, 4_885, 4_895)
    assert ["follow", False] in shown.saved()
    before = offsets(shown.page)
    shown.page.evaluate("() => stage.tick(2, 9000)")
    expect(shown.page.locator(".wb-figures")).to_contain_text("9,000 read")
    assert offsets(shown.page) == before
    shown.page.get_by_role("button", name="Follow").click()
    assert shown.saved()[-1] == ["follow", True]


def test_only_one_window_is_asked_for_at_a_time(table: Callable[..., Stage]) -> None:
    shown = table(state={"follow": False})
    shown.page.evaluate(
        """() => {
          stage.open = 0; stage.most = 0;
          const answer = stage.answer;
          stage.answer = (content) => {
            if (content.kind !== 'window') return answer(content);
            stage.open += 1; stage.most = Math.max(stage.most, stage.open);
            setTimeout(() => { stage.open -= 1; answer(content); }, 60);
          };
        }""",
    )
    shown.page.get_by_role("grid").hover()
    for _ in range(15):
        shown.page.mouse.wheel(0, -22 * 120)
    shown.page.wait_for_function(
        "() => stage.open === 0 && ![...document.querySelectorAll('.wb-body [role=row]')]"
        ".some((row) => !row.hidden && row.getAttribute('aria-busy') === 'true')",
    )
    assert shown.page.evaluate("() => stage.most") == 1
    assert max(offsets(shown.page)) < 4_980


def test_a_lost_answer_is_asked_again(table: Callable[..., Stage]) -> None:
    shown = table(state={"follow": False})
    shown.wait_sent("window")
    wait_for_offsets(shown.page, 4_980, 4_999)
    shown.page.evaluate(
        """() => {
          const answer = stage.answer;
          let lost = 0;
          stage.answer = (content) => { if (content.kind === 'window' && lost++ === 0) return; answer(content); };
        }""",
    )
    shown.page.get_by_role("grid").hover()
    shown.page.mouse.wheel(0, -22 * 300)
    wait_for_offsets(shown.page, 4_690, 4_695)


def test_clicks_select_ranges_by_position(table: Callable[..., Stage]) -> None:
    shown = table()
    wait_for_offsets(shown.page, 4_980, 4_999)
    grid = shown.page.get_by_role("grid")
    grid.get_by_text("4990", exact=True).click()
    grid.get_by_text("4993", exact=True).click(modifiers=["Shift"])
    grid.get_by_text("4985", exact=True).click(modifiers=["ControlOrMeta"])
    chosen = [(s["start"], s["end"], s["mode"]) for s in shown.sent("select")]
    assert chosen == [(4990, 4991, "replace"), (4990, 4994, "extend"), (4985, 4986, "toggle")]
    expect(shown.page.locator("[aria-selected=true]")).to_have_count(5)
    assert shown.saved() == [["follow", False]]


def test_keys_move_select_open_and_leave(table: Callable[..., Stage]) -> None:
    shown = table()
    wait_for_offsets(shown.page, 4_980, 4_999)
    page = shown.page
    page.evaluate("() => { window.leaked = []; document.addEventListener('keydown', (e) => leaked.push(e.key)); }")
    page.get_by_role("grid").focus()
    page.keyboard.press("End")
    assert shown.saved() == [["follow", False]]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowUp")
    assert [(s["start"], s["end"], s["mode"]) for s in shown.sent("select")] == [
        (4998, 4999, "toggle"),
        (4997, 4999, "extend"),
    ]
    page.wait_for_function(
        "() => document.getElementById(document.querySelector('[role=grid]').getAttribute('aria-activedescendant'))"
        "?.getAttribute('aria-rowindex') === '4999'",
    )
    page.keyboard.press("PageUp")
    page.keyboard.press("Home")
    wait_for_offsets(page, 0, 15)
    page.keyboard.press("Enter")
    record = page.get_by_role("region", name="Record")
    expect(record).to_be_visible()
    expect(record).to_contain_text("orders/0@0")
    page.keyboard.press("Escape")
    expect(record).to_be_hidden()
    assert page.evaluate("() => document.activeElement.getAttribute('role')") == "grid"
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement === document.body")
    assert page.evaluate("() => leaked") == ["Escape"]


def test_axe_finds_nothing_serious(table: Callable[..., Stage]) -> None:
    page = table().page
    wait_for_offsets(page, 4_980, 4_999)
    assert serious_findings(page) == []


def test_the_accessibility_tree_counts_the_whole_result(table: Callable[..., Stage]) -> None:
    shown = table(120_000)
    wait_for_offsets(shown.page, 119_980, 119_999)
    grid = shown.page.get_by_role("grid", name="Records of orders")
    assert grid.get_attribute("aria-rowcount") == "120001"
    assert grid.get_attribute("aria-colcount") == "5"
    assert shown.page.get_by_role("columnheader").all_inner_texts() == [c["title"] for c in COLUMNS]
    assert shown.page.locator("[aria-rowindex='120001']").count() == 1
    assert shown.page.get_by_role("gridcell").count() >= 100


def test_both_ends_of_two_million_rows_can_be_reached(table: Callable[..., Stage]) -> None:
    shown = table(2_000_000)
    page = shown.page
    wait_for_offsets(page, 1_999_980, 1_999_999)
    assert page.evaluate("() => document.querySelector('.wb-body').offsetHeight") == 8_000_000
    page.get_by_role("grid").focus()
    page.keyboard.press("Home")
    wait_for_offsets(page, 0, 15)
    page.keyboard.press("End")
    wait_for_offsets(page, 1_999_985, 1_999_999)
    page.evaluate("() => { document.querySelector('[role=grid]').scrollTop = 4000000 }")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.wb-body [role=row]')].some((row) => !row.hidden"
        " && Math.abs(Number(row.children[3].textContent) - 1000000) < 200)",
    )


def test_the_filter_is_saved_once_typing_rests(table: Callable[..., Stage]) -> None:
    shown = table()
    shown.page.get_by_label("Filter").press_sequentially("order", delay=20)
    shown.page.wait_for_function("() => stage.saved.length > 0")
    assert shown.saved() == [["filter", "order"]]
    shown.play({"kind": "failed", "request": "", "message": "LiveTail: The filter cannot be used: x"})
    expect(shown.page.locator(".wb-failure")).to_have_text("LiveTail: The filter cannot be used: x")
    expect(shown.page.get_by_role("status")).to_have_text("LiveTail: The filter cannot be used: x")


def test_silence_is_said_and_the_kernel_is_knocked_at(stage: Callable[..., Stage]) -> None:
    shown = stage(LiveTail, STATE)
    shown.page.evaluate("() => stage.cleanup()")
    shown.page.clock.install()
    shown.page.evaluate("state => stage.start(state)", STATE)
    shown.page.evaluate(KERNEL)
    shown.page.evaluate("() => stage.tick(1, 100)")
    shown.page.clock.run_for(16_000)
    expect(shown.page.get_by_role("alert")).to_contain_text("No news from the kernel since")
    assert len(shown.sent("ready")) >= 3
    shown.page.evaluate("() => stage.tick(2, 200)")
    expect(shown.page.get_by_role("alert")).to_be_hidden()


def test_a_closed_view_says_so_and_stays_quiet(table: Callable[..., Stage]) -> None:
    shown = table()
    shown.play({"kind": "closed", "message": "closed: its owner ended it"})
    expect(shown.page.get_by_role("alert")).to_have_text("This view is closed: its owner ended it.")


def test_cleanup_leaves_nothing(table: Callable[..., Stage]) -> None:
    shown = table()
    left = shown.page.evaluate(
        "() => { stage.cleanup(); return [...stage.listeners.values()].flat().length"
        " + document.getElementById('host').childElementCount }",
    )
    assert left == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(table: Callable[..., Stage], picture: Callable[..., None], scheme: str) -> None:
    shown = table(color_scheme=scheme)
    wait_for_offsets(shown.page, 4_980, 4_999)
    grid = shown.page.get_by_role("grid")
    grid.get_by_text("4990", exact=True).click()
    grid.get_by_text("4994", exact=True).click(modifiers=["Shift"])
    shown.page.get_by_role("grid").focus()
    shown.page.keyboard.press("Enter")
    expect(shown.page.get_by_role("region", name="Record")).to_be_visible()
    shown.play({"kind": "failed", "request": "", "message": "LiveTail: something failed"})
    shown.page.evaluate("() => stage.tick(9, 5100, { note: '12 offsets could not be read', dropped: 77, picked: 5 })")
    expect(shown.page.locator(".wb-note").first).to_be_visible()
    picture(shown.page, scheme)
    ratio, text = lowest_contrast(shown.page, ".workbench")
    assert ratio >= 4.5, text


@pytest.mark.parametrize("options", [{"forced_colors": "active"}, {"viewport": {"width": 320, "height": 600}}])
def test_high_contrast_and_narrow_pages_work(
    table: Callable[..., Stage], picture: Callable[..., None], options: dict[str, Any]
) -> None:
    shown = table(**options)
    wait_for_offsets(shown.page, 4_980, 4_999)
    picture(shown.page, next(iter(options)))
    assert shown.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert lowest_contrast(shown.page, ".workbench")[0] >= 4.5


def test_hostile_text_is_shown_in_every_field_and_runs_nowhere(table: Callable[..., Stage], watch: Watch) -> None:
    hostile = visible(HOSTILE)
    columns = [{**column, "title": hostile} for column in COLUMNS]
    shown = table(40, state={"columns": columns, "name": hostile, "filter": hostile})
    page = shown.page
    row = [[hostile] * 5, 1, 1]
    tick = {"kind": "tick", "number": 2, "view": 1, "base": 0, "end": 3, "total": 3, "held": 3, "dropped": 0}
    rest = {"behind": None, "state": hostile, "note": hostile, "picked": 0, "picks": 0, "start": 0}
    shown.play({**tick, **rest}, [row] * 3)
    shown.play({"kind": "failed", "request": "", "message": hostile})
    page.evaluate(
        "hostile => { stage.answer = (c) => c.kind === 'record' && stage.play({ kind: 'record', request: c.request,"
        " facts: [[hostile, hostile]], headers: [[hostile, hostile]], body: hostile }) }",
        hostile,
    )
    page.get_by_role("gridcell").first.dblclick()
    record = page.get_by_role("region", name="Record")
    expect(record).to_be_visible()
    assert record.locator("pre").text_content() == hostile
    assert page.get_by_role("gridcell").first.text_content() == hostile
    assert page.locator(".workbench img, .workbench script, .workbench svg").count() == 0
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("() => window.fired") is None
    assert watch.dialogs == []
    watch.expected_dialogs, watch.expected_errors = 1, ("Failed to load resource",)
    page.evaluate("hostile => { document.body.insertAdjacentHTML('beforeend', hostile) }", HOSTILE)
    page.wait_for_function("() => window.fired === 1")


NAMES = """() => {
  stage.rows = (start, end) => Array.from({ length: end - start }, (_, i) => [[
    '2026-11-25 03:00:00.000', `onex.production.europe.${(start + i) % 2 ? 'orders' : 'bills'}`, '0',
    String(start + i), '{}',
  ], 0, 0]);
  stage.tick(2, 500);
}"""


def test_names_keep_the_part_in_which_they_differ(
    table: Callable[..., Stage], picture: Callable[[Page, str], None]
) -> None:
    columns = [{**column, "ends": column["name"] == "topic", "width": 110} for column in COLUMNS]
    shown = table(state={"columns": columns})
    shown.page.evaluate(NAMES)
    cell = shown.page.locator(".wb-body [role=row]:not([hidden]) > :nth-child(2)").first
    expect(cell.locator(".wb-start")).to_have_text("onex.production.europe.")
    expect(cell).to_have_attribute("title", "onex.production.europe.bills")
    cut = "node => node.scrollWidth > node.clientWidth"
    assert cell.locator(".wb-start").evaluate(cut)
    assert not cell.locator(".wb-end").evaluate(cut)
    assert lowest_contrast(shown.page, ".wb-body")[0] >= 4.5
    picture(shown.page, "names")


def test_columns_are_chosen_sized_and_sorted(table: Callable[..., Stage], picture: Callable[[Page, str], None]) -> None:
    shown = table()
    page = shown.page
    page.get_by_role("columnheader", name="Offset").click()
    expect(page.get_by_role("columnheader", name="Offset")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("columnheader", name="Offset").click()
    assert [value for name, value in shown.saved() if name == "order"] == ["offset", "-offset"]
    edge = page.get_by_role("columnheader", name="Topic").locator(".wb-edge").bounding_box()
    assert edge is not None
    page.mouse.move(edge["x"] + 4, edge["y"] + 5)
    page.mouse.down()
    page.mouse.move(edge["x"] + 64, edge["y"] + 5, steps=3)
    page.mouse.up()
    widths = {column["name"]: column["width"] for name, value in shown.saved() if name == "columns" for column in value}
    assert 245 <= widths["topic"] <= 255
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Part.").uncheck()
    expect(page.get_by_role("columnheader")).to_have_count(4)
    expect(page.locator(".wb-body [role=row]:not([hidden])").first.locator("> *")).to_have_count(4)
    page.get_by_role("spinbutton", name="Width of Topic in pixels").fill("90")
    page.get_by_role("combobox", name="Sort by").select_option("time")
    picture(page, "columns")
    assert lowest_contrast(page, ".wb-menu")[0] >= 4.5
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="Columns")).to_be_hidden()
    for name in ("Time (UTC)", "Topic", "Offset"):
        page.get_by_role("button", name="Columns").click()
        page.get_by_role("checkbox", name=name, exact=True).uncheck()
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Value").click()
    expect(page.get_by_role("columnheader")).to_have_count(1)
    expect(page.get_by_role("checkbox", name="Value")).to_be_checked()


def test_a_refused_window_is_not_asked_for_again_at_once(table: Callable[..., Stage]) -> None:
    shown = table(state={"follow": False})
    shown.page.evaluate(
        "() => { stage.answer = (content) => { if (content.kind === 'window') setTimeout(() => stage.play({"
        " kind: 'failed', request: content.request, message: 'refused' }), 1); }; stage.sent.length = 0; }"
    )
    shown.page.get_by_role("grid").evaluate("grid => { grid.scrollTop = 4000 }")
    shown.wait_sent("window", 2)
    for number in range(2, 22):
        shown.page.evaluate("number => stage.tick(number, 5000 + number)", number)
        shown.page.wait_for_timeout(50)
    assert len(shown.sent("window")) <= 4
