// The chat as its visitor sees it. The secret code of the session stays in this frame's own storage, which
// browsers keep apart for every site; each call sends it. What the stream says is only that something is new.

const said = document.querySelector("[data-said]");
const lines = document.getElementById("lines");
const form = document.querySelector("[data-write]");
const alarm = document.querySelector("[data-alarm]");
const typing = document.querySelector("[data-typing]");
const end = document.querySelector("[data-end]");
const word = (name) => said.dataset[`word${name}`];
const addresses = JSON.parse(document.getElementById("chat-addresses").textContent);
const origins = JSON.parse(document.getElementById("chat-origins").textContent);
const POLL = 4_000;
const SILENT = 15_000;
const TYPED = 3_000;

let code = "";
let heard = 0; // the greatest id of the visitor's own messages that is shown
let told = 0; // the greatest id of ours
let page = "";
let isOpen = window.parent === window;
let unread = 0;
let stream = null;
let lastHeard = 0;

/* ---------- What is remembered ---------- */

// Where a browser gives frames of other sites no storage, a cookie of this frame on this very site does.
const jar = {
  get: (key) => document.cookie.split("; ").find((one) => one.startsWith(`${key}=`))?.slice(key.length + 1) ?? "",
  set: (key, value) => {
    const rest = `Path=${new URL(".", location.href).pathname}; Secure; SameSite=None; Partitioned`;
    document.cookie = `${key}=${value}; Max-Age=${value ? 30 * 86_400 : 0}; ${rest}`;
  },
};

function storage() {
  try {
    localStorage.setItem("fieldservice-chat", "1");
    return { get: (key) => localStorage.getItem(key) ?? "", set: (key, value) => (value ? localStorage.setItem(key, value) : localStorage.removeItem(key)) };
  } catch {
    return jar;
  }
}
const memory = storage();

function keep(value) {
  code = value;
  end.hidden = !value;
  memory.set(said.dataset.key, value);
}

/* ---------- Asking the server ---------- */

class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

function post(name, facts, files = []) {
  const body = files.length ? new FormData() : new URLSearchParams();
  for (const [key, value] of Object.entries({ ...facts, ...(code ? { code } : {}) })) body.append(key, value);
  for (const file of files) body.append("files", file);
  return fetch(addresses[name], { method: "POST", body, credentials: "omit", redirect: "error" });
}

async function ask(name, facts = {}, files = []) {
  const answer = await post(name, facts, files);
  if (answer.status === 204) return {};
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, found.detail ?? "");
  return found;
}

function warn(text) {
  alarm.textContent = text;
  alarm.hidden = !text;
}

function forget() {
  keep("");
  heard = told = 0;
  stream?.close();
  stream = null;
  form.querySelector("[data-who]").hidden = false;
}

/* ---------- The conversation ---------- */

function lineOf(key) {
  return [...said.children].find((line) => line.dataset.key === key);
}

function addLine(facts) {
  const line = document.createElement("div");
  const words = document.createElement("span");
  const meta = document.createElement("span");
  const who = document.createElement("span");
  line.className = facts.ours ? "line ours" : "line";
  if (facts.key) line.dataset.key = facts.key;
  who.className = "sr";
  who.textContent = `${word(facts.ours ? "Us" : "You")}: `;
  words.className = "words";
  words.append(who, facts.text);
  meta.className = "meta";
  if (!facts.text && facts.files?.length) words.classList.add("sr");
  line.append(words, meta);
  showFiles(line, facts.files ?? []);
  said.append(line);
  return line;
}

// Names at first; once the server has them, they can be saved again.
function showFiles(line, files) {
  line.querySelector(".files")?.remove();
  if (!files.length) return;
  const list = document.createElement("span");
  list.className = "files";
  for (const file of files) {
    const one = document.createElement(file.id ? "button" : "span");
    one.className = "file";
    one.textContent = file.name;
    if (file.id) {
      one.type = "button";
      one.setAttribute("aria-label", `${word("Save")}: ${file.name}`);
      one.addEventListener("click", () => save(file));
    }
    list.append(one);
  }
  line.querySelector(".meta").before(list);
}

async function save(file) {
  try {
    const answer = await post("file", { id: file.id });
    if (!answer.ok) throw new Refused(answer.status, "");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    warn("");
  } catch {
    warn(word("Failed"));
  }
}

function stamp(line, at) {
  const time = new Date(at);
  line.classList.remove("unsent");
  line.querySelector(".meta").textContent = time.toLocaleTimeString(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });
}

