// Before the first paint, or a dark page would flash white.
(() => {
  const wanted = localStorage.getItem("portal.theme") || "auto";
  const dark = wanted === "dark" || (wanted === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
})();
