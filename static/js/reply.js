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
