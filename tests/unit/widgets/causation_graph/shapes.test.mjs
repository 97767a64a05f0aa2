import assert from "node:assert/strict";
import { test } from "node:test";
import { arrowHead, edgePath, fitted, fittedEnd, labelPoint, outline, readable } from "../../../../workbench/widgets/causation_graph/shapes.mjs";

test("routes become curves or polylines with a head", () => {
  assert.equal(edgePath([[0, 0], [100, 50]]), "M0,0C50,0 50,50 100,50");
  assert.equal(edgePath([[0, 0], [4, 8], [8, 8], [9, 9]]), "M0,0Q4,8 6,8Q8,8 9,9");
  assert.equal(edgePath([]), "");
  assert.match(arrowHead([[0, 0], [100, 50]]), /^M100,50L92\.7,/);
  assert.equal(arrowHead([[1, 1]]), "");
});

test("text is cut to its room", () => {
  assert.equal(fitted("short", 100, 10), "short");
  assert.equal(fitted("rather long", 50, 10), "rath…");
  assert.equal(fitted("x", 5, 10), "");
});

test("every shape is closed and different", () => {
  const shapes = ["round", "pill", "cut", "diamond", "plain", "stack", "ellipse"];
  const drawn = shapes.map((shape) => outline(shape, 150, 30));
  assert.equal(new Set(drawn).size, shapes.length);
  for (const path of drawn) assert.match(path, /^M[-\d.,]+.*Z/);
  assert.equal(outline("unheard of", 150, 30), outline("round", 150, 30));
});

test("labels of an axis do not run into each other", () => {
  assert.deepEqual(readable([[0, "x".repeat(20)], [60, "+1"], [140, "+2"], [150, "+3"]], 6), [true, false, true, false]);
  assert.deepEqual(readable([], 6), []);
});

test("of a long lane title the end is kept, and its count", () => {
  assert.equal(fittedEnd("onex.dev.workflow_events", 100, 10, " (3)"), "…vents (3)");
  assert.equal(fittedEnd("orders", 196, 7.2, " (1,000)"), "orders (1,000)");
  assert.equal(fittedEnd("onex.prod.deeply.nested.team.payments_settled", 196, 7.2, " (12)").length, 27);
});

test("the time of a hop stands before the arrow of its effect", () => {
  assert.deepEqual(labelPoint([[0, 0], [50, 10], [100, 20]]), { x: 92, y: 15 });
});
