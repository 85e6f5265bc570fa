// The board in the hand: the drawer opens in place, arrows walk, C asks for candidates, a visit can be dragged.
// Without this script every link and form still works; the move form is the way without dragging.

import { isShortcut } from "./keys.js";

const board = () => document.getElementById("board");
const SNAP = 5;

/* ---------- Swaps keep the place: only #board is exchanged, and its panes stay scrolled ---------- */

const SCROLLED = [".lanes", "#tray", ".drawer"];
let places = [];
let keepDrawer = false;

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "board") return;
  places = SCROLLED.map((at) => {
    const pane = document.querySelector(at);
    return [pane?.scrollLeft ?? 0, pane?.scrollTop ?? 0];
  });
});
document.addEventListener("htmx:afterSwap", () => {
  if (!places.length) return;
  SCROLLED.forEach((at, n) => {
    const pane = document.querySelector(at);
    if (pane && (at !== ".drawer" || keepDrawer)) pane.scrollTo({ left: places[n][0], top: places[n][1], behavior: "instant" });
  });
  places = [];
  keepDrawer = true;
});

function open(url, focus) {
  keepDrawer = false;
  history.pushState({}, "", url);
  wanted = focus;
  return window.htmx.ajax("GET", url, { target: "#board", swap: "outerHTML", select: "#board" });
}

// The promise of htmx is kept before the new board stands: what was asked for gets the focus when it does.
let wanted = null;
document.addEventListener("htmx:afterSettle", () => {
  const stop = wanted && document.getElementById(wanted);
  wanted = null;
  if (!stop) return;
  stop.focus({ preventScroll: true });
  stop.scrollIntoView({ block: "nearest", inline: "nearest" });
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-drawer], a[data-close-drawer], a[data-candidates], #candidates .seg a");
  if (!link || !window.htmx || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  if (dragged) return;
  open(link.href, link.dataset.focus || link.id);
});
window.addEventListener("popstate", () => location.reload());

/* ---------- Who goes together shows while one of them is pointed at ---------- */

function showCrew(visit) {
  document.querySelectorAll(".visit.beside").forEach((other) => other.classList.remove("beside"));
  const crew = visit?.dataset.crew;
  if (!crew) return;
  document.querySelectorAll(`.visit[data-crew="${crew}"]`).forEach((other) => other.classList.toggle("beside", other !== visit));
}
const pointed = (event) => showCrew(event.target.closest?.(".visit"));
document.addEventListener("pointerover", pointed);
document.addEventListener("focusin", pointed);

/* ---------- Keyboard ---------- */

function neighbour(from, key) {
  const stops = (lane) => [...(lane?.querySelectorAll(".visit") ?? [])];
  const lane = from.closest(".lane");
  if (!lane) {
    const needs = [...document.querySelectorAll(".need")];
    return needs[needs.indexOf(from) + (key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0)];
  }
  const row = stops(lane);
  if (key === "ArrowRight" || key === "ArrowLeft") return row[row.indexOf(from) + (key === "ArrowRight" ? 1 : -1)];
  const lanes = [...document.querySelectorAll(".lane")].filter((other) => stops(other).length);
  const next = lanes[lanes.indexOf(lane) + (key === "ArrowDown" ? 1 : -1)];
  const at = (visit) => Number(visit.style.getPropertyValue("--at"));
  return stops(next).sort((a, b) => Math.abs(at(a) - at(from)) - Math.abs(at(b) - at(from)))[0];
}

document.addEventListener("keydown", (event) => {
  if (!isShortcut(event)) return;
  const here = event.target.closest?.(".visit, .need");
  if (here && event.key.startsWith("Arrow")) {
    const next = neighbour(here, event.key);
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  } else if (event.key === "Escape" && document.getElementById("drawer")) {
    open(document.querySelector("[data-close-drawer]").href, document.querySelector(".is-selected, .need[aria-current]")?.id);
  } else if (event.key.toLowerCase() === "c") {
    const ask = document.querySelector("[data-candidates]") ?? document.querySelector(".need");
    if (!ask) return;
    open(ask.href);
  } else return;
  event.preventDefault();
});

/* ---------- Drag a visit to another lane or time ---------- */

let held = null;
let dragged = false;

const minutes = () => Number(getComputedStyle(document.querySelector(".panes")).getPropertyValue("--day"));

function lift(event) {
  const visit = event.target.closest?.("[data-movable]");
  if (!visit || event.button || event.pointerType === "touch") return;
  held = { visit, x: event.clientX, y: event.clientY, at: Number(visit.style.getPropertyValue("--at")), lane: visit.closest(".lane") };
  dragged = false;
}

