import assert from "node:assert/strict";
import { test } from "node:test";
import { hasRows, keepRows, markRows, storeRows } from "../../../../workbench/widgets/live_tail/rows.mjs";

function held(start, end) {
  const rows = new Map();
  storeRows(rows, start, Array.from({ length: end - start }, (_, index) => [[`${start + index}`], 0, 0]));
  return rows;
}

const picked = (rows) => [...rows].filter(([, row]) => row.picked).map(([position]) => position);

test("packed rows are stored by position", () => {
  const rows = new Map();
  storeRows(rows, 7, [[["a"], 1, 0], [["b"], 0, 1]]);
  assert.deepEqual(rows.get(7), { cells: ["a"], picked: true, problem: false });
  assert.deepEqual(rows.get(8), { cells: ["b"], picked: false, problem: true });
});

test("rows outside a range are forgotten", () => {
  const rows = held(0, 10);
  keepRows(rows, 3, 6);
  assert.deepEqual([...rows.keys()], [3, 4, 5]);
  keepRows(rows, 5);
  assert.deepEqual([...rows.keys()], [5]);
});

test("a gap is noticed", () => {
  const rows = held(0, 10);
  assert.equal(hasRows(rows, 2, 10), true);
  rows.delete(5);
  assert.equal(hasRows(rows, 2, 10), false);
  assert.equal(hasRows(rows, 6, 6), true);
});

test("rows are marked as the kernel will mark them", () => {
  const rows = held(0, 6);
  markRows(rows, 1, 3, "replace");
  assert.deepEqual(picked(rows), [1, 2]);
  markRows(rows, 2, 5, "extend");
  assert.deepEqual(picked(rows), [1, 2, 3, 4]);
  markRows(rows, 4, 6, "toggle");
  assert.deepEqual(picked(rows), [1, 2, 3, 5]);
  markRows(rows, 0, 1, "replace");
  assert.deepEqual(picked(rows), [0]);
});
