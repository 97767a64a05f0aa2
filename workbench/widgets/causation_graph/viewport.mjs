// @ts-check
/** The part of the drawing that is on screen: zooming, dragging, revealing. */
import { fit, keepInSight, nameBase, namesWidth, revealBox, zoomAt } from "./geometry.mjs";

/** Wheel distance that zooms by the factor e. */
const WHEEL_PX = 400;

export class Viewport {
  #transform = { k: 1, x: 0, y: 0 };
  /** @type {{x: number, y: number, moved: boolean} | null} */
  #drag = null;
  /** The drawing; null before there is one. @type {any} */
  #drawing = null;
  /** The column of names that stays in sight, where there is one. @type {import("./names.mjs").Names | null} */
  #names = null;
  /** How much narrower that column is than it was drawn; the drawing begins that much further left. */
  #saved = 0;
  #ui;
  #cleared;

  /**
   * @param {{stage: any, svg: any, world: any, side: any, top: any, corner: any}} ui the clipping box, the picture in it, the group
   *   that moves, and those that stay at the left, at the top, and in the corner of both
   * @param {() => void} cleared called on a click beside the nodes
   */
  constructor(ui, cleared) {
    this.#ui = ui;
    this.#cleared = cleared;
    const { svg } = ui;
    // Not passive: it must be able to keep the page from scrolling.
    svg.addEventListener("wheel", (/** @type {WheelEvent} */ event) => this.#wheeled(event), { passive: false });
    svg.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.#down(event));
    svg.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.#move(event));
    svg.addEventListener("pointerup", () => this.#up());
    svg.addEventListener("pointercancel", () => this.#up());
  }

  /** Shows another drawing from its beginning. @param {any} drawing @param {import("./names.mjs").Names | null} names */
  show(drawing, names) {
    this.#drawing = drawing;
    this.#names = names;
    this.fit();
  }

  /** Shows as much as can be read, from the beginning. */
  fit() {
    if (!this.#drawing) return;
    const { clientWidth, clientHeight } = this.#ui.stage;
    const { width, height, start, topHeight, sideWidth = 0 } = this.#drawing;
    const shown = namesWidth(sideWidth, clientWidth);
    this.#saved = sideWidth - shown;
    this.#names?.narrow(shown);
    this.#ui.corner.setAttribute("d", this.#names ? `M-1,-1H${shown - 0.5}V${topHeight}H-1Z` : "");
    this.#place(fit(width - this.#saved, height, clientWidth, clientHeight, start, Boolean(topHeight)));
  }

  /** @param {number} factor */
  zoom(factor) {
    const { clientWidth, clientHeight } = this.#ui.stage;
    this.#place(zoomAt(this.#transform, factor, clientWidth / 2, clientHeight / 2));
  }

  /** @param {import("./geometry.mjs").Box} box */
  reveal(box) {
    const { clientWidth, clientHeight } = this.#ui.stage;
    const covered = (this.#drawing?.topHeight ?? 0) * this.#transform.k;
    const wanted = revealBox(this.#transform, box, clientWidth, clientHeight, covered);
    // Names in the column are always in sight.
    if (this.#names) wanted.x = this.#transform.x;
    this.#place(wanted);
  }

  /** @param {import("./geometry.mjs").Transform} wanted */
  #place(wanted) {
    const { stage, world, side, top, corner } = this.#ui;
    const { width, height } = this.#drawing ?? {};
    this.#transform = width === undefined
      ? wanted : keepInSight(wanted, width - this.#saved, height, stage.clientWidth, stage.clientHeight);
    const { k, x, y } = this.#transform;
    /** @param {any} group @param {number} left @param {number} above */
    const put = (group, left, above) => group.setAttribute("transform", `translate(${left},${above}) scale(${k})`);
    const begin = x - this.#saved * k;
    // One attribute of one group: 5,000 nodes move without being touched.
    put(world, begin, y);
    put(side, Math.max(x, 0), y);
    put(top, begin, Math.max(y, 0));
    put(corner, Math.max(x, 0), Math.max(y, 0));
    this.#nameLanes(Math.max(-y, 0) / k);
  }

  /** Moves the names of lanes that are taller than what is in sight. @param {number} above height that is out of sight */
  #nameLanes(above) {
    const { lanes = [], topHeight = 0 } = this.#drawing ?? {};
    lanes.forEach((/** @type {any} */ lane, /** @type {number} */ at) => {
      const name = this.#ui.side.children[at];
      const y = nameBase(lane, above + topHeight);
      if (+name.getAttribute("y") !== y) name.setAttribute("y", y);
    });
  }

  /** Zooms only with the focus, Ctrl or Cmd: otherwise the notebook could not be scrolled past. @param {WheelEvent} event */
  #wheeled(event) {
    const focused = this.#ui.stage.contains(document.activeElement);
    if (!focused && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = this.#ui.stage.getBoundingClientRect();
    this.#place(zoomAt(this.#transform, Math.exp(-event.deltaY / WHEEL_PX), event.clientX - box.left, event.clientY - box.top));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const at = /** @type {Element} */ (event.target);
    // A captured pointer sends its click to the picture, so nodes must not start a drag.
    if (event.button !== 0 || at.closest("[data-key]")) return;
    this.#ui.svg.focus({ preventScroll: true });
    this.#drag = { x: event.clientX, y: event.clientY, moved: false };
    this.#ui.svg.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#drag) return;
    this.#ui.svg.classList.add("wb-dragging");
    const { k, x, y } = this.#transform;
    this.#place({ k, x: x + event.clientX - this.#drag.x, y: y + event.clientY - this.#drag.y });
    this.#drag = { x: event.clientX, y: event.clientY, moved: true };
  }

  #up() {
    if (this.#drag && !this.#drag.moved) this.#cleared();
    this.#drag = null;
    this.#ui.svg.classList.remove("wb-dragging");
  }
}
