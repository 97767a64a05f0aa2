import assert from "node:assert/strict";
import { test } from "node:test";
import { TableState } from "../../../../workbench/widgets/live_tail/state.mjs";
import { RETRY_LIMIT_MS, WindowRequests } from "../../../../workbench/widgets/live_tail/window_requests.mjs";
import { fakeTimers } from "../../../support/fake_timers.mjs";

const VIEWPORT_PX = 220;
const turn = () => new Promise((done) => setImmediate(done));

/** Requests whose answers the test gives. */
function table() {
  const state = new TableState();
  state.take({ view: 0, base: 0, end: 1_000, picks: 0, state: "live" }, null, VIEWPORT_PX);
  state.first = 500;
  const asked = [];
  let arrived = 0;
  const request = (content) => new Promise((resolve, reject) => asked.push({ content, resolve, reject }));
  const windows = new WindowRequests(state, request, () => VIEWPORT_PX, () => (arrived += 1));
  const answer = async (number, view = 0) => {
    const { content, resolve } = asked[number];
    const rows = Array.from({ length: content.end - content.start }, (_, index) => [[`${content.start + index}`], 0, 0]);
    const buffer = new DataView(new TextEncoder().encode(JSON.stringify(rows)).buffer);
    resolve({ content: { kind: "rows", view, start: content.start }, buffers: [buffer] });
    await turn();
  };
  return { state, windows, asked, answer, arrived: () => arrived };
}

test("missing rows are asked for once and stored", async () => {
  const { state, windows, asked, answer, arrived } = table();
  void windows.ask();
  await answer(0);
  assert.deepEqual(asked[0].content, { kind: "window", start: 490, end: 520 });
  assert.deepEqual([state.rows.size, arrived()], [30, 1]);
  await windows.ask();
  assert.equal(asked.length, 1);
});

test("one request is in flight, and the newest wish replaces those that waited", async () => {
  const { state, windows, asked, answer } = table();
  void windows.ask();
  for (const first of [400, 300, 200]) {
    state.first = first;
    void windows.ask();
  }
  assert.equal(asked.length, 1);
  await answer(0);
  assert.deepEqual(asked.map(({ content }) => content.start), [490, 190]);
});

test("a refused request is asked again later and later, whatever is painted meanwhile", async (t) => {
  const clock = fakeTimers(t);
  const { windows, asked, answer } = table();
  void windows.ask();
  const seen = [];
  for (let second = 0; second < 60; second++) {
    const before = asked.length;
    for (let paint = 0; paint < 10; paint++) {
      asked.at(-1).reject(new Error("refused"));
      await turn();
      void windows.ask();
      clock.tick(100);
      await turn();
    }
    seen.push(asked.length - before);
  }
  assert.ok(seen[0] <= 3, `${seen[0]} requests in the first second`);
  assert.ok(asked.length <= 13, `${asked.length} requests in a minute`);
  asked.at(-1).reject(new Error("refused"));
  await turn();
  clock.tick(RETRY_LIMIT_MS);
  await turn();
  await answer(asked.length - 1);
  clock.tick(60_000);
  const answered = asked.length;
  await windows.ask();
  assert.equal(asked.length, answered);
});

test("a closed table asks no more", async (t) => {
  const clock = fakeTimers(t);
  const { windows, asked } = table();
  void windows.ask();
  asked[0].reject(new Error("refused"));
  await turn();
  windows.close();
  clock.tick(60_000);
  assert.equal(asked.length, 1);
});

test("the answer of an earlier view is not stored", async () => {
  const { state, windows, answer, arrived } = table();
  void windows.ask();
  await answer(0, 7);
  assert.deepEqual([state.rows.size, arrived()], [0, 0]);
});

test("rows whose marks are outdated are asked for although they are at hand", async () => {
  const { state, windows, asked, answer } = table();
  void windows.ask();
  await answer(0);
  state.outdated = true;
  void windows.ask();
  assert.equal(asked.length, 2);
  assert.equal(state.outdated, false);
  await answer(1);
});

test("rows far from the window are forgotten", async () => {
  const { state, windows, answer } = table();
  state.rows.set(0, { cells: [], picked: false, problem: false });
  state.rows.set(100, { cells: [], picked: false, problem: false });
  void windows.ask();
  await answer(0);
  assert.deepEqual([state.rows.has(0), state.rows.has(100)], [false, true]);
});
