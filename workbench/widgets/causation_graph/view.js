// @ts-check
import { make, openChannel } from "../base/channel.mjs";
import {
  arrowHead, edgePath, fit, fitted, keepInSight, neighbours, next, opening, outline, reach, readable, revealBox, zoomAt,
} from "./geometry.mjs";

const SVG = "http://www.w3.org/2000/svg";
const LABELLED_PX = 48;
const TWO_LINES_PX = 34;
const decoder = new TextDecoder();

/**
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...Node} children
 * @returns {any}
 */
function draw(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** @param {string} text @param {Record<string, any>} attributes */
function words(text, attributes) {
  const node = draw("text", attributes);
  node.textContent = text;
  return node;
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const ui = build(model, el);
  /** @type {any} */
  let view = null;
  let serial = -1;
  /** @type {Map<string, any>} */
  let nodes = new Map();
  /** @type {Map<string, any>} */
  let boxes = new Map();
  /** @type {{line: any, head: any, cause: string, effect: string}[]} */
  let lines = [];
  /** @type {Map<string, any>} */
  let rowOf = new Map();
  let { effects, causes } = neighbours([]);
  /** @type {Set<string>} */
  let picked = new Set();
  let current = "";
  let transform = { k: 1, x: 0, y: 0 };
  /** @type {{x: number, y: number, moved: boolean} | null} */
  let drag = null;

  const channel = openChannel(model, {
    quiet: true,
    failed: (message) => {
      show(ui.failure, message);
      say(message);
    },
    silence: (text) => show(ui.silence, text),
    other: (content, buffers) => {
      if (content.kind === "view") take(content, buffers[0]);
      if (content.kind === "picked") choose(content.keys, false);
    },
  });

  /** @param {HTMLElement} node @param {string} text */
  function show(node, text) {
    node.textContent = text;
    node.hidden = !text;
  }

  /** @param {string} text */
  function say(text) {
    ui.spoken.textContent = text;
  }

  /** @param {any} content @param {DataView} buffer */
  function take(content, buffer) {
    if (content.serial === serial) return;
    const sameDrawing = view !== null;
    serial = content.serial;
    view = JSON.parse(decoder.decode(buffer));
    show(ui.failure, "");
    paintHeader();
    paintDrawing();
    paintTable();
    if (!boxes.has(current)) current = view.nodes[0]?.key ?? "";
    rove(current, false);
    choose(content.picked, false);
    place(opening(view.width, view.height, ui.stage.clientWidth, ui.stage.clientHeight));
    if (sameDrawing) say(`Drawn again: ${view.text}.`);
  }

  function paintHeader() {
    ui.figures.textContent = view.text;
    ui.facts.textContent = view.facts.join(" · ");
    show(ui.notes, view.notes.join(" · "));
    ui.provenance.textContent = view.provenance;
    ui.layered.setAttribute("aria-pressed", String(view.layout === "layered"));
    ui.swimlanes.setAttribute("aria-pressed", String(view.layout === "swimlanes"));
    ui.laneLabel.hidden = view.layout !== "swimlanes";
    ui.fold.hidden = !view.opened;
    ui.fold.textContent = `Fold ${view.opened} opened`;
  }

  function paintDrawing() {
    nodes = new Map();
    boxes = new Map(view.nodes.map((/** @type {any} */ node) => [node.key, node]));
    lines = [];
    ({ effects, causes } = neighbours(view.edges));
    const lanes = draw("g", { "aria-hidden": "true" }, ...view.lanes.map(drawLane));
    const ticks = draw("g", { "aria-hidden": "true" }, ...drawTicks());
    const edges = draw("g", { "aria-hidden": "true" });
    for (const edge of view.edges) edges.append(...drawEdge(edge));
    const marks = draw("g", { role: "group", "aria-label": "Events" }, ...view.nodes.map(drawNode));
    ui.world.replaceChildren(lanes, ticks, edges, marks);
    ui.svg.setAttribute("aria-label", `${model.get("name")}: ${view.text}`);
  }

  /** @param {[string, number, number, number]} lane */
  function drawLane([name, y, height, events]) {
    const label = words(`${name} (${events.toLocaleString("en")})`, { x: 6, y: y + 15 });
    return draw("g", { class: "wb-lane" }, draw("rect", { x: 0, y, width: view.width, height }), label);
  }

  function drawTicks() {
    const labelled = readable(view.ticks, 6.2);
    return view.ticks.map((/** @type {[number, string]} */ [x, label], /** @type {number} */ index) => {
      const line = draw("line", { x1: x, x2: x, y1: 0, y2: view.height });
      const text = labelled[index] ? label : "";
      return draw("g", { class: "wb-tick" }, line, words(text, { x: x + 3, y: view.height - 4 }));
    });
  }

  /** @param {any[]} edge */
  function drawEdge([cause, effect, route, dash, width, broken]) {
    const style = `--wb-width: ${Number(width)}px; stroke-dasharray: ${dash || "none"}`;
    const line = draw("path", { class: `wb-edge${broken ? " wb-break" : ""}`, d: edgePath(route), style });
    const head = draw("path", { class: `wb-head${broken ? " wb-break" : ""}`, d: arrowHead(route) });
    lines.push({ line, head, cause, effect });
    return [line, head];
  }

  /** @param {any} node */
  function drawNode(node) {
    const wide = node.w >= LABELLED_PX;
    const group = draw("g", {
      class: `wb-node wb-${node.kind}${node.cycle ? " wb-cycle" : ""}${wide ? "" : " wb-small"}`, role: "button",
      tabindex: "-1", "aria-label": node.name, "aria-pressed": "false", transform: `translate(${node.x},${node.y})`,
      style: `--wb-colour: ${node.colour}`,
    });
    const title = draw("title");
    title.textContent = node.name;
    const ring = { x: -node.w / 2 - 5, y: -node.h / 2 - 5, width: node.w + 10, height: node.h + 10, rx: 7 };
    const box = draw("path", { class: "wb-box", d: outline(node.shape, node.w, node.h), style: `stroke-dasharray: ${node.dash || "none"}` });
    group.append(title, draw("rect", { class: "wb-ring", ...ring }), box);
    const two = wide && node.sub && node.h >= TWO_LINES_PX;
    if (wide) group.append(words(fitted(node.label, node.w - 24, 6.7), { x: -node.w / 2 + 12, y: two ? -3 : 4 }));
    if (two) group.append(words(fitted(node.sub, node.w - 24, 6), { x: -node.w / 2 + 12, y: 12, class: "wb-sub" }));
    group.dataset.key = node.key;
    nodes.set(node.key, group);
    return group;
  }

  function paintTable() {
    rowOf = new Map();
    const body = make("tbody");
    for (const [key, depth, ...texts] of view.rows) {
      const button = make("button", { type: "button", tabindex: "-1" });
      button.textContent = texts[0] || "(no type)";
      button.style.marginLeft = `${Math.min(depth, 20) * 12}px`;
      const cells = texts.slice(1).map((text) => {
        const cell = make("td");
        cell.textContent = text;
        return cell;
      });
      const row = make("tr", {}, make("th", { scope: "row" }, button), ...cells);
      row.dataset.key = key;
      rowOf.set(key, row);
      body.append(row);
    }
    ui.table.replaceChildren(ui.caption, ui.thead, body);
    ui.caption.textContent = `Events in causal order, ${view.rows.length.toLocaleString("en")} rows`;
    const first = ui.table.querySelector("tbody button");
    if (first) first.tabIndex = 0;
  }

  /** @param {string[]} keys @param {boolean} mine */
  function choose(keys, mine) {
    picked = new Set(keys.filter((key) => boxes.has(key)));
    const up = reach(picked, causes);
    const down = reach(picked, effects);
    for (const [key, group] of nodes) {
      group.setAttribute("aria-pressed", String(picked.has(key)));
      group.classList.toggle("wb-up", up.has(key));
      group.classList.toggle("wb-down", down.has(key));
    }
    const upward = new Set([...up, ...picked]);
    const downward = new Set([...down, ...picked]);
    for (const { line, head, cause, effect } of lines) {
      const related = picked.size > 0 && ((upward.has(cause) && upward.has(effect)) || (downward.has(cause) && downward.has(effect)));
      line.classList.toggle("wb-related", related);
      head.classList.toggle("wb-related", related);
    }
    for (const [key, row] of rowOf) {
      if (picked.has(key)) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    paintChosen(up.size, down.size);
    if (mine) channel.send({ kind: "select", keys: [...picked] });
  }

  /** @param {number} up @param {number} down */
  function paintChosen(up, down) {
    ui.chosen.hidden = picked.size === 0;
    if (!picked.size) {
      ui.chosen.replaceChildren();
      return;
    }
    const one = picked.size === 1 ? boxes.get([...picked][0]) : null;
    const line = make("div");
    line.textContent = `${one ? one.name : `${picked.size} nodes`} — drawn: ${up} before it, ${down} after it`;
    const facts = (one?.facts ?? []).map(([name, value]) => {
      const fact = make("p");
      fact.textContent = `${name}: ${value}`;
      return fact;
    });
    ui.chosen.replaceChildren(line, ...facts);
    say(line.textContent);
  }

  /** @param {string} key @param {boolean} focus */
  function rove(key, focus) {
    nodes.get(current)?.setAttribute("tabindex", "-1");
    current = key;
    const group = nodes.get(key);
    if (!group) return;
    group.setAttribute("tabindex", "0");
    if (focus) {
      place(revealBox(transform, boxes.get(key), ui.stage.clientWidth, ui.stage.clientHeight));
      group.focus({ preventScroll: true });
    }
  }

  /** @param {string} key @param {boolean} adding */
  function act(key, adding) {
    rove(key, true);
    if (boxes.get(key).kind === "group") {
      say("Opening.");
      channel.send({ kind: "open", key });
    } else if (adding) {
      choose(picked.has(key) ? [...picked].filter((one) => one !== key) : [...picked, key], true);
    } else {
      choose([key], true);
    }
  }

  /** @param {{k: number, x: number, y: number}} wanted */
  function place(wanted) {
    transform = view ? keepInSight(wanted, view.width, view.height, ui.stage.clientWidth, ui.stage.clientHeight) : wanted;
    ui.world.setAttribute("transform", `translate(${transform.x},${transform.y}) scale(${transform.k})`);
  }

  function fitAll() {
    if (view) place(fit(view.width, view.height, ui.stage.clientWidth, ui.stage.clientHeight));
  }

  /** @param {number} factor */
  function zoom(factor) {
    place(zoomAt(transform, factor, ui.stage.clientWidth / 2, ui.stage.clientHeight / 2));
  }

  /** @param {WheelEvent} event */
  function wheeled(event) {
    const focused = ui.stage.contains(document.activeElement);
    if (!focused && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = ui.stage.getBoundingClientRect();
    place(zoomAt(transform, Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top));
  }

  /** @param {PointerEvent} event */
  function down(event) {
    const at = /** @type {Element} */ (event.target);
    if (event.button !== 0 || at.closest(".wb-node")) return;
    ui.svg.focus({ preventScroll: true });
    drag = { x: event.clientX, y: event.clientY, moved: false };
    ui.svg.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (!drag) return;
    ui.svg.classList.add("wb-dragging");
    place({ k: transform.k, x: transform.x + event.clientX - drag.x, y: transform.y + event.clientY - drag.y });
    drag = { x: event.clientX, y: event.clientY, moved: true };
  }

  function up() {
    if (drag && !drag.moved && picked.size) choose([], true);
    drag = null;
    ui.svg.classList.remove("wb-dragging");
  }

  /** @param {any} event */
  function clicked(event) {
    const key = event.target.closest(".wb-node")?.dataset.key;
    if (key !== undefined) act(key, event.ctrlKey || event.metaKey);
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key === "Escape") {
      /** @type {any} */ (document.activeElement)?.blur();
      return;
    }
    if (event.key === "Tab") return;
    event.stopPropagation();
    const to = next(event.key, current, boxes, effects, causes);
    if (to !== null) rove(to, true);
    else if ((event.key === "Enter" || event.key === " ") && current) act(current, event.ctrlKey || event.key === " ");
    else if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") fitAll();
    else return;
    event.preventDefault();
  }

  /** @param {any} event */
  function rowClicked(event) {
    const key = event.target.closest("tbody tr")?.dataset.key;
    if (key !== undefined && boxes.has(key)) act(key, event.ctrlKey || event.metaKey);
    if (event.target.closest("button")) event.target.focus();
  }

  /** @param {any} event */
  function rowPressed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[/** @type {string} */ (event.key)];
    if (event.key !== "Escape" && event.key !== "Tab") event.stopPropagation();
    if (!step) return;
    const buttons = [...ui.table.querySelectorAll("tbody button")];
    const at = buttons.indexOf(document.activeElement);
    const to = buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)];
    if (at >= 0) buttons[at].tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
    event.preventDefault();
  }

  /** @param {string} name @param {string} value */
  function setTrait(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  function resized() {
    ui.stage.style.height = `${model.get("height")}px`;
    fitAll();
  }

  ui.layered.addEventListener("click", () => setTrait("layout_name", "layered"));
  ui.swimlanes.addEventListener("click", () => setTrait("layout_name", "swimlanes"));
  ui.lanes.addEventListener("change", () => setTrait("lanes", ui.lanes.value));
  ui.lanes.value = model.get("lanes");
  ui.zoomIn.addEventListener("click", () => zoom(1.25));
  ui.zoomOut.addEventListener("click", () => zoom(0.8));
  ui.fitAll.addEventListener("click", fitAll);
  ui.fold.addEventListener("click", () => channel.send({ kind: "fold" }));
  ui.svg.addEventListener("click", clicked);
  ui.svg.addEventListener("wheel", wheeled, { passive: false });
  ui.svg.addEventListener("pointerdown", down);
  ui.svg.addEventListener("pointermove", move);
  ui.svg.addEventListener("pointerup", up);
  ui.svg.addEventListener("pointercancel", up);
  ui.svg.addEventListener("keydown", pressed);
  ui.table.addEventListener("click", rowClicked);
  ui.table.addEventListener("keydown", rowPressed);
  model.on("change:height", resized);
  resized();

  return () => {
    channel.close();
    model.off("change:height", resized);
    ui.root.remove();
  };
}

