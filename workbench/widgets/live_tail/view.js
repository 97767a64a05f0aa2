// @ts-check
/** View of the live table: the kernel keeps the rows, this shows those on screen and says what people do. */
import { Channel } from "../base/channel.mjs";
import { hideStill, show } from "../base/dom.mjs";
import { Leaving } from "../base/leaving.mjs";
import { ColumnMenu } from "./column_menu.mjs";
import { RecordDetail } from "../base/detail.mjs";
import { makeElements } from "./elements.mjs";
import { FilterInput } from "./filter_input.mjs";
import { firstAt } from "./geometry.mjs";
import { Head } from "./head.mjs";
import { pressKey } from "./keyboard.mjs";
import { Painter } from "./painting.mjs";
import { positionOf } from "./row_pool.mjs";
import { TableState } from "./state.mjs";
import { unpacked, WindowRequests } from "./window_requests.mjs";

class TailView {
  #id = `wb-${Math.random().toString(36).slice(2, 10)}`;
  #state = new TableState();
  #model;
  #ui;
  #channel;
  #painter;
  #windows;
  #detail;
  #filter;
  #observer;
  #head;
  #menu;
  #leaving;

  /** @param {any} model @param {HTMLElement} el */
  constructor(model, el) {
    this.#model = model;
    this.#ui = makeElements(model.get("name"), this.#id);
    el.append(this.#ui.root);
    this.#channel = new Channel(model, {
      tick: (content, buffers) => this.#tick(content, buffers),
      failed: (message) => this.#failed(message),
      silence: (text) => show(this.#ui.silence, text),
    });
    this.#painter = new Painter(model, this.#ui, this.#state, this.#id, () => this.#painted());
    const request = (/** @type {any} */ content) => this.#channel.request(content);
    this.#windows = new WindowRequests(this.#state, request, this.#painter.viewportPx, this.#painter.soon);
    this.#detail = new RecordDetail(this.#ui.detail, () => this.#ui.grid.focus({ preventScroll: true }));
    this.#filter = new FilterInput(this.#ui.filter, model, () => show(this.#ui.failure, ""));
    this.#head = new Head(this.#ui.grid, this.#ui.head, model);
    this.#menu = new ColumnMenu(this.#ui.choose, this.#ui.menu, model);
    this.#leaving = new Leaving(this.#ui.root, model.get("still_id"), (content) => this.#channel.send(content));
    this.#observer = new ResizeObserver(this.#painter.soon);
    this.#listen();
  }

  open() {
    this.#model.on("change:follow", this.#followChanged);
    this.#model.on("change:filter", this.#filterChanged);
    this.#model.on("change:height", this.#resized);
    this.#model.on("change:columns", this.#columnsChanged);
    this.#model.on("change:order", this.#orderChanged);
    this.#observer.observe(this.#ui.grid);
    this.#resized();
    this.#channel.open();
  }

  close() {
    this.#channel.close();
    this.#windows.close();
    this.#leaving.leave();
    this.#observer.disconnect();
    this.#filter.close();
    this.#painter.close();
    this.#model.off("change:follow", this.#followChanged);
    this.#model.off("change:filter", this.#filterChanged);
    this.#model.off("change:height", this.#resized);
    this.#model.off("change:columns", this.#columnsChanged);
    this.#model.off("change:order", this.#orderChanged);
    this.#ui.root.remove();
  }

