import assert from "node:assert/strict";
import { test } from "node:test";
import { HEIGHT, points, WIDTH } from "../../../../workbench/widgets/explorer/trend.mjs";

test("the newest value is at the right edge, the largest at the top", () => {
  assert.equal(points([0, 10, 5]), `0.0,${HEIGHT - 1}.0 ${WIDTH / 2}.0,1.0 ${WIDTH}.0,8.0`);
  assert.equal(points([0, 0]), `0.0,${HEIGHT - 1}.0 ${WIDTH}.0,${HEIGHT - 1}.0`);
});
