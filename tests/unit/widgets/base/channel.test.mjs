import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeTimers } from "../../../support/fake_timers.mjs";
import { Channel } from "../../../../workbench/widgets/base/channel.mjs";

/** A channel on a model that records what is sent, with all handlers recording what they hear. */
function opened(t, { streaming = true, broken = false } = {}) {
  const { tick } = fakeTimers(t);
  const [sent, heard, listeners] = [[], [], []];
  const model = {
    send: (content) => {
      if (broken) throw new Error("no comm");
      sent.push(content);
    },
    on: (_name, call) => listeners.push(call),
    off: (_name, call) => listeners.splice(listeners.indexOf(call), 1),
  };
  const on = (name) => (first) => heard.push([name, first.kind ?? first]);
  const handlers = { failed: on("failed"), silence: on("silence"), other: on("other"), ...(streaming ? { tick: on("tick") } : {}) };
  const channel = new Channel(model, handlers);
  channel.open();
  return { channel, sent, heard, listeners, tick, play: (content) => listeners[0](content, []) };
}

test("ready comes first, and each tick is acknowledged before it is handled", (t) => {
  const { sent, heard, play } = opened(t);
  play({ kind: "tick", number: 7 });
  assert.deepEqual(sent, [{ kind: "ready" }, { kind: "ack", number: 7 }]);
  assert.deepEqual(heard, [["silence", ""], ["tick", "tick"]]);
});

test("an answer settles its request, anything else is another message", async (t) => {
  const { channel, sent, heard, play } = opened(t);
  const answer = channel.request({ kind: "window", start: 0 });
  const { request } = sent.at(-1);
  play({ kind: "rows", request: `${request}0` });
  play({ kind: "rows", request });
  assert.equal((await answer).content.request, request);
  assert.deepEqual(heard.filter(([name]) => name === "other"), [["other", "rows"]]);
});

test("a failure rejects its request and is shown", async (t) => {
  const { channel, sent, heard, play } = opened(t);
  const answer = channel.request({ kind: "record" });
  play({ kind: "failed", request: sent.at(-1).request, message: "held no more" });
  await assert.rejects(answer, /held no more/);
  assert.deepEqual(heard.at(-1), ["failed", "held no more"]);
});

test("a silent kernel is asked again and its silence is told", (t) => {
  const { sent, heard, tick } = opened(t);
  tick(16_000);
  assert.ok(sent.filter(({ kind }) => kind === "ready").length >= 3);
  assert.match(heard.at(-1)[1], /^No news from the kernel since /);
});

test("a widget that sends on demand has no silence", (t) => {
  const { sent, heard, tick } = opened(t, { streaming: false });
  tick(60_000);
  assert.deepEqual([sent.length, heard.length], [1, 0]);
});

test("a closed widget says so until a tick comes again", (t) => {
  const { sent, heard, play, tick } = opened(t);
  play({ kind: "closed", message: "closed: its owner ended it" });
  tick(60_000);
  assert.deepEqual(heard.at(-1), ["silence", "This view is closed: its owner ended it."]);
  assert.equal(sent.length, 1);
  play({ kind: "tick", number: 1 });
  play({ kind: "tick", number: 2 });
  assert.deepEqual(heard.at(-2), ["silence", ""]);
});

test("the closing of what is final is not told, and its kernel is not missed", (t) => {
  const { heard, play, tick } = opened(t);
  play({ kind: "closed", message: "closed: its owner ended it", final: true });
  tick(60_000);
  assert.deepEqual(heard.at(-1), ["silence", ""]);
});

test("a comm that is gone is told", (t) => {
  assert.deepEqual(opened(t, { broken: true }).heard, [["silence", "The kernel cannot be reached."]]);
});

test("closing leaves no listener and no timer", (t) => {
  const { channel, sent, listeners, tick } = opened(t);
  channel.close();
  tick(60_000);
  assert.deepEqual([listeners.length, sent.length], [0, 1]);
});
