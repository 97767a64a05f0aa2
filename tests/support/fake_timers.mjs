/** Timers and a clock that a test moves; node's own mock timers differ between the versions that distributions ship. */

/**
 * Replaces the timers until the end of the test.
 * @param {any} t context of the test
 */
export function fakeTimers(t) {
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
  const dateNow = Date.now;
  const timers = new Map();
  let now = 0;
  let made = 0;
  const start = (call, ms, every) => {
    timers.set(++made, { call, due: now + ms, every });
    return made;
  };
  const stop = (timer) => timers.delete(timer);
  Object.assign(globalThis, {
    setTimeout: (call, ms) => start(call, ms, 0),
    setInterval: (call, ms) => start(call, ms, ms),
    clearTimeout: stop,
    clearInterval: stop,
  });
  Date.now = () => now;
  t.after(() => {
    Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, clearInterval });
    Date.now = dateNow;
  });

  /** Lets time pass, and calls what becomes due, in order. */
  function tick(ms) {
    const end = now + ms;
    for (;;) {
      const [next] = [...timers].filter(([, { due }]) => due <= end).sort(([, a], [, b]) => a.due - b.due);
      if (!next) break;
      const [timer, { call, due, every }] = next;
      now = due;
      if (every) timers.set(timer, { call, due: due + every, every });
      else timers.delete(timer);
      call();
    }
    now = end;
  }

  return { tick };
}
