// @ts-check
import { make, openChannel } from "../base/channel.mjs";

/** @param {string} tag @param {string} text @param {Record<string, any>} [attributes] */
function textual(tag, text, attributes = {}) {
  const node = make(tag, attributes);
  node.textContent = text;
  return node;
}

/** @type {Record<string, (block: any) => any[]>} */
const DRAWN = {
  facts: (block) => {
    const rows = block.pairs.map(([name, value]) => make("tr", {}, textual("th", name, { scope: "row" }), textual("td", value)));
    return [make("table", {}, textual("caption", block.title), make("tbody", {}, ...rows))];
  },
  table: (block) => {
    const head = make("tr", {}, ...block.columns.map((/** @type {string} */ title) => textual("th", title, { scope: "col" })));
    const rows = block.rows.map((/** @type {string[]} */ row) => make("tr", {}, ...row.map((cell) => textual("td", cell))));
    const table = make("table", {}, textual("caption", block.title), make("thead", {}, head), make("tbody", {}, ...rows));
    return [make("div", { class: "wb-scroll", tabindex: "0", role: "region", "aria-label": block.title }, table)];
  },
  lines: (block) => [
    textual("div", block.title, { class: "wb-heading" }),
    make("ul", {}, ...block.items.map((/** @type {string} */ item) => textual("li", item))),
  ],
  preformatted: (block) => [textual("div", block.title, { class: "wb-heading" }), textual("pre", block.text)],
  bars: (block) => {
    const parts = make("div", { class: "wb-parts" });
    for (const [name, share, words] of block.bars) {
      const track = make("div", { class: `wb-track${share === null ? " wb-endless" : ""}`, role: "progressbar", "aria-label": name, "aria-valuetext": words });
      if (share !== null) {
        track.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
        track.append(make("div", { style: `width: ${Math.min(Math.max(share, 0), 1) * 100}%` }));
      }
      parts.append(textual("span", name), track, textual("span", words, { class: "wb-words" }));
    }
    return [textual("div", block.title, { class: "wb-heading" }), parts];
  },
};

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const title = make("span", { class: "wb-title" });
  const state = make("span", { class: "wb-figures" });
  const note = make("div", { class: "wb-note", hidden: "" });
  const silence = make("div", { class: "wb-note", hidden: "", role: "alert" });
  const failure = make("div", { class: "wb-failure", hidden: "" });
  const blocks = make("div", { class: "wb-blocks" });
  const spoken = make("div", { class: "wb-unseen", role: "status", "aria-live": "polite" });
  const root = make("section", { class: "workbench wb-sheet" }, make("div", { class: "wb-bar" }, title, state), note, silence, failure, blocks, spoken);
  /** @type {string[]} */
  let drawn = [];

  function rename() {
    title.textContent = model.get("name");
    root.setAttribute("aria-label", model.get("name"));
  }

  /** @param {HTMLElement} node @param {string} text */
  function show(node, text) {
    node.textContent = text;
    node.hidden = !text;
  }

  /** @param {any[]} wanted */
  function paint(wanted) {
    const keys = wanted.map((block) => JSON.stringify(block));
    for (const [index, block] of wanted.entries()) {
      if (drawn[index] === keys[index]) continue;
      const made = make("div", { class: `wb-block${block.tone && block.tone !== "plain" ? ` wb-${block.tone}` : ""}` }, ...(DRAWN[block.kind]?.(block) ?? []));
      if (index < blocks.children.length) blocks.children[index].replaceWith(made);
      else blocks.append(made);
    }
    while (blocks.children.length > wanted.length) blocks.lastChild.remove();
    drawn = keys;
  }

  const channel = openChannel(model, {
    tick: (content) => {
      const word = content.state.split(" ")[0];
      if (state.textContent && state.textContent.split(" ")[0] !== word) spoken.textContent = `${model.get("name")}: ${content.state}`;
      state.textContent = content.state;
      root.classList.toggle("wb-ill", word === "failed");
      show(note, content.note);
      paint(content.blocks);
    },
    failed: (message) => {
      show(failure, message);
      spoken.textContent = message;
    },
    silence: (text) => show(silence, text),
  });
  rename();
  model.on("change:name", rename);
  el.append(root);
  // plotly's widget learns its width from a resized window only; a chart may stand beside this sheet
  const frame = requestAnimationFrame(() => window.dispatchEvent(new Event("resize")));
  return () => {
    cancelAnimationFrame(frame);
    channel.close();
    model.off("change:name", rename);
    root.remove();
  };
}

export default { render };
