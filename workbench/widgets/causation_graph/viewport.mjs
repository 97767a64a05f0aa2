// @ts-check
/** The part of the drawing that is on screen: zooming, dragging, revealing. */
import { fit, keepInSight, nameBase, revealBox, zoomAt } from "./geometry.mjs";

/** Wheel distance that zooms by the factor e. */
const WHEEL_PX = 400;

export class Viewport {
  #transform = { k: 1, x: 0, y: 0 };
  /** @type {{x: number, y: number, moved: boolean} | null} */
  #drag = null;
  /** The drawing; null before there is one. @type {any} */
  #drawing = null;
  #ui;
  #cleared;

  /**
   * @param {{stage: any, svg: any, world: any, side: any, top: any}} ui the clipping box, the picture in it, the group
   *   that moves, and those that stay at the left and at the top
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

  /** Shows another drawing from its beginning. @param {any} drawing */
  show(drawing) {
    this.#drawing = drawing;
    this.fit();
  }

  /** Shows as much as can be read, from the beginning. */
  fit() {
    if (!this.#drawing) return;
    const { clientWidth, clientHeight } = this.#ui.stage;
    const { width, height, start, topHeight } = this.#drawing;
    this.#place(fit(width, height, clientWidth, clientHeight, start, Boolean(topHeight)));
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
    this.#place(revealBox(this.#transform, box, clientWidth, clientHeight, covered));
  }

  /** @param {import("./geometry.mjs").Transform} wanted */
  #place(wanted) {
    const { stage, world } = this.#ui;
    const { width, height } = this.#drawing ?? {};
    this.#transform = width === undefined ? wanted : keepInSight(wanted, width, height, stage.clientWidth, stage.clientHeight);
    const { k, x, y } = this.#transform;
    // One attribute of one group: 5,000 nodes move without being touched.
    world.setAttribute("transform", `translate(${x},${y}) scale(${k})`);
    this.#ui.side.setAttribute("transform", `translate(${Math.max(x, 0)},${y}) scale(${k})`);
    this.#ui.top.setAttribute("transform", `translate(${x},${Math.max(y, 0)}) scale(${k})`);
    this.#nameLanes(Math.max(-y, 0) / k);
  }

  /** Moves the names of lanes that are taller than what is in sight. @param {number} above height that is out of sight */
  #nameLanes(above) {
    const { lanes, topHeight = 0 } = this.#drawing ?? {};
    [...this.#ui.side.children].forEach((name, at) => {
      const y = nameBase(lanes[at], above + topHeight);
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
    if (event.button !== 0 || at.closest(".wb-node")) return;
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
