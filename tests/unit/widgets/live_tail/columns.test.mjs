import assert from "node:assert/strict";
import { test } from "node:test";
import {
  commonStart, nextOrder, shownColumns, sortState, template, withHidden, withWidth,
} from "../../../../workbench/widgets/live_tail/columns.mjs";

const COLUMNS = [
  { name: "time", title: "Time", width: 100 },
  { name: "id", title: "Id", width: 80, hidden: true },
  { name: "value", title: "Value", width: 300, grow: true },
];

test("hidden columns keep the index of their cells for the others", () => {
  assert.deepEqual(shownColumns(COLUMNS).map(({ name, index }) => [name, index]), [["time", 0], ["value", 2]]);
  assert.equal(template(COLUMNS), "100px minmax(300px, 1fr)");
});

test("widths stay within bounds", () => {
  assert.equal(withWidth(COLUMNS, "time", 140.6)[0].width, 141);
  assert.equal(withWidth(COLUMNS, "time", -5)[0].width, 36);
  assert.equal(withWidth(COLUMNS, "time", 1e9)[0].width, 2000);
  assert.equal(COLUMNS[0].width, 100);
});

test("the last column cannot be hidden", () => {
  const one = withHidden(COLUMNS, "time", true);
  assert.deepEqual(one.map(({ hidden }) => Boolean(hidden)), [true, true, false]);
  assert.equal(withHidden(one, "value", true), one);
  assert.equal(withHidden(one, "id", false)[1].hidden, false);
});

test("clicks sort up, down, and not at all", () => {
  assert.deepEqual(["", "key", "-key", "other"].map((order) => nextOrder(order, "key")), ["key", "-key", "", "key"]);
  assert.deepEqual(["", "key", "-key"].map((order) => sortState(order, "key")), ["none", "ascending", "descending"]);
});

test("names share what stands before the part in which they differ", () => {
  assert.equal(commonStart([]), 0);
  assert.equal(commonStart(["", ""]), 0);
  assert.equal(commonStart(["onex.dev.orders", "onex.dev.bills", "onex.dev.orders"]), "onex.dev.".length);
  assert.equal(commonStart(["com.acme.OrderPlaced", "com.acme.OrderShipped"]), "com.acme.".length);
  assert.equal(commonStart(["com.acme.OrderPlaced"]), "com.acme.".length);
  assert.equal(commonStart(["orders", "bills"]), 0);
  assert.equal(commonStart(["orders"]), 0);
  assert.equal(commonStart(["a.b", "a.b.c"]), 2);
  assert.equal(commonStart(["a.b.", "a.b."]), 2);
});
