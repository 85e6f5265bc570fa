// The bell and the list of notices ask for themselves again when something reached, or was read by, this person.

document.addEventListener("fieldservice:changed", (event) => {
  const bell = document.getElementById("bell");
  if (!bell || event.detail.topic !== "notice" || String(event.detail.membership_id) !== bell.dataset.member) return;
  for (const part of [bell, document.getElementById("notices")]) {
    if (part) window.htmx?.ajax("GET", part.dataset.liveUrl, { target: part, swap: "outerHTML", select: `#${part.id}` });
  }
});
