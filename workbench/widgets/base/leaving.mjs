// @ts-check
/** Tells the kernel when nobody looks at a view: its page is hidden, or it was removed from its notebook. */

export class Leaving {
  /** @type {Element | null} */
  #page = null;
  /** @type {Element | null} */
  #cell = null;
  #root;
  #send;

  /**
   * @param {HTMLElement} root element of the view @param {string} id of the model, which other views of it have too
   * @param {(content: {kind: "gone" | "deleted" | "hidden"}) => void} send
   */
  constructor(root, id, send) {
    this.#root = root;
    this.#root.dataset.wbView = id;
    this.#send = send;
    document.addEventListener("visibilitychange", this.#hidden);
    // A view may be removed before it hears anything.
    requestAnimationFrame(() => this.look());
  }

  #hidden = () => {
    if (document.hidden) this.#send({ kind: "hidden" });
  };

  /** Remembers the notebook that the view is in; a view is made before it is put into the page. */
  look() {
    this.#page ??= this.#root.closest(".jp-NotebookPanel");
    this.#cell ??= this.#root.closest(".jp-Cell");
  }

  /**
   * Says that the view is gone or its cell deleted, if its notebook is still there and shows no other view of the
   * model: a notebook that was closed keeps its kernel, and shows the view again when it is opened.
   */
  leave() {
    document.removeEventListener("visibilitychange", this.#hidden);
    setTimeout(() => {
      const others = document.querySelector(`[data-wb-view="${this.#root.dataset.wbView}"]`);
      if (this.#page?.isConnected && !others) this.#send({ kind: this.#cell?.isConnected ? "gone" : "deleted" });
    }, 0);
  }
}