  #listen() {
    const { follow, stop, grid } = this.#ui;
    follow.addEventListener("click", () => this.#setFollow(!this.#model.get("follow")));
    stop.addEventListener("click", () => this.#channel.send({ kind: "stop" }));
    // Passive: these only watch, and a listener that might stop the scrolling would make it wait.
    grid.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    grid.addEventListener("wheel", (/** @type {WheelEvent} */ event) => this.#wheeled(event), { passive: true });
    grid.addEventListener("click", (/** @type {MouseEvent} */ event) => this.#clicked(event));
    grid.addEventListener("dblclick", (/** @type {MouseEvent} */ event) => this.#doubleClicked(event));
    grid.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#pressed(event));
  }

  /** @param {string} text */
  #say(text) {
    this.#ui.spoken.textContent = text;
  }

  /** @param {any} content @param {DataView[]} buffers */
  #tick(content, buffers) {
    this.#leaving.look();
    // A tick may bring a page although `follow` was just switched off here: the kernel did not know yet.
    const page = content.start !== undefined && this.#model.get("follow") ? unpacked(buffers[0]) : null;
    const news = this.#state.take(content, page, this.#painter.viewportPx());
    if (news) this.#say(news);
    this.#painter.soon();
  }

  /** @param {string} message */
  #failed(message) {
    show(this.#ui.failure, message);
    this.#say(message);
  }

  #painted() {
    // While following, each tick brings its page.
    if (!this.#model.get("follow")) void this.#windows.ask();
  }

  /** @param {boolean} on */
  #setFollow(on) {
    if (on === this.#model.get("follow")) return;
    this.#model.set("follow", on);
    this.#model.save_changes();
  }

  #followChanged = () => {
    this.#say(this.#model.get("follow") ? "Following the newest rows." : "Paused.");
    this.#painter.soon();
  };

  #filterChanged = () => {
    this.#filter.refresh();
    this.#painter.soon();
  };

  #columnsChanged = () => {
    this.#head.refresh();
    this.#menu.refresh();
    this.#painter.columnsChanged();
  };

  #orderChanged = () => {
    const order = this.#model.get("order");
    this.#say(order ? "Sorted; reading waits." : "In the order in which they came.");
    this.#head.refresh();
    this.#menu.refresh();
  };

  #resized = () => {
    this.#ui.grid.style.height = `${this.#model.get("height") + this.#ui.head.offsetHeight}px`;
    this.#painter.soon();
  };

  #scrolled() {
    const { scrollTop } = this.#ui.grid;
    if (Math.abs(scrollTop - this.#painter.expectedScroll) <= 1) return;
    this.#setFollow(false);
    const { base, end } = this.#state.counts;
    this.#state.first = firstAt(scrollTop, base, end, this.#painter.viewportPx());
    this.#painter.soon();
  }

  /** Pauses before the table scrolls: at high rates the next tick would scroll back. @param {WheelEvent} event */
  #wheeled(event) {
    if (event.deltaY < 0) this.#setFollow(false);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const position = positionOf(event);
    if (position === undefined) return;
    this.#setFollow(false);
    const message = this.#state.click(position, { shift: event.shiftKey, toggle: event.ctrlKey || event.metaKey });
    // Browsers take Shift and a click for a selection of text as well.
    if (message.mode === "extend") window.getSelection()?.removeAllRanges();
    this.#channel.send(message);
    this.#painter.soon();
  }

  /** @param {MouseEvent} event */
  #doubleClicked(event) {
    const position = positionOf(event);
    if (position !== undefined) void this.#openRecord(position);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Escape") {
      // Gives the keys back to the notebook, which sees this one too.
      this.#ui.grid.blur();
      return;
    }
    event.stopPropagation();
    const action = pressKey(this.#state, event.key, event.shiftKey, this.#painter.viewportPx());
    if (action === null) return;
    event.preventDefault();
    if (action.moved) this.#setFollow(false);
    if (action.select) this.#channel.send(action.select);
    if (action.open !== undefined) void this.#openRecord(action.open);
    this.#painter.soon();
  }

  /** @param {number} position */
  async #openRecord(position) {
    const wanted = { kind: "record", view: this.#state.counts.view, position };
    const answer = await this.#channel.request(wanted).catch(() => null);
    if (answer) this.#detail.open(answer.content);
    else this.#say("The record could not be opened.");
  }
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const view = new TailView(model, el);
  view.open();
  const showStill = hideStill(model);
  return () => {
    showStill();
    view.close();
  };
}

export default { render };
