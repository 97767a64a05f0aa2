import assert from "node:assert/strict";
import { test } from "node:test";
import { themed } from "../../../../workbench/widgets/chart/theme.mjs";

test("a chart takes the colours of the page and keeps its layout", () => {
  const layout = { title: { text: "lag" }, font: { size: 12, color: "black" } };
  const shown = themed(layout, { color: "white", backgroundColor: "rgb(17, 17, 17)" });
  assert.deepEqual(shown.font, { size: 12, color: "white" });
  assert.equal(shown.paper_bgcolor, "rgb(17, 17, 17)");
  assert.equal(shown.title.text, "lag");
  assert.equal(layout.font.color, "black");
});
