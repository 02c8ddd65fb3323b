// Light, dark, or as the system has it.
const KEY = "portal.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function show() {
  const wanted = localStorage.getItem(KEY) || "auto";
  const dark = wanted === "dark" || (wanted === "auto" && system.matches);
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === wanted));
  }
}

export function setUpTheme() {
  show();
  system.addEventListener("change", show);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    localStorage.setItem(KEY, button.dataset.themeChoice);
    show();
  });
}
