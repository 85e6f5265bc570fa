// Live pages: one event stream; parts with data-live="ticket visit" ask the server for themselves again.
// Events carry {"id": 91, "topic": "ticket", "ticket_id": 7}. Without a stream the page asks every 20 seconds instead.

const url = document.querySelector('meta[name="live-url"]')?.content;
const renewal = document.querySelector('meta[name="live-pass"]')?.content;
const pulse = document.querySelector("[data-pulse]");
const SILENT = 15_000;
const POLL = 20_000;
const GIVE_UP = 4;

let lastId = "";
let lastHeard = Date.now();
let failures = 0;
let polling = 0;

const clock = () => new Date(lastHeard).toLocaleTimeString(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });

function say(text, stale) {
  if (!pulse || pulse.textContent === text) return;
  pulse.textContent = text;
  pulse.classList.toggle("stale", stale);
}

// Never under the hand of somebody who is writing: such a part waits and is marked.
function busy(part) {
  if (part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return true;
  if (part.querySelector("dialog[open], :popover-open")) return true;
  return [...part.querySelectorAll("input, textarea, select")].some(touched);
}

function touched(input) {
  if (input.matches("select")) {
    const first = [...input.options].findLastIndex((option) => option.defaultSelected);
    return !input.multiple && input.selectedIndex !== Math.max(first, 0) && input.selectedIndex !== -1;
  }
  return ["checkbox", "radio"].includes(input.type) ? input.checked !== input.defaultChecked : input.value !== input.defaultValue;
}

// What the reader unfolded stays unfolded in the new part, and the keyboard stays where it was: htmx sees to what has
// an id, this to links and buttons.
const folds = (part) => [...part.querySelectorAll("details")];
const foldName = (fold) => fold.id || fold.querySelector("summary")?.textContent.trim();
const unfolded = new Map();
const asking = new Set();
const attributes = { A: ["href"], BUTTON: ["name", "value"] };

function placeIn(part) {
  const at = document.activeElement;
  if (at.id || !part.contains(at) || !attributes[at.tagName]) return "";
  return at.tagName + attributes[at.tagName].map((name) => `[${name}="${CSS.escape(at.getAttribute(name) ?? "")}"]`).join("");
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (!part?.matches?.("[data-live][id]") || event.detail.requestConfig?.verb !== "get") return;
  if (busy(part)) {
    part.dataset.waiting = "yes";
    event.detail.shouldSwap = false;
    return;
  }
  unfolded.set(part.id, { names: folds(part).filter((fold) => fold.open).map(foldName), place: placeIn(part) });
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [id, { names, place }] of unfolded) {
    const part = document.getElementById(id);
    if (!part) continue;
    for (const fold of folds(part)) {
      if (!names.includes(foldName(fold))) continue;
      fold.open = true;
      if (fold.matches("[hx-get]")) asking.add(fold);
    }
    if (place) part.querySelector(place)?.focus({ preventScroll: true });
  }
  unfolded.clear();
});
// What asks the server when it is opened was opened before htmx listened to it.
document.addEventListener("htmx:afterSettle", (event) => {
  for (const fold of asking) {
    if (event.target.contains(fold)) window.htmx.trigger(fold, "toggle");
    if (event.target.contains(fold) || !fold.isConnected) asking.delete(fold);
  }
});

function refresh(part) {
  if (busy(part)) {
    part.dataset.waiting = "yes";
    return;
  }
  delete part.dataset.waiting;
  const from = part.dataset.liveUrl || part.getAttribute("hx-get") || location.href;
  window.htmx?.ajax("GET", from, { target: part, swap: "outerHTML", select: `#${CSS.escape(part.id)}` });
}

const due = new Set();
let timer = 0;

function changed(topic) {
  for (const part of document.querySelectorAll("[data-live][id]")) {
    if (topic === "*" || part.dataset.live.split(" ").includes(topic)) due.add(part);
  }
  clearTimeout(timer);
  timer = setTimeout(() => {
    for (const part of due) if (part.isConnected) refresh(part);
    due.clear();
  }, 250);
}

function heard() {
  lastHeard = Date.now();
  failures = 0;
  if (polling) {
    clearInterval(polling);
    polling = 0;
  }
  if (pulse) {
    pulse.hidden = false;
    say(pulse.dataset.liveWord, false);
  }
}

function poll() {
  if (polling) return;
  if (pulse) pulse.hidden = !document.querySelector("[data-live]");
  if (pulse) say(pulse.dataset.pollWord, true);
  polling = setInterval(() => {
    if (document.hidden) return;
    changed("*");
    document.dispatchEvent(new CustomEvent("fieldservice:changed", { detail: { topic: "*" } }));
  }, POLL);
}

function listen(from) {
  const stream = new EventSource(lastId ? `${from}&last=${encodeURIComponent(lastId)}` : from);
  const hear = (event) => {
    lastId = event.lastEventId || lastId;
    heard();
  };
  stream.addEventListener("open", heard);
  stream.addEventListener("ping", hear);
  stream.addEventListener("message", (event) => {
    hear(event);
    let detail;
    try {
      detail = JSON.parse(event.data);
    } catch {
      return;
    }
    document.dispatchEvent(new CustomEvent("fieldservice:changed", { detail }));
    if (detail.topic) changed(detail.topic);
  });
  stream.addEventListener("bye", () => {
    stream.close();
    listenOn();
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) later();
    else failed();
  });
}

function failed() {
  failures += 1;
  if (failures >= GIVE_UP) poll();
}

function later() {
  failed();
  setTimeout(listenOn, Math.min(30_000, 1000 * 2 ** failures));
}

// A stream ends with its pass. The next pass is for those who are still signed in, and still members.
async function listenOn() {
  if (!renewal) return listen(url);
  try {
    const answer = await fetch(renewal, { headers: { Accept: "application/json" }, redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    listen((await answer.json()).url);
  } catch {
    later();
  }
}

if (document.querySelector("[data-live], [data-pulse]")) {
  if (url && "EventSource" in window) listen(url);
  else poll();
  setInterval(() => {
    if (!polling && pulse && Date.now() - lastHeard > SILENT) say(`${pulse.dataset.staleWord} ${clock()}`, true);
  }, 3000);
  document.addEventListener("focusout", () => {
    setTimeout(() => document.querySelectorAll("[data-waiting]").forEach((part) => busy(part) || refresh(part)), 500);
  });
}
