import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fit, keepInSight, MAX_SCALE, MIN_SCALE, nameBase, namesWidth, revealBox, shortName, zoomAt,
} from "../../../../workbench/widgets/causation_graph/geometry.mjs";

test("fitting shows all that can be read and never magnifies", () => {
  assert.deepEqual(fit(100, 50, 1_016, 516), { k: 1, x: 458, y: 233 });
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

test("no drawing is made so small that its text cannot be read", () => {
  // The smallest text is 10.5 px high; of a drawing that does not fit at 10 px the beginning is shown.
  for (const [width, height] of [[1_010, 200], [1_300, 200], [2_000, 100], [50_000, 9_000], [1e9, 1e9]]) {
    assert.ok(fit(width, height, 1_000, 400).k * 10.5 >= 10);
  }
  assert.deepEqual(fit(50_000, 9_000, 1_000, 400), { k: 0.96, x: 12, y: 12 });
  // The first cause is in sight, in the middle where the drawing allows it, and empty space is shared.
  assert.equal(fit(5_000, 3_000, 1_000, 400, 1_500).y, 200 - 1_500 * 0.96);
  assert.equal(fit(5_000, 3_000, 1_000, 400, 2_990).y, 400 - 3_000 * 0.96 - 12);
  assert.equal(fit(5_000, 100, 1_000, 400, 50).y, (400 - 96) / 2);
});

test("the name of a tall lane stays in sight, inside the lane", () => {
  assert.deepEqual([0, 100, 400, 1_000].map((seen) => nameBase(["", "", 50, 600], seen)), [65, 115, 415, 645]);
  assert.equal(nameBase(["", "", 50, 10], 900), 65);
});

test("the column of names takes at most a third, and a name keeps its end", () => {
  assert.deepEqual([1_400, 480, 0].map((view) => namesWidth(290, view)), [290, 160, 290]);
  assert.deepEqual([17, 10, 0].map((most) => shortName("payment.requested", most)), ["payment.requested", "…requested", "…ed"]);
});
