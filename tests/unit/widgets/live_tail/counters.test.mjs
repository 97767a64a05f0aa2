import assert from "node:assert/strict";
import { test } from "node:test";
import { canStop, countersText } from "../../../../workbench/widgets/live_tail/counters.mjs";

const COUNTS = { state: "live", total: 12_345, held: 1_000, dropped: 0, behind: 7, picked: 0, base: 0, end: 400 };

test("counters are grouped and say the state first", () => {
  assert.equal(countersText(COUNTS, false), "live · 12,345 read · 1,000 held · 0 dropped · 7 behind");
});

test("what is unknown, selected or filtered is said only then", () => {
  const text = countersText({ ...COUNTS, behind: null, picked: 3 }, true);
  assert.equal(text, "live · 12,345 read · 1,000 held · 0 dropped · behind: unknown · 3 selected · 400 match");
});

test("a table that ended is behind nothing", () => {
  const text = countersText({ ...COUNTS, state: "closed", behind: null }, false);
  assert.equal(text, "closed · 12,345 read · 1,000 held · 0 dropped");
});

test("while a filter is applied the matches of the former one are not counted", () => {
  const text = countersText({ ...COUNTS, filtering: true }, true);
  assert.equal(text, "live · 12,345 read · 1,000 held · 0 dropped · 7 behind · filtering…");
});

test("only reading can be stopped", () => {
  assert.deepEqual(["live", "waiting", "no answer", "paused", "stopped", "closed", "ended", "failed"].map(canStop), [true, true, true, true, false, false, false, false]);
});
