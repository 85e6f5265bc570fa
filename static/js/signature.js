// <fsm-signature data-pad="…/signature_pad.min.js">: a drawn signature as an SVG data URL in its hidden input.
// Without JavaScript nothing can be drawn; the page then asks why there is only the name.

class Signature extends HTMLElement {
  async connectedCallback() {
    this.canvas = this.querySelector("canvas");
    this.output = this.querySelector("input[type='hidden']");
    this.box = this.querySelector(".sign");
    const { default: Pad } = await import(this.dataset.pad);
    this.box.hidden = false;
    this.sent = this.output.value;
    this.pad = new Pad(this.canvas, { minWidth: 1, maxWidth: 3.2, penColor: "#151b26" });
    this.pad.addEventListener("endStroke", () => this.store());
    new ResizeObserver(() => this.fit()).observe(this.box);
    this.querySelector("[data-clear]")?.addEventListener("click", () => this.clear());
    this.querySelectorAll("[data-clear]").forEach((button) => (button.hidden = false));
  }

  // A turned phone changes the size: keep the strokes, and what was drawn before the page came back with a question.
  fit() {
    const ratio = Math.max(window.devicePixelRatio || 1, 1);
    const strokes = this.pad.toData();
    this.canvas.width = this.box.clientWidth * ratio;
    this.canvas.height = this.box.clientHeight * ratio;
    this.canvas.getContext("2d").scale(ratio, ratio);
    this.pad.clear();
    if (this.sent) {
      const size = { ratio: 1, width: this.box.clientWidth, height: this.box.clientHeight };
      this.pad.fromDataURL(this.sent, size).then(() => this.pad.fromData(strokes, { clear: false }));
    } else this.pad.fromData(strokes);
  }

  store() {
    this.output.value = this.pad.isEmpty() ? "" : this.pad.toDataURL(this.dataset.type || "image/svg+xml");
    this.output.dispatchEvent(new Event("change", { bubbles: true }));
  }

  clear() {
    this.sent = "";
    this.pad.clear();
    this.store();
  }
}

customElements.define("fsm-signature", Signature);
