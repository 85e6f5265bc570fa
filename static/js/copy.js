// data-copy="id": copies the text of that element and says so on the button.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.lastChild.textContent = button.dataset.copied;
  } catch {
    // No clipboard here (plain http): select it, so that one keystroke copies.
    getSelection().selectAllChildren(source);
  }
});
