// The desk's side of a chat: what a visitor says appears in the open ticket at once, also while somebody writes
// an answer in it. The feed says only that there is something new; the page fetches it with its own authority.

const talk = () => document.querySelector("#talk [data-chat]");
const TYPED = 3_000;
const TYPING_SHOWN = 6_000;

const isOurs = (detail) => talk() && String(detail.ticket_id) === talk().dataset.ticket;
const last = (part) => Math.max(0, ...[...part.querySelectorAll("[data-message]")].map((one) => Number(one.dataset.message)));
const unsettled = (part) => [...part.querySelectorAll("[data-message][data-delivery='queued']")].map((one) => Number(one.dataset.message));

async function fetchNews(after) {
  const part = talk();
  if (!part) return;
  const answer = await fetch(`${part.dataset.chat}?after=${after}`, { headers: { "HX-Request": "true" }, redirect: "error" });
  if (!answer.ok) return;
  const news = new DOMParser().parseFromString(await answer.text(), "text/html");
  const wasAtEnd = part.scrollHeight - part.scrollTop - part.clientHeight < 120;
  for (const message of news.querySelectorAll("[data-message]")) put(talk(), message);
  const state = news.querySelector("[data-chat-state]");
  if (state) talk().querySelector("[data-chat-state]")?.replaceWith(document.adoptNode(state));
  const seen = document.querySelector("form.reply input[name='seen']");
  if (seen) seen.value = last(talk());
  if (wasAtEnd) talk().scrollTop = talk().scrollHeight;
}

function put(part, message) {
  const known = part.querySelector(`[data-message="${Number(message.dataset.message)}"]`);
  const node = document.adoptNode(message);
  if (known) known.replaceWith(node);
  else part.querySelector("[data-chat-end]").before(node);
}

let hide = 0;
function showTyping() {
  const line = talk().querySelector("[data-chat-typing]");
  line.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => { line.hidden = true; }, TYPING_SHOWN);
}

function hideTyping() {
  talk().querySelector("[data-chat-typing]").hidden = true;
}

document.addEventListener("fieldservice:changed", ({ detail }) => {
  if (!isOurs(detail)) return;
  if (detail.event === "chat.typing") showTyping();
  if (detail.event === "chat.said") {
    hideTyping();
    fetchNews(last(talk()));
  }
  if (detail.event === "chat.taken") {
    const waiting = unsettled(talk());
    if (waiting.length) fetchNews(Math.min(...waiting) - 1);
  }
});

// What was missed while the page loaded, or while the feed is away, is asked for.
function catchUp() {
  const part = talk();
  if (!part || document.hidden) return;
  const waiting = unsettled(part);
  fetchNews(waiting.length ? Math.min(...waiting) - 1 : last(part)).catch(() => {});
}
setTimeout(catchUp, 1_500);
setInterval(catchUp, 10_000);

let typedAt = 0;
document.addEventListener("input", (event) => {
  const part = talk();
  if (!part || event.target.id !== "reply-body" || Date.now() - typedAt < TYPED) return;
  if (event.target.form?.elements.kind?.value === "internal") return;
  typedAt = Date.now();
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  fetch(part.dataset.typing, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => {});
});
