import assert from "node:assert/strict";
import { test } from "node:test";
import {
  between, firstAt, lastFirst, MAX_SCROLL_PX, moved, reveal, ROW_PX, scrollFor, scrollHeight, windowAt,
} from "../../../../workbench/widgets/live_tail/geometry.mjs";

test("scroll height follows the rows and is capped", () => {
  assert.equal(scrollHeight(0), 0);
  assert.equal(scrollHeight(100), 2200);
  assert.equal(scrollHeight(10_000_000), MAX_SCROLL_PX);
});

test("scrolling and its inverse agree, small and beyond the cap", () => {
  for (const [base, end] of [[0, 100], [50, 5_000], [1_000_000, 3_000_000]]) {
    for (const share of [0, 0.1, 0.5, 0.99, 1]) {
      const first = base + share * (end - base - 440 / ROW_PX);
      const back = firstAt(scrollFor(first, base, end, 440), base, end, 440);
      assert.ok(Math.abs(back - first) < 1e-6 * end, `${first} became ${back}`);
    }
  }
});

test("below the cap one row is one row height", () => {
  assert.equal(scrollFor(7, 0, 1_000, 440), 7 * ROW_PX);
});

test("the far end is reachable above the cap", () => {
  const end = 5_000_000;
  assert.equal(firstAt(MAX_SCROLL_PX, 0, end, 440), end - 20);
});

test("few rows do not scroll", () => {
  assert.equal(scrollFor(3, 0, 5, 440), 0);
  assert.equal(firstAt(99, 0, 5, 440), 0);
  assert.equal(lastFirst(0, 5, 440), 0);
});

test("the window covers viewport and overscan inside the bounds", () => {
  assert.deepEqual(windowAt(100.5, 0, 1_000, 440), [90, 131]);
  assert.deepEqual(windowAt(0, 0, 1_000, 440), [0, 30]);
  assert.deepEqual(windowAt(980, 0, 1_000, 440), [970, 1_000]);
  assert.deepEqual(windowAt(5, 5, 5, 440), [5, 5]);
});

test("keys move the focus inside the bounds", () => {
  assert.equal(moved("ArrowDown", 5, 0, 10, 440), 6);
  assert.equal(moved("ArrowUp", 0, 0, 10, 440), 0);
  assert.equal(moved("PageDown", 5, 0, 100, 440), 24);
  assert.equal(moved("Home", 5, 3, 10, 440), 3);
  assert.equal(moved("End", 5, 3, 10, 440), 9);
  assert.equal(moved("a", 5, 3, 10, 440), null);
  assert.equal(moved("End", 0, 7, 7, 440), null);
});

test("revealing moves as little as possible", () => {
  assert.equal(reveal(5, 10, 440), 5);
  assert.equal(reveal(15, 10, 440), 10);
  assert.equal(reveal(40, 10, 440), 21);
});

test("a range holds both its ends", () => {
  assert.deepEqual(between(7, 3), [3, 8]);
  assert.deepEqual(between(3, 3), [3, 4]);
});