function carry(event) {
  if (!held) return;
  const moved = Math.hypot(event.clientX - held.x, event.clientY - held.y);
  if (!dragged && moved < 6) return;
  if (!dragged) {
    dragged = true;
    held.visit.classList.add("held");
    document.body.style.setProperty("cursor", "grabbing");
  }
  const width = held.lane.querySelector(".track").clientWidth;
  const shift = ((event.clientX - held.x) / width) * minutes();
  held.to = Math.max(0, Math.round((held.at + shift) / SNAP) * SNAP);
  const over = document.elementsFromPoint(event.clientX, event.clientY).map((e) => e.closest?.(".lane")).find(Boolean);
  document.querySelector(".lane.target")?.classList.remove("target");
  held.target = over ?? held.lane;
  held.target.classList.add("target");
  held.visit.style.setProperty("--at", held.to);
  if (held.visit.closest(".lane") !== held.target) held.target.querySelector(".track").append(held.visit);
}

function putBack() {
  const { visit, at, lane } = held;
  visit.style.setProperty("--at", at);
  lane.querySelector(".track").append(visit);
  letGo();
}

function letGo() {
  held.visit.classList.remove("held");
  document.querySelector(".lane.target")?.classList.remove("target");
  document.body.style.removeProperty("cursor");
  held = null;
  setTimeout(() => { dragged = false; });
}

async function drop() {
  if (!held) return;
  if (!dragged || (held.to === held.at && held.target === held.lane)) {
    if (dragged) putBack();
    held = null;
    return;
  }
  const { visit, to, target } = held;
  const start = new Date(Date.parse(board().dataset.start) + to * 60_000);
  const form = new URLSearchParams({
    engineer: target.dataset.engineer, start_at: start.toISOString(), version: visit.dataset.version,
    idempotency_key: crypto.randomUUID(),
  });
  const csrf = document.querySelector('meta[name="csrf-token"]').content;
  const answer = await fetch(visit.dataset.movable, { method: "POST", body: form, headers: { "X-CSRFToken": csrf } }).catch(() => null);
  if (answer?.ok) {
    letGo();
  } else {
    const text = answer && answer.headers.get("Content-Type")?.startsWith("text/plain") ? await answer.text() : document.getElementById("toasts").dataset.failedWord;
    putBack();
    const goOn = answer?.headers.get("X-Go-On");
    if (goOn) return location.assign(goOn);
    document.dispatchEvent(new CustomEvent("fieldservice:toast", { detail: { text, hue: "stop" } }));
  }
  keepDrawer = true;
  window.htmx.ajax("GET", location.href, { target: "#board", swap: "outerHTML", select: "#board" });
}

document.addEventListener("pointerdown", lift);
document.addEventListener("pointermove", carry);
document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", () => held && putBack());
document.addEventListener("dragstart", (event) => event.target.closest?.("[data-movable]") && event.preventDefault());
document.addEventListener("keydown", (event) => event.key === "Escape" && held && putBack());

/* ---------- The now line walks ---------- */

setInterval(() => {
  const line = document.querySelector("[data-now]");
  const label = document.querySelector("[data-now-time]");
  if (!line) return;
  const at = Math.floor((Date.now() - Date.parse(board().dataset.start)) / 60_000);
  for (const part of [line, label]) part.style.setProperty("--at", at);
  label.textContent = new Date().toLocaleTimeString("en-GB", { hour: "numeric", minute: "2-digit", timeZone: board().dataset.zone });
  // Work that takes longer than planned lasts until now; the server says so at the next change.
  for (const visit of document.querySelectorAll(".visit[data-lasts]")) {
    const [from, length] = ["--at", "--for"].map((name) => Number(visit.style.getPropertyValue(name)));
    if (from + length < at) visit.style.setProperty("--for", at - from);
  }
}, 30_000);

/* ---------- A long day opens at the chosen visit, at the first one counted, at now, or before the first day shift ---------- */

const lanes = document.querySelector(".lanes");
const span = lanes?.querySelector(".span");
if (span && span.scrollWidth > lanes.clientWidth) {
  const counted = location.search.includes("only=") ? ".visit:not(.aside)" : null;
  const chosen = span.querySelector(".visit.is-selected") ?? (counted && span.querySelector(counted));
  const line = span.querySelector("[data-now]");
  const head = span.querySelector(".sort").offsetWidth;
  const track = span.querySelector(".track");
  const middle = (head + lanes.clientWidth) / 2;
  if (chosen) {
    lanes.scrollTop = chosen.closest(".lane").offsetTop - lanes.clientHeight / 2;
    lanes.scrollLeft = head + chosen.offsetLeft + chosen.offsetWidth / 2 - middle;
  } else if (line) lanes.scrollLeft = line.offsetLeft - middle;
  else if (track) lanes.scrollLeft = (track.clientWidth * 360) / minutes();
}
