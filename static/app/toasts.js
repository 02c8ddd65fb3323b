// Short notices. Errors stay until they are dismissed.
const STAY_MS = 6000;

function arm(card) {
  if (card.dataset.armed) return;
  card.dataset.armed = "1";
  if (!card.classList.contains("toast-error")) setTimeout(() => card.remove(), STAY_MS);
}

export function toast(text, level = "info", link = "") {
  const card = document.createElement("div");
  card.className = `toast-card toast-${level}`;
  card.dataset.toast = "";
  const words = document.createElement("div");
  const line = document.createElement("p");
  line.textContent = text;
  words.append(line);
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.textContent = "Details";
    words.append(anchor);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn-close";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "Dismiss");
  card.append(words, close);
  document.getElementById("toasts").append(card);
  arm(card);
}

export function setUpToasts() {
  const box = document.getElementById("toasts");
  box.querySelectorAll("[data-toast]").forEach(arm);
  new MutationObserver(() => box.querySelectorAll("[data-toast]").forEach(arm)).observe(box, { childList: true });
  document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest("[data-toast]").remove());
  document.body.addEventListener("htmx:sendError", () => toast("The portal did not answer. Check your connection.", "error"));
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) toast("Something broke on our side; it was logged.", "error");
  });
}
