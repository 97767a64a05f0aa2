import assert from "node:assert/strict";
import { test } from "node:test";

import { foundText, nextFound } from "../../../../workbench/widgets/causation_graph/found.mjs";
import { neighbours } from "../../../../workbench/widgets/causation_graph/links.mjs";
import { fit, revealBox } from "../../../../workbench/widgets/causation_graph/geometry.mjs";
import { next } from "../../../../workbench/widgets/causation_graph/keyboard.mjs";

test("what was found is counted, folded events too", () => {
  assert.equal(foundText({ events: 0, folded: 0, keys: [] }, -1), "nothing found");
  assert.equal(foundText({ events: 1200, folded: 1150, keys: ["a", "b"] }, -1), "1,200 found, 1,150 of them folded");
  assert.equal(foundText({ events: 2, folded: 0, keys: ["a", "b"] }, 1), "2 of 2 marks, 2 found");
});

test("steps go around the end, backwards from the last one", () => {
  assert.deepEqual([nextFound(-1, 1, 3), nextFound(2, 1, 3), nextFound(0, -1, 3), nextFound(-1, -1, 3)], [0, 0, 2, 2]);
  assert.equal(nextFound(-1, 1, 0), -1);
});

test("in a view of rows up and down lead to the row before and after", () => {
  const boxes = new Map(["a", "b", "c"].map((key) => [key, { key, x: key === "b" ? 900 : 0, y: 0, w: 1, h: 1 }]));
  const links = neighbours([["a", "c"]], true);
  assert.equal(next("ArrowDown", "a", boxes, links), "b");
  assert.equal(next("ArrowUp", "a", boxes, links), null);
  assert.equal(next("ArrowRight", "a", boxes, links), "c");
});

test("a picture with an axis begins at the top, and what is shown is not under the axis", () => {
  assert.equal(fit(100, 100, 500, 500, 0, true).y, 0);
  const moved = revealBox({ k: 1, x: 0, y: -100 }, { key: "a", x: 50, y: 110, w: 20, h: 20 }, 500, 500, 40);
  assert.equal(moved.y, -48);
});
