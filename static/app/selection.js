// Choosing rows for bulk actions, and addresses without empty parameters.
let picked = [];
const boxes = () => [...document.querySelectorAll("[data-pick]")];

function show() {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  bar.classList.toggle("is-on", count > 0);
  const words = bar.querySelector("[data-picked]");
  if (words) words.textContent = `${count} selected`;
  const every = document.querySelector("[data-pick-all]");
  if (every) {
    every.checked = count > 0 && count === all.length;
    every.indeterminate = count > 0 && count < all.length;
  }
}

export function setUpSelection() {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) boxes().forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches("[data-pick], [data-pick-all]")) show();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-pick-none]")) return;
    boxes().forEach((box) => { box.checked = false; });
    show();
  });
  // A row that is fetched again comes unchecked; what was picked stays picked.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const box = event.detail.target.querySelector?.("[data-pick]:checked");
    if (box && event.detail.target.matches("tr")) event.detail.target.dataset.picked = box.value;
    // So it is with a list that is fetched again as a whole.
    picked = event.detail.target.id === "results" ? boxes().filter((one) => one.checked).map((one) => one.value) : [];
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    if (picked.length) boxes().forEach((one) => { one.checked ||= picked.includes(one.value); });
    picked = [];
    show();
  });
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.elt.closest("[data-clean]")) return;
    for (const [name, value] of Object.entries(event.detail.parameters)) {
      if (value === "") delete event.detail.parameters[name];
    }
  });
}
