import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeTimers } from "../../../support/fake_timers.mjs";
import { PendingRequests, REQUEST_TIMEOUT_MS } from "../../../../workbench/widgets/base/requests.mjs";

test("an answer goes to its request, once", async (t) => {
  fakeTimers(t);
  const requests = new PendingRequests("v");
  const [first, second] = [requests.open(), requests.open()];
  assert.deepEqual([first.id, second.id], ["v-1", "v-2"]);
  assert.equal(requests.resolve(second.id, "two"), true);
  assert.equal(requests.resolve(second.id, "again"), false);
  assert.equal(requests.resolve(first.id, "one"), true);
  assert.deepEqual([await first.answer, await second.answer], ["one", "two"]);
});

test("an answer for another view is not taken", () => {
  assert.equal(new PendingRequests("v").resolve("w-1", "x"), false);
});

test("a refusal rejects with its message", async (t) => {
  fakeTimers(t);
  const requests = new PendingRequests("v");
  const { id, answer } = requests.open();
  requests.refuse(id, "held no more");
  requests.refuse("v-9", "nobody asked");
  await assert.rejects(answer, /held no more/);
});

test("a lost answer is given up after five seconds", async (t) => {
  const timers = fakeTimers(t);
  const { answer } = new PendingRequests("v").open();
  timers.tick(REQUEST_TIMEOUT_MS);
  await assert.rejects(answer, /timeout/);
});

test("a closed view hears nothing more", async (t) => {
  const timers = fakeTimers(t);
  const requests = new PendingRequests("v");
  const { id, answer } = requests.open();
  let settled = false;
  answer.finally(() => (settled = true));
  requests.close();
  timers.tick(REQUEST_TIMEOUT_MS);
  assert.equal(requests.resolve(id, "late"), false);
  await Promise.resolve();
  assert.equal(settled, false);
});
