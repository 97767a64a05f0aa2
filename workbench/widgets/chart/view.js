// @ts-check
/** View of a chart: loads plotly.js once for the page, and draws the newest figure in the colours of the page. */
import { Channel } from "../base/channel.mjs";
import { make, show, statusLines, textual } from "../base/dom.mjs";
import { themed } from "./theme.mjs";

const decoder = new TextDecoder();
/** Under a name of our own, so that the plotly.js of somebody else is neither used nor replaced. */
const LIBRARY = "workbenchPlotly";
/** @type {any} */
const page = globalThis;

/** Runs plotly.js, unless another chart did meanwhile. @param {DataView} bytes */
async function load(bytes) {
  if (page[LIBRARY]) return;
  const url = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
  const script = make("script", { src: url });
  const foreign = page.Plotly;
  await new Promise((resolve, reject) => {
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("plotly.js could not be loaded")));
    document.head.append(script);
  });
  page[LIBRARY] = page.Plotly;
  page.Plotly = foreign;
  script.remove();
  URL.revokeObjectURL(url);
}

class ChartView {
  /** @type {any} */
  #figure = null;
  #drawing = make("div", { class: "wb-drawing" });
  #waiting = textual("div", "Loading the chart…", { class: "wb-note" });
  #lines = statusLines();
  #model;
  #channel;
  #resized = new ResizeObserver(() => this.#fit());
  #recoloured = new MutationObserver(() => this.#draw());

  /** @param {any} model @param {HTMLElement} el */
  constructor(model, el) {
    this.#model = model;
    const { silence, failure, spoken } = this.#lines;
    this.root = make("section", { class: "workbench wb-chart", "aria-label": model.get("name") }, this.#waiting, silence,
      failure, this.#drawing, spoken);
    el.append(this.root);
    // Without `tick`: a chart sends when something changed, and its silence means nothing.
    this.#channel = new Channel(model, {
      failed: (message) => show(failure, message),
      silence: (text) => show(silence, text),
      other: (content, buffers) => this.#receive(content, buffers),
    });
  }

  open() {
    this.#channel.open();
    if (!page[LIBRARY]) this.#channel.send({ kind: "library" });
    this.#resized.observe(this.root);
    this.#recoloured.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
  }

  close() {
    this.#channel.close();
    this.#resized.disconnect();
    this.#recoloured.disconnect();
    page[LIBRARY]?.purge(this.#drawing);
    this.root.remove();
  }

  /** @param {any} content @param {DataView[]} buffers */
  #receive(content, buffers) {
    if (content.kind === "figure") {
      this.#figure = JSON.parse(decoder.decode(buffers[0]));
      this.#draw();
    }
    if (content.kind === "library") {
      load(buffers[0]).then(() => this.#draw(), (error) => show(this.#lines.failure, String(error.message)));
    }
  }

  #draw() {
    if (!page[LIBRARY] || !this.#figure) return;
    show(this.#waiting, "");
    const { data, layout } = this.#figure;
    page[LIBRARY].react(this.#drawing, data, themed(layout, getComputedStyle(this.root)), this.#model.get("config"));
  }

  #fit() {
    // A hidden drawing has no size, and plotly would throw.
    if (page[LIBRARY] && this.#drawing.classList.contains("js-plotly-plot") && this.root.clientWidth) {
      page[LIBRARY].Plots.resize(this.#drawing);
    }
  }
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const view = new ChartView(model, el);
  view.open();
  return () => view.close();
}

export default { render };
