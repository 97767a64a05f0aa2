import assert from "node:assert/strict";
import { test } from "node:test";
import { keyAction, next, nextRow } from "../../../../workbench/widgets/causation_graph/keyboard.mjs";
import { neighbours } from "../../../../workbench/widgets/causation_graph/links.mjs";

const EDGES = [["a", "b"], ["a", "c"], ["b", "d"], ["c", "d"], ["d", "e"]];
const BOXES = new Map([["a", 0, 0], ["b", 100, 0], ["c", 100, 50], ["d", 200, 0], ["e", 300, 90]]
  .map(([key, x, y]) => [key, { key, x, y, w: 10, h: 10 }]));
const LINKS = neighbours(EDGES);

test("keys lead to effects, causes and what is drawn above or below", () => {
  assert.equal(next("ArrowRight", "a", BOXES, LINKS), "b");
  assert.equal(next("ArrowLeft", "d", BOXES, LINKS), "b");
  assert.equal(next("ArrowDown", "b", BOXES, LINKS), "c");
  assert.equal(next("ArrowUp", "c", BOXES, LINKS), "b");
  assert.equal(next("ArrowRight", "e", BOXES, LINKS), null);
  assert.equal(next("Home", "e", BOXES, LINKS), "a");
  assert.equal(next("End", "a", BOXES, LINKS), "e");
  assert.equal(next("x", "a", BOXES, LINKS), null);
});

test("a box of a map that leads to itself does not keep the focus", () => {
  const links = neighbours([["b", "b"], ["a", "b"], ["b", "d"]]);
  assert.equal(next("ArrowRight", "b", BOXES, links), "d");
  assert.equal(next("ArrowLeft", "b", BOXES, links), "a");
});

test("keys select, add, zoom and fit", () => {
  const action = (key, ctrl = false, current = "a") => keyAction(key, ctrl, current, BOXES, LINKS);
  assert.deepEqual(action("ArrowRight"), { focus: "b" });
  assert.deepEqual(action("Enter"), { act: "a", adding: false });
  assert.deepEqual(action("Enter", true), { act: "a", adding: true });
  assert.deepEqual(action(" "), { act: "a", adding: true });
  assert.equal(action("Enter", false, ""), null);
  assert.deepEqual(["+", "=", "-"].map((key) => action(key).zoom), [1.25, 1.25, 0.8]);
  assert.deepEqual(action("0"), { fit: true });
  assert.equal(action("q"), null);
});

test("arrow keys walk the rows of the table and stop at its ends", () => {
  assert.deepEqual([nextRow("ArrowDown", 0, 3), nextRow("ArrowDown", 2, 3), nextRow("ArrowUp", 0, 3)], [1, 2, 0]);
  assert.equal(nextRow("ArrowDown", -1, 3), 0);
  assert.equal(nextRow("Enter", 1, 3), null);
});
