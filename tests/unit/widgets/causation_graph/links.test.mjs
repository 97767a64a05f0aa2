import assert from "node:assert/strict";
import { test } from "node:test";
import { neighbours, reach, related, toggled } from "../../../../workbench/widgets/causation_graph/links.mjs";

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

test("a hub of many effects keeps their order", () => {
  const { effects } = neighbours(Array.from({ length: 50_000 }, (_, n) => ["hub", `${n}`]));
  assert.equal(effects.get("hub").length, 50_000);
  assert.deepEqual(effects.get("hub").slice(0, 2), ["0", "1"]);
});

test("a selection relates to the edges of its causes and effects, not to those that pass it by", () => {
  const { up, down, edge } = related(new Set(["b"]), neighbours([...EDGES, ["a", "d"]]));
  assert.deepEqual([...up], ["a"]);
  assert.deepEqual([...down].sort(), ["d", "e"]);
  assert.deepEqual(EDGES.map(([cause, effect]) => edge(cause, effect)), [true, false, true, false, true]);
  assert.equal(edge("a", "d"), false);
});

test("without a selection nothing is related", () => {
  const { up, down, edge } = related(new Set(), neighbours(EDGES));
  assert.deepEqual([up.size, down.size, edge("a", "b")], [0, 0, false]);
});

test("a click with Ctrl adds a node or takes it away", () => {
  assert.deepEqual(toggled(new Set(["a"]), "b"), ["a", "b"]);
  assert.deepEqual(toggled(new Set(["a", "b"]), "a"), ["b"]);
});
