import assert from "node:assert/strict";
import { test } from "node:test";
import {
  arrowHead, edgePath, fit, fitted, keepInSight, MAX_SCALE, MIN_SCALE, neighbours, next, opening, outline, reach, readable, revealBox, zoomAt,
} from "../../../../workbench/widgets/causation_graph/geometry.mjs";

const EDGES = [["a", "b"], ["a", "c"], ["b", "d"], ["c", "d"], ["d", "e"]];

test("reach follows causes and effects and leaves the start out", () => {
  const { effects, causes } = neighbours(EDGES);
  assert.deepEqual([...reach(["b"], effects)].sort(), ["d", "e"]);
  assert.deepEqual([...reach(["d"], causes)].sort(), ["a", "b", "c"]);
  assert.deepEqual([...reach([], effects)], []);
});

test("a cycle ends by itself", () => {
  const { effects } = neighbours([["a", "b"], ["b", "c"], ["c", "a"]]);
  assert.deepEqual([...reach(["a"], effects)].sort(), ["b", "c"]);
});

test("a long chain does not exhaust the stack", () => {
  const { effects } = neighbours(Array.from({ length: 100_000 }, (_, n) => [`${n}`, `${n + 1}`]));
  assert.equal(reach(["0"], effects).size, 100_000);
});

test("fitting shows all and never magnifies", () => {
  assert.deepEqual(fit(100, 50, 1_016, 516), { k: 1, x: 458, y: 233 });
  assert.equal(fit(2_000, 100, 1_016, 516).k, 0.5);
  assert.equal(fit(1e9, 1e9, 100, 100).k, MIN_SCALE);
  assert.ok(Number.isFinite(fit(0, 0, 0, 0).k));
});

test("zooming keeps the point under the pointer and its bounds", () => {
  const zoomed = zoomAt({ k: 1, x: 10, y: 20 }, 2, 110, 220);
  assert.equal((110 - zoomed.x) / zoomed.k, 100);
  assert.equal((220 - zoomed.y) / zoomed.k, 200);
  assert.equal(zoomAt(zoomed, 1_000, 0, 0).k, MAX_SCALE);
  assert.equal(zoomAt(zoomed, 1e-9, 0, 0).k, MIN_SCALE);
});

test("the drawing cannot be lost", () => {
  assert.deepEqual(keepInSight({ k: 1, x: 5_000, y: -5_000 }, 300, 200, 800, 400), { k: 1, x: 760, y: -160 });
});

test("a box is revealed with the least movement", () => {
  const box = { key: "a", x: 900, y: 50, w: 100, h: 20 };
  assert.deepEqual(revealBox({ k: 1, x: 0, y: 0 }, box, 800, 400), { k: 1, x: -162, y: 0 });
  assert.deepEqual(revealBox({ k: 1, x: -162, y: 0 }, box, 800, 400), { k: 1, x: -162, y: 0 });
});

test("keys lead to effects, causes and what is drawn above or below", () => {
  const { effects, causes } = neighbours(EDGES);
  const boxes = new Map([["a", 0, 0], ["b", 100, 0], ["c", 100, 50], ["d", 200, 0], ["e", 300, 90]]
    .map(([key, x, y]) => [key, { key, x, y, w: 10, h: 10 }]));
  assert.equal(next("ArrowRight", "a", boxes, effects, causes), "b");
  assert.equal(next("ArrowLeft", "d", boxes, effects, causes), "b");
  assert.equal(next("ArrowDown", "b", boxes, effects, causes), "c");
  assert.equal(next("ArrowUp", "c", boxes, effects, causes), "b");
  assert.equal(next("ArrowRight", "e", boxes, effects, causes), null);
  assert.equal(next("Home", "e", boxes, effects, causes), "a");
  assert.equal(next("End", "a", boxes, effects, causes), "e");
  assert.equal(next("x", "a", boxes, effects, causes), null);
});

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

test("a drawing too large to read opens at its beginning", () => {
  assert.deepEqual(opening(500, 200, 1_000, 400), fit(500, 200, 1_000, 400));
  const large = opening(50_000, 9_000, 1_000, 400);
  assert.ok(large.k > 0.5);
  assert.deepEqual([large.x, large.y], [12, 12]);
});

test("labels of an axis do not run into each other", () => {
  assert.deepEqual(readable([[0, "x".repeat(20)], [60, "+1"], [140, "+2"], [150, "+3"]], 6), [true, false, true, false]);
  assert.deepEqual(readable([], 6), []);
});
