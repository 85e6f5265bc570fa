// Light, dark or as the device says: kept in a cookie, so that the server draws the right page at once.

const buttons = () => document.querySelectorAll("[data-set-theme]");

function show(theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of buttons()) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-set-theme]");
  if (!button) return;
  const theme = button.dataset.setTheme;
  document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
  show(theme);
});

show(document.documentElement.dataset.theme || "auto");
