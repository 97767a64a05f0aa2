import assert from "node:assert/strict";
import { test } from "node:test";
import { TableState } from "../../../../workbench/widgets/live_tail/state.mjs";

const VIEWPORT_PX = 220;
const tick = (more) => ({ view: 0, base: 0, end: 100, picks: 0, state: "live", ...more });
const page = (rows) => Array.from({ length: rows }, (_, index) => [[`${index}`], 0, 0]);

test("a page of the tail replaces the rows and is shown", () => {
  const state = new TableState();
  assert.equal(state.take(tick({ start: 80 }), page(20), VIEWPORT_PX), "");
  assert.deepEqual([state.first, state.rows.size], [90, 20]);
  state.take(tick({ end: 200, start: 180 }), page(20), VIEWPORT_PX);
  assert.deepEqual([state.first, Math.min(...state.rows.keys())], [190, 180]);
});

test("counters alone leave the rows where they are", () => {
  const state = new TableState();
  state.take(tick({ start: 80 }), page(20), VIEWPORT_PX);
  state.first = 85;
  state.take(tick({ end: 500, base: 82 }), null, VIEWPORT_PX);
  assert.equal(state.first, 85);
  assert.deepEqual([state.rows.has(81), state.rows.has(82)], [false, true]);
});

test("another filter forgets rows, focus and anchor", () => {
  const state = new TableState();
  state.take(tick({ start: 80 }), page(20), VIEWPORT_PX);
  state.click(85, { shift: false, toggle: false });
  state.take(tick({ view: 1, end: 30 }), null, VIEWPORT_PX);
  assert.deepEqual([state.rows.size, state.focus, state.anchor, state.first], [0, -1, -1, 20]);
});

test("a selection made in Python outdates the rows at hand", () => {
  const state = new TableState();
  state.take(tick({}), null, VIEWPORT_PX);
  assert.equal(state.outdated, false);
  state.take(tick({ picks: 1 }), null, VIEWPORT_PX);
  assert.equal(state.outdated, true);
});

test("a change of the reading is said, the first state is not", () => {
  const state = new TableState();
  assert.equal(state.take(tick({}), null, VIEWPORT_PX), "");
  assert.equal(state.take(tick({ state: "stopped" }), null, VIEWPORT_PX), "Reading is stopped.");
  assert.equal(state.take(tick({ state: "stopped" }), null, VIEWPORT_PX), "");
});

test("the top edge stays inside what exists", () => {
  const state = new TableState();
  state.take(tick({ base: 40 }), null, VIEWPORT_PX);
  state.first = 5;
  state.settle(false, VIEWPORT_PX);
  assert.equal(state.first, 40);
  state.first = 1_000;
  state.settle(false, VIEWPORT_PX);
  assert.equal(state.first, 90);
  state.first = 50;
  state.settle(true, VIEWPORT_PX);
  assert.equal(state.first, 90);
});

test("clicks select one, more, and ranges from the row clicked last", () => {
  const state = new TableState();
  state.take(tick({ view: 3 }), null, VIEWPORT_PX);
  const click = (position, held) => state.click(position, { shift: false, toggle: false, ...held });
  assert.deepEqual(click(10), { kind: "select", view: 3, start: 10, end: 11, mode: "replace" });
  assert.deepEqual(click(7, { shift: true }), { kind: "select", view: 3, start: 7, end: 11, mode: "extend" });
  assert.deepEqual(click(20, { toggle: true }), { kind: "select", view: 3, start: 20, end: 21, mode: "toggle" });
  assert.deepEqual([state.focus, state.anchor], [20, 20]);
});

test("Shift without an earlier click selects one row", () => {
  const state = new TableState();
  state.take(tick({}), null, VIEWPORT_PX);
  assert.equal(state.click(10, { shift: true, toggle: false }).mode, "replace");
});