/** @param {any} model @param {HTMLElement} el */
function build(model, el) {
  const button = (/** @type {string} */ text) => make("button", { type: "button" }, text);
  const choice = (/** @type {string} */ value, /** @type {string} */ text) => make("option", { value }, text);
  const parts = {
    title: make("span", { class: "wb-title" }),
    figures: make("span", { class: "wb-figures" }),
    facts: make("div", { class: "wb-facts" }),
    notes: make("div", { class: "wb-note", hidden: "" }),
    silence: make("div", { class: "wb-note", hidden: "", role: "alert" }),
    failure: make("div", { class: "wb-failure", hidden: "" }),
    provenance: make("div", { class: "wb-facts" }),
    spoken: make("div", { class: "wb-unseen", role: "status", "aria-live": "polite" }),
    layered: button("Layered"),
    swimlanes: button("Swimlanes"),
    lanes: make("select", { "aria-label": "Lanes" }, choice("topic", "by topic"), choice("source", "by source")),
    zoomIn: button("Zoom in"),
    zoomOut: button("Zoom out"),
    fitAll: button("Fit"),
    fold: button("Fold"),
    world: draw("g"),
    stage: make("div", { class: "wb-stage", "data-lm-suppress-shortcuts": "true" }),
    chosen: make("div", { class: "wb-chosen", hidden: "" }),
    caption: make("caption"),
    thead: make("thead", {}, make("tr", {}, ...["Event", "Source", "Record", "Time", "After cause", "Causes", "Effects", "Remarks"]
      .map((text) => make("th", { scope: "col" }, text)))),
    table: make("table", { "data-lm-suppress-shortcuts": "true" }),
  };
  parts.title.textContent = model.get("name");
  parts.fold.hidden = true;
  const laneLabel = make("label", { hidden: "" }, "Lanes ", parts.lanes);
  const svg = draw("svg", { role: "group", tabindex: "-1", "aria-roledescription": "graph" }, parts.world);
  parts.stage.append(svg);
  const bar = make("div", { class: "wb-bar", "data-lm-suppress-shortcuts": "true" }, parts.title, parts.figures,
    parts.layered, parts.swimlanes, laneLabel, parts.zoomIn, parts.zoomOut, parts.fitAll, parts.fold);
  const root = make("div", { class: "workbench wb-graph" }, bar, parts.facts, parts.notes, parts.silence, parts.failure,
    parts.stage, parts.chosen, make("div", { class: "wb-table", tabindex: "-1" }, parts.table), parts.provenance, parts.spoken);
  el.append(root);
  return { ...parts, laneLabel, svg, root };
}

export default { render };
