// <fsm-photo>: a file input whose pictures are made small (1600 px, 400 KB) before they are sent, with a preview.
// Without JavaScript the same file input sends the original; the server makes it small.

const LONGEST = 1600;
const HEAVIEST = 400 * 1024;

const TRIES = [[LONGEST, 0.85], [LONGEST, 0.7], [LONGEST, 0.5], [1200, 0.6], [1000, 0.5], [800, 0.4]];

async function draw(bitmap, longest, quality) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
}

// A picture the browser cannot read, or that is small already, goes as it is.
async function shrink(file) {
  if (!file.type.startsWith("image/")) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file;
  }
  let blob = null;
  const small = Math.max(bitmap.width, bitmap.height) <= LONGEST && file.size <= HEAVIEST;
  for (const [longest, quality] of small ? [] : TRIES) {
    blob = await draw(bitmap, longest, quality);
    if (blob && blob.size <= HEAVIEST) break;
  }
  bitmap.close();
  if (!blob) return file;
  const name = `${file.name.replace(/\.\w+$/, "")}.jpg`;
  return new File([blob], name, { type: "image/jpeg", lastModified: file.lastModified });
}

class Photo extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type='file']");
    this.input.addEventListener("change", (event) => {
      if (!this.ready) this.prepare(event);
    });
  }

  async prepare(event) {
    event.stopImmediatePropagation();
    this.setAttribute("aria-busy", "true");
    const small = new DataTransfer();
    for (const file of this.input.files) small.items.add(await shrink(file));
    this.input.files = small.files;
    this.preview();
    this.removeAttribute("aria-busy");
    this.ready = true;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    this.ready = false;
    if (this.hasAttribute("data-send")) this.input.form?.requestSubmit();
  }

  preview() {
    this.querySelectorAll("img[data-preview]").forEach((picture) => picture.remove());
    const pictures = [...this.input.files].filter((file) => file.type.startsWith("image/")).map((file) => {
      const picture = document.createElement("img");
      picture.dataset.preview = "";
      picture.alt = file.name;
      picture.src = URL.createObjectURL(file);
      picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
      return picture;
    });
    this.querySelector("[data-shots]")?.prepend(...pictures);
  }
}

customElements.define("fsm-photo", Photo);
