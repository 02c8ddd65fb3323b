// Keys for people who do this all day. They never act while somebody types.
import { openPalette } from "portal/palette";

let afterG = 0;

const typing = (element) => element.closest("input, textarea, select, [contenteditable], dialog, .console-screen");
const rows = () => [...document.querySelectorAll("[data-row]")];

function move(step) {
  const all = rows();
  if (!all.length) return;
  const now = all.findIndex((row) => row.classList.contains("is-current"));
  all[now]?.classList.remove("is-current");
  const next = all[Math.max(0, Math.min(all.length - 1, now + step))];
  next.classList.add("is-current");
  next.querySelector("a")?.focus();
  next.scrollIntoView({ block: "nearest" });
}

const current = () => document.querySelector("[data-row].is-current");

const KEYS = {
  "/": openPalette,
  "?": () => document.getElementById("keys")?.showModal(),
  c: () => location.assign("/instances/deploy/"),
  g: () => { afterG = Date.now(); },
  j: () => move(1),
  k: () => move(-1),
  x: () => current()?.querySelector("input[type=checkbox]")?.click(),
};

export function setUpShortcuts() {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (Date.now() - afterG < 1200) {
      afterG = 0;
      const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); location.assign(link.href); }
      return;
    }
    const act = KEYS[event.key];
    if (act) { event.preventDefault(); act(); }
  });
}
