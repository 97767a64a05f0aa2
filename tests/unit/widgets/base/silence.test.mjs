import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, KNOCK_MS, SilenceWatch, STALE_MS } from "../../../../workbench/widgets/base/silence.mjs";

test("silence is told after fifteen seconds, and ends with the next message", () => {
  const silence = new SilenceWatch(0);
  assert.equal(silence.notice(STALE_MS), "");
  assert.equal(silence.notice(STALE_MS + 1), `No news from the kernel since ${clock(0)}.`);
  silence.heard(STALE_MS + 2);
  assert.equal(silence.notice(STALE_MS + 3), "");
});

test("ready is said again every seven seconds of silence", () => {
  const silence = new SilenceWatch(0);
  const knocks = [];
  for (let now = 0; now <= 16_000; now += 1_000) if (silence.knockDue(now)) knocks.push(now);
  assert.deepEqual(knocks, [8_000, 16_000]);
  silence.heard(16_000);
  assert.equal(silence.knockDue(16_000 + KNOCK_MS), false);
});

test("a time of day has two digits each", () => {
  assert.match(clock(0), /^\d\d:\d\d:\d\d$/);
});