function toEnd() {
  lines.scrollTop = lines.scrollHeight;
}

function showLines(found) {
  let ours = 0;
  for (const facts of found) {
    if (facts.ours) {
      if (facts.id <= told) continue;
      told = facts.id;
      ours += 1;
      stamp(addLine(facts), facts.at);
    } else {
      heard = Math.max(heard, facts.id);
      const known = lineOf(facts.key);
      if (known) showFiles(known, facts.files);
      stamp(known ?? addLine(facts), facts.at);
    }
  }
  if (!found.length) return 0;
  if (ours) typing.hidden = true;
  toEnd();
  if (ours && !isOpen) {
    unread += ours;
    say("unread", { count: unread });
  }
  return ours;
}

let reading = null;
let again = false;

// One question at a time; what is announced meanwhile is asked once more afterwards.
async function read() {
  if (!code) return;
  if (reading) {
    again = true;
    return;
  }
  reading = ask("read", { heard, told });
  try {
    const facts = await reading;
    showAway(facts.away);
    const ours = showLines(facts.lines);
    warn("");
    if (ours) again = true; // says that we have them
  } catch (problem) {
    if (problem.status === 404) over();
    else if (problem.status !== 429) warn(word("Failed"));
  } finally {
    reading = null;
  }
  if (again) {
    again = false;
    await read();
  }
}

function showAway(away) {
  for (const part of document.querySelectorAll("[data-away]")) part.hidden = !away;
  for (const part of document.querySelectorAll("[data-here]")) part.hidden = away;
}

function over() {
  forget();
  note(word("Over"));
}

function note(text) {
  const line = document.createElement("p");
  line.className = "aside";
  line.textContent = text;
  said.append(line);
  toEnd();
}

/* ---------- Sending ---------- */

async function send(line, facts, files = []) {
  line.classList.remove("unsent");
  line.querySelector(".meta").textContent = word("Sending");
  try {
    if (!code) {
      keep((await ask("open", { name: facts.name, email: facts.email, page })).code);
      listen();
    }
    const answer = await ask("say", facts, files);
    stamp(line, Date.now());
    warn("");
    showNumber(answer.ticket);
    form.querySelector("[data-who]").hidden = true;
    if (files.length) read();
  } catch (problem) {
    if (problem.status === 404 && code) {
      forget();
      return send(line, facts, files);
    }
    unsent(line, facts, files, problem);
  }
}

function unsent(line, facts, files, problem) {
  line.classList.add("unsent");
  warn(problem.message && problem.status ? problem.message : word("Failed"));
  // What may not be sent will not be taken the second time either: the words go back to where they were written.
  if (problem.status === 422 || problem.status === 400) {
    line.remove();
    form.elements.body.value ||= facts.body;
    return;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "again";
  button.textContent = word("Again");
  button.addEventListener("click", () => send(line, facts, files));
  line.querySelector(".meta").replaceChildren(`${word("Unsent")} `, button);
  if (!problem.status) window.addEventListener("online", () => line.classList.contains("unsent") && send(line, facts, files), { once: true });
}

let number = "";
function showNumber(ticket) {
  if (!ticket || ticket === number) return;
  number = ticket;
  note(`${word("Number")} ${ticket}`);
}

/* ---------- Files to send ---------- */

const picker = form.querySelector("[data-files]");
let chosen = [];

function choose(files) {
  const wanted = [...chosen, ...files];
  const isHeavy = wanted.some((file) => file.size > Number(said.dataset.mostBytes));
  chosen = wanted.filter((file) => file.size <= Number(said.dataset.mostBytes)).slice(0, Number(said.dataset.mostFiles));
  warn(isHeavy ? word("Heavy") : wanted.length > chosen.length ? word("Many") : "");
  showChosen();
}

function showChosen() {
  const part = form.querySelector("[data-chosen]");
  part.hidden = !chosen.length;
  part.querySelector("ul").replaceChildren(...chosen.map((file) => {
    const item = document.createElement("li");
    const out = document.createElement("button");
    out.type = "button";
    out.textContent = "×";
    out.setAttribute("aria-label", `${word("Remove")}: ${file.name}`);
    out.addEventListener("click", () => {
      chosen = chosen.filter((one) => one !== file);
      showChosen();
      form.elements.body.focus();
    });
    item.append(file.name, out);
    return item;
  }));
}

picker.addEventListener("change", () => {
  choose(picker.files);
  picker.value = "";
});
form.elements.body.addEventListener("paste", (event) => {
  if (!event.clipboardData.files.length) return;
  event.preventDefault();
  choose(event.clipboardData.files);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { name, email, body } = form.elements;
  const text = body.value.trim();
  const bad = !email.validity.valid;
  email.toggleAttribute("aria-invalid", bad);
  if (bad) email.setAttribute("aria-invalid", "true");
  if (bad) return email.reportValidity();
  if (!text && !chosen.length) return body.focus();
  const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  const files = chosen;
  const line = addLine({ ours: false, key, text, files: files.map(({ name: called }) => ({ name: called })) });
  body.value = "";
  chosen = [];
  showChosen();
  body.focus();
  toEnd();
  queue = queue.then(() => send(line, { key, body: text, name: name.value.trim(), email: email.value.trim() }, files));
});
let queue = Promise.resolve();

// Enter sends, Shift+Enter breaks the line; not while an input method composes a word.
form.elements.body.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});

