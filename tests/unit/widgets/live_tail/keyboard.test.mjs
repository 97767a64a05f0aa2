import assert from "node:assert/strict";
import { test } from "node:test";
import { pressKey } from "../../../../workbench/widgets/live_tail/keyboard.mjs";
import { TableState } from "../../../../workbench/widgets/live_tail/state.mjs";

const VIEWPORT_PX = 220;

function table({ focus = -1 } = {}) {
  const state = new TableState();
  state.take({ view: 0, base: 0, end: 100, picks: 0, state: "live" }, null, VIEWPORT_PX);
  state.first = 90;
  state.focus = focus;
  return state;
}

test("keys start at the newest page while no row has the focus", () => {
  const state = table();
  assert.deepEqual(pressKey(state, "ArrowDown", false, VIEWPORT_PX), { moved: true });
  assert.equal(state.focus, 91);
});

test("the focused row is brought into sight", () => {
  const state = table({ focus: 90 });
  pressKey(state, "ArrowUp", false, VIEWPORT_PX);
  assert.deepEqual([state.focus, state.first], [89, 89]);
  pressKey(state, "Home", false, VIEWPORT_PX);
  assert.deepEqual([state.focus, state.first], [0, 0]);
});

test("Shift extends from where it began", () => {
  const state = table({ focus: 50 });
  const first = pressKey(state, "ArrowUp", true, VIEWPORT_PX);
  assert.deepEqual([first.select.start, first.select.end, first.select.mode], [49, 51, "extend"]);
  const second = pressKey(state, "ArrowUp", true, VIEWPORT_PX);
  assert.deepEqual([second.select.start, second.select.end], [48, 51]);
});

test("Space toggles and Enter opens the focused row", () => {
  const state = table({ focus: 50 });
  assert.equal(pressKey(state, " ", false, VIEWPORT_PX).select.mode, "toggle");
  assert.equal(state.anchor, 50);
  assert.deepEqual(pressKey(state, "Enter", false, VIEWPORT_PX), { open: 50 });
});

test("keys without a meaning, or without a focused row, do nothing", () => {
  assert.equal(pressKey(table(), " ", false, VIEWPORT_PX), null);
  assert.equal(pressKey(table(), "Enter", false, VIEWPORT_PX), null);
  assert.equal(pressKey(table({ focus: 50 }), "a", false, VIEWPORT_PX), null);
});
