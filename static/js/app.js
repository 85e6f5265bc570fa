// What every signed-in page shares: htmx glue, toasts, dialogs, keyboard.

import "./early.js";
import { isShortcut, switchedOn } from "./keys.js";

const sprite = document.documentElement.dataset.sprite;
const toasts = () => document.getElementById("toasts");

/* ---------- Toasts ---------- */

const LOOKS = { work: "check", rest: "check", wait: "alert-triangle", stop: "alert-octagon" };

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

function toast(text, hue = "work") {
  const box = document.createElement("div");
  const words = document.createElement("span");
  const close = document.createElement("button");
  words.textContent = text;
  close.type = "button";
  close.className = "btn small icon";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", toasts().dataset.closeWord);
  close.append(icon("x"));
  box.className = `toast ${hue}`;
  box.append(icon(LOOKS[hue] ?? "check"), words, close);
  toasts().append(box);
  letGo(box);
}

// Good news leaves by itself; bad news stays until it is dismissed.
function letGo(box) {
  if (box.matches(".stop, .wait")) return;
  setTimeout(() => box.matches(":hover, :focus-within") || box.remove(), 8000);
}

document.querySelectorAll("[data-toast]").forEach(letGo);
document.addEventListener("fieldservice:toast", (event) => toast(event.detail.text, event.detail.hue));
document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".toast")?.remove();
});

// On a phone the settings stand in one line: the page that is open is seen in it.
document.querySelector(':is(.side-nav, .account-tabs) [aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });

/* ---------- htmx ---------- */

const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrf();
});

// A server may answer with HX-Trigger: {"toast": {"text": "…", "hue": "work"}}.
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.hue));

// A refusal says what happened and the way out (_problem.html); anything else is told in general words.
document.addEventListener("htmx:responseError", (event) => {
  const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const refusal = answer.querySelector("[data-refusal]");
  toast(refusal?.textContent.trim() || toasts().dataset.failedWord, refusal ? "wait" : "stop");
});
document.addEventListener("htmx:sendError", () => toast(toasts().dataset.offlineWord, "stop"));

// After a swap the keyboard stays where it was, or goes to the error summary.
let focusedId = "";
document.addEventListener("htmx:beforeSwap", () => {
  focusedId = document.activeElement?.id ?? "";
});
document.addEventListener("htmx:afterSettle", (event) => {
  const summary = event.target.querySelector?.("[data-focus]") ?? null;
  if (summary) summary.focus();
  else if (focusedId && document.activeElement === document.body) document.getElementById(focusedId)?.focus();
});

/* ---------- The phone's sync chip: words for what is on its way ---------- */

const chip = document.querySelector("[data-sync]");
let underWay = 0;

function showSync() {
  if (!chip) return;
  const word = !navigator.onLine ? "offline" : underWay > 0 ? "sending" : "sent";
  chip.classList.toggle("work", word === "sent");
  chip.classList.toggle("plan", word === "sending");
  chip.classList.toggle("wait", word === "offline");
  chip.querySelector("span").textContent = chip.dataset[`${word}Word`];
  const name = { offline: "wifi-off", sending: "refresh", sent: "check" }[word];
  chip.querySelector("use").setAttribute("href", `${sprite}#${name}`);
}

document.addEventListener("htmx:beforeRequest", () => { underWay += 1; showSync(); });
document.addEventListener("htmx:afterRequest", () => { underWay -= 1; showSync(); });
window.addEventListener("online", showSync);
window.addEventListener("offline", showSync);
showSync();

/* ---------- Plain forms: one submit at a time ---------- */

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent === "yes") {
    event.preventDefault();
    return;
  }
  if (form.hasAttribute("hx-post") || form.method === "dialog" || form.method === "get") return;
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button:not([type='button'])")) {
    button.setAttribute("aria-disabled", "true");
  }
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-disabled]").forEach((b) => b.removeAttribute("aria-disabled"));
  }
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit]")) event.target.form?.requestSubmit();
});

/* ---------- Dialogs: data-dialog="id" opens, data-close closes ---------- */

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.dialog)?.showModal();
  }
  event.target.closest("[data-close]")?.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement && event.target.open) event.target.close();
});

// A dialog whose form could not be used is shown again with what is wrong.
document.querySelector("dialog[data-opened]")?.showModal();

/* ---------- Keyboard: "?" and "/", off while an input method composes ---------- */

document.addEventListener("keydown", (event) => {
  if (!isShortcut(event)) return;
  const search = document.querySelector("[data-search], input[type='search']");
  if (event.key === "?") document.getElementById("keys")?.showModal();
  else if (event.key === "/" && search) search.focus();
  else return;
  event.preventDefault();
});
// Enter that only confirms an input method's candidate must not send the form (Safari sends keyCode 229 late).
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.keyCode === 229) event.preventDefault();
}, true);

for (const box of document.querySelectorAll("[data-shortcuts]")) {
  box.checked = switchedOn();
  box.addEventListener("change", () => localStorage.setItem("shortcuts", box.checked ? "on" : "off"));
}
document.querySelector("[data-focus]")?.focus();