let typedAt = 0;
form.elements.body.addEventListener("input", () => {
  if (!code || Date.now() - typedAt < TYPED) return;
  typedAt = Date.now();
  ask("typing").catch(() => {});
});

/* ---------- Listening ---------- */

let hideTyping = 0;
let failures = 0;

async function listen() {
  if (!code) return;
  let url = "";
  try {
    ({ url } = await ask("pass"));
  } catch (problem) {
    if (problem.status === 404) return over();
  }
  stream?.close();
  stream = null;
  if (!url || !("EventSource" in window)) return later();
  const mine = new EventSource(url);
  stream = mine;
  mine.addEventListener("open", () => {
    failures = 0;
    lastHeard = Date.now();
    read();
  });
  mine.addEventListener("ping", () => { lastHeard = Date.now(); });
  mine.addEventListener("message", (event) => {
    lastHeard = Date.now();
    const facts = JSON.parse(event.data);
    if (facts.event === "chat.typing") showTyping();
    else read();
  });
  mine.addEventListener("bye", () => {
    mine.close();
    if (stream === mine) listen();
  });
  mine.addEventListener("error", () => {
    if (stream !== mine) return;
    mine.close();
    stream = null;
    later();
  });
}

let retry = 0;
function later() {
  failures += 1;
  clearTimeout(retry);
  retry = setTimeout(listen, Math.min(60_000, 1000 * 2 ** failures));
}

function showTyping() {
  typing.hidden = false;
  toEnd();
  clearTimeout(hideTyping);
  hideTyping = setTimeout(() => { typing.hidden = true; }, 6_000);
}

// Without a stream, or with one that went silent, the page asks by itself.
setInterval(() => {
  if (code && (!stream || Date.now() - lastHeard > SILENT)) read();
}, POLL);

/* ---------- The page around the frame ---------- */

const say = (message, facts = {}) => window.parent !== window && window.parent.postMessage({ fieldservice: message, ...facts }, "*");

const fits = (origin) => origin === location.origin || origins.some((one) => {
  if (!one.includes("*.")) return one === origin;
  const [scheme, host] = one.split("*");
  return origin.startsWith(scheme) && origin.endsWith(host);
});

window.addEventListener("message", (event) => {
  if (event.source !== window.parent || !fits(event.origin)) return;
  const { fieldservice: message, page: where } = event.data ?? {};
  if (typeof where === "string") page = where.slice(0, 500);
  if (message === "opened") {
    isOpen = true;
    unread = 0;
    toEnd();
    form.elements.body.focus({ preventScroll: true });
  }
  if (message === "closed") isOpen = false;
});
document.querySelector("[data-close]").hidden = window.parent === window;
document.querySelector("[data-close]").addEventListener("click", () => say("close"));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") say("close"); });
// A frame of another site may not ask by a dialog: the button itself asks, for a few seconds.
end.addEventListener("click", async () => {
  if (!end.classList.contains("sure")) {
    const label = end.textContent;
    end.classList.add("sure");
    end.textContent = word("Sure");
    setTimeout(() => {
      end.classList.remove("sure");
      end.textContent = label;
    }, 6_000);
    return;
  }
  try {
    await ask("close");
  } catch (problem) {
    if (problem.status !== 404) return warn(word("Failed"));
  }
  said.replaceChildren();
  number = "";
  over();
});

keep(memory.get(said.dataset.key));
if (code) {
  form.querySelector("[data-who]").hidden = true;
  read().then(listen);
}
say("ready");
