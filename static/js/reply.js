// The reply box: drafts are kept, canned replies and names are put in, and who else is here is asked every 15 seconds.

const BEAT = 15_000;
const PAUSE = 900;

const box = () => document.getElementById("reply-body");
const here = () => document.getElementById("presence");
const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const post = (url, values) => fetch(url, { method: "POST", body: new URLSearchParams(values), headers: { "X-CSRFToken": csrf() } });

/* ---------- Who else is here ---------- */

let wasWriting = false;
const isWriting = () => Boolean(box()?.value.trim()) && document.activeElement === box();

async function beat() {
  const place = here();
  if (!place || document.hidden) return;
  wasWriting = isWriting();
  const answer = await post(place.dataset.url, { writing: wasWriting ? "yes" : "no" }).catch(() => null);
  if (answer?.ok && place.isConnected) place.innerHTML = await answer.text();
}

async function look() {
  const place = here();
  const answer = place && (await fetch(place.dataset.url).catch(() => null));
  if (answer?.ok && place.isConnected) place.innerHTML = await answer.text();
}

document.addEventListener("fieldservice:changed", ({ detail }) => {
  if (detail.topic === "presence" && String(detail.ticket_id) === here()?.dataset.ticket) look();
});
document.addEventListener("htmx:afterSettle", (event) => event.target.id === "talk" && look());
document.addEventListener("focusout", (event) => event.target === box() && wasWriting && setTimeout(beat, 200));
setInterval(beat, BEAT);
beat();

/* ---------- A conversation opens at its newest message ---------- */

let shown = "";

function toNewest() {
  const part = document.querySelector("#talk .stream");
  if (!part || shown === location.pathname) return;
  shown = location.pathname;
  if (!location.hash) part.scrollTop = part.scrollHeight;
}

document.addEventListener("htmx:afterSettle", toNewest);
toNewest();

/* ---------- The draft ---------- */

let timer = 0;

async function keep() {
  const field = box();
  if (!field?.dataset.draft) return;
  const kind = field.form.querySelector('[name="kind"]:checked')?.value ?? "public";
  const answer = await post(field.dataset.draft, { body: field.value, kind }).catch(() => null);
  const word = field.form.querySelector("[data-draft-state]");
  if (word && answer?.ok) word.textContent = field.value.trim() ? field.dataset.keptWord : "";
}

document.addEventListener("input", (event) => {
  if (event.target !== box()) return;
  clearTimeout(timer);
  timer = setTimeout(keep, PAUSE);
  if (!wasWriting && isWriting()) beat();
});
document.addEventListener("submit", (event) => event.target.id === "reply" && clearTimeout(timer));

/* ---------- Names, while an @ of an internal note is being written ---------- */

const MOST_OFFERS = 6;
const offers = () => document.getElementById("mention-offers");
const options = () => [...(offers()?.children ?? [])];
const plain = (text) => text.normalize("NFKC").toLowerCase();

// What stands between the last @ and the caret, when that @ begins a name.
function begun() {
  const field = box();
  if (!field || field.form.querySelector('[name="kind"]:checked')?.value !== "internal") return null;
  return /(?:^|[^A-Za-z0-9._%+-])[@＠]([^\s@＠]{0,30})$/.exec(field.value.slice(0, field.selectionStart))?.[1] ?? null;
}

function offer() {
  const list = offers();
  const word = begun();
  if (!list) return;
  const fits = (entry) => [...plain(entry.textContent).split(/\s+/), plain(entry.textContent), plain(entry.dataset.knownAs)].some((part) => part.startsWith(plain(word)));
  const found = word === null ? [] : [...document.querySelectorAll("#mention .entry")].filter(fits).slice(0, MOST_OFFERS);
  list.replaceChildren(...found.map((entry, index) => {
    const option = document.createElement("li");
    option.id = `mention-offer-${index}`;
    option.role = "option";
    option.lang = entry.lang;
    option.textContent = entry.textContent;
    option.addEventListener("mousedown", (event) => {
      event.preventDefault();
      take(option);
    });
    return option;
  }));
  list.hidden = !found.length;
  point(0);
}

function point(index) {
  const all = options();
  all.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
  if (all[index]) box().setAttribute("aria-activedescendant", all[index].id);
  else box()?.removeAttribute("aria-activedescendant");
}

function take(option) {
  const field = box();
  const end = field.selectionStart;
  field.setRangeText(`@${option.textContent} `, end - begun().length - 1, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("input", (event) => event.target === box() && !event.isComposing && offer());
document.addEventListener("compositionend", (event) => event.target === box() && offer());
document.addEventListener("focusout", (event) => {
  if (event.target === box() && offers()) offers().hidden = true;
});
document.addEventListener("keydown", (event) => {
  if (event.target !== box() || !offers() || offers().hidden || event.isComposing || event.keyCode === 229) return;
  const here = options().findIndex((option) => option.getAttribute("aria-selected") === "true");
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps) point((here + steps[event.key] + options().length) % options().length);
  else if (event.key === "Enter" || event.key === "Tab") take(options()[here]);
  else if (event.key === "Escape") offers().hidden = true;
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

/* ---------- Put words in ---------- */

document.addEventListener("click", (event) => {
  const entry = event.target.closest("[data-insert]");
  const field = box();
  if (!entry || !field) return;
  if ("note" in entry.dataset) field.form.querySelector('[name="kind"][value="internal"]').checked = true;
  field.setRangeText(entry.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  if (entry.dataset.canned) field.form.elements.canned.value = entry.dataset.canned;
  entry.closest("[popover]")?.hidePopover();
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
