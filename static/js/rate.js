// Five faces: a tap saves the score at once with a POST. Without JavaScript the form's button sends it.

import "./early.js";

for (const form of document.querySelectorAll("form[data-rate]")) {
  const said = form.querySelector("[data-saved]");
  const why = form.querySelector("#why");
  let before = null;

  form.addEventListener("change", async (event) => {
    if (!event.target.matches("input[type='radio'][name='score']")) return;
    const score = Number(event.target.value);
    if (why) why.textContent = score < 3 ? why.dataset.missing : score > 3 ? why.dataset.good : why.dataset.mattered;
    before?.abort();
    before = new AbortController();
    try {
      const answer = await fetch(form.dataset.rate || form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Requested-With": "fetch", Accept: "application/json" },
        signal: before.signal,
      });
      if (said) said.hidden = !answer.ok;
    } catch {
      if (said) said.hidden = true;
    }
  });
}
