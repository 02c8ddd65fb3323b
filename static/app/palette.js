// The search palette: arrows choose, Enter opens.
const palette = () => document.getElementById("palette");
let chosen = 0;

const hits = () => [...palette().querySelectorAll("a[role=option]")];

function choose(index) {
  const all = hits();
  document.getElementById("palette-input").removeAttribute("aria-activedescendant");
  if (!all.length) return;
  chosen = (index + all.length) % all.length;
  all.forEach((hit, position) => {
    hit.classList.toggle("is-current", position === chosen);
    hit.setAttribute("aria-selected", String(position === chosen));
  });
  all[chosen].scrollIntoView({ block: "nearest" });
  document.getElementById("palette-input").setAttribute("aria-activedescendant", all[chosen].id);
}

export function openPalette() {
  if (!palette() || palette().open) return;
  palette().showModal();
  const input = document.getElementById("palette-input");
  input.focus();
  input.select();
  window.htmx?.trigger(input, "open");
}

export function setUpPalette() {
  if (!palette()) return;
  document.addEventListener("click", (event) => { if (event.target.closest("[data-open-palette]")) openPalette(); });
  palette().addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape") {
      // A search field would only empty itself.
      event.preventDefault();
      palette().close();
    } else if (event.key === "Enter" && hits()[chosen]) {
      event.preventDefault();
      hits()[chosen].click();
    }
  });
  document.body.addEventListener("htmx:afterSettle", (event) => { if (event.detail.target.id === "palette-results") choose(0); });
}
