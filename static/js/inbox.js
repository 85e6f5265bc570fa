// The queue: keys, what is new without moving a row, and where the reader was.

import { isShortcut } from "./keys.js";

const queue = () => document.getElementById("queue");
const list = () => document.getElementById("mails");
const rows = () => [...document.querySelectorAll("#mails > .mail")];
const rowOf = (id) => document.querySelector(`#mails > .mail[data-ticket="${id}"]`);

/* ---------- One row at a time is in the tab order ---------- */

function rove(chosen) {
  const all = rows();
  const one = chosen ?? all.find((row) => row.tabIndex === 0 && row.dataset.roved) ?? all.find((row) => row.ariaCurrent === "true") ?? all[0];
  for (const row of all) {
    row.dataset.roved = "";
    row.tabIndex = row === one ? 0 : -1;
  }
  if (one) one.dataset.roved = "yes";
  return one;
}

function step(by) {
  const all = rows();
  const here = all.indexOf(document.activeElement);
  const from = here >= 0 ? here : all.findIndex((row) => row.ariaCurrent === "true") - (by > 0 ? 0 : -1);
  const next = here < 0 && from < 0 ? 0 : from + by;
  if (next >= all.length) document.getElementById("load-more")?.click();
  const row = all[Math.max(0, Math.min(next, all.length - 1))];
  if (!row) return;
  rove(row);
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

document.addEventListener("focusin", (event) => {
  if (event.target.matches("#mails > .mail")) rove(event.target);
});

/* ---------- Keys ---------- */

const open = (name) => document.querySelector(`[data-dialog="${name}"]`);
const answer = (kind) => {
  const box = document.getElementById("reply-body");
  const radio = box?.form.querySelector(`input[name="kind"][value="${kind}"]`);
  if (radio && !radio.checked) {
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }
  box?.focus();
  return box;
};
const press = (element) => {
  element?.click();
  return element;
};
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  r: () => answer("public"),
  n: () => answer("internal"),
  w: () => press(open("wait")),
  m: () => press(open("merge") ?? document.querySelector("[data-key='m']")),
  t: () => press(document.querySelector("form[action*='/take/'] button")),
  e: () => press(open("resolve")),
};

document.addEventListener("keydown", (event) => {
  if (!isShortcut(event) || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

/* ---------- What changed: rows change where they stand, new ones wait behind a button ---------- */

const changed = new Set();
const fresh = new Set();
let timer = 0;

function hear(event) {
  const { topic, ticket_id: id } = event.detail;
  if (!queue() || (topic !== "ticket" && topic !== "*")) return;
  if (topic === "*") rows().forEach((row) => changed.add(row.dataset.ticket));
  else if (id) changed.add(String(id));
  clearTimeout(timer);
  timer = setTimeout(look, 300);
}

async function look() {
  const ids = [...changed].slice(0, 50);
  ids.forEach((id) => changed.delete(id));
  if (!ids.length || !queue()) return;
  const url = new URL(queue().dataset.queue, location.href);
  url.searchParams.set("only", ids.join(","));
  let page;
  try {
    const answered = await fetch(url, { headers: { "X-Requested-With": "fetch" } });
    if (!answered.ok) return;
    page = new DOMParser().parseFromString(await answered.text(), "text/html");
  } catch {
    return;
  }
  const found = new Map([...page.querySelectorAll(".mail")].map((row) => [row.dataset.ticket, row]));
  for (const id of ids) show(id, found.get(id));
  sayNew();
  if (changed.size) timer = setTimeout(look, 300);
}

function show(id, now) {
  const before = rowOf(id);
  if (!before) {
    if (now) fresh.add(id);
    else fresh.delete(id);
    return;
  }
  if (!now) {
    before.classList.add("left");
    before.title = queue().dataset.leftWord;
    return;
  }
  const row = document.importNode(now, true);
  if (before.ariaCurrent === "true") row.setAttribute("aria-current", "true");
  row.tabIndex = before.tabIndex;
  row.dataset.roved = before.dataset.roved ?? "";
  const focused = document.activeElement === before;
  before.replaceWith(row);
  if (focused) row.focus({ preventScroll: true });
}

function sayNew() {
  const pill = document.getElementById("newer");
  if (!pill) return;
  pill.hidden = !fresh.size;
  pill.textContent = pill.dataset.word.replace("{n}", fresh.size);
}

document.addEventListener("fieldservice:changed", hear);
document.addEventListener("click", (event) => {
  if (!event.target.closest("#newer")) return;
  fresh.clear();
  const here = location.pathname + location.search;
  window.htmx.ajax("GET", here, { target: "#queue", swap: "outerHTML", select: "#queue" });
});
document.addEventListener("htmx:afterSettle", () => rove());

/* ---------- Where the reader was ---------- */

const memory = () => `queue:${queue()?.dataset.queue}`;

window.addEventListener("pagehide", () => {
  if (list()) sessionStorage.setItem(memory(), String(list().scrollTop));
});
if (list()) {
  list().scrollTop = Number(sessionStorage.getItem(memory()) ?? 0);
  document.querySelector("#mails > .mail[aria-current]")?.scrollIntoView({ block: "nearest" });
}
rove();
