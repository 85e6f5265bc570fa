// One rule for every one-letter shortcut: is this key meant as one?

const WRITING = "input, textarea, select, [contenteditable]";

export const switchedOn = () => localStorage.getItem("shortcuts") !== "off";

// A field of a dialog that just closed keeps the focus until the next frame: nobody writes in what is not to be seen.
const writing = (target) => target.closest?.(WRITING)?.checkVisibility() ?? false;

export function isShortcut(event) {
  if (event.isComposing || event.keyCode === 229) return false;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  return switchedOn() && !writing(event.target) && !document.querySelector("dialog[open]");
}
