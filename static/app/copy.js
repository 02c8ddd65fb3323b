// Copy buttons: data-copy holds the text, data-copy-from the id of the element that does.
import { announce } from "portal/announce";

async function write(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  // Without HTTPS browsers offer no clipboard but this.
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") || document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function setUpCopy() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
    await write(source ? source.textContent : button.dataset.copy);
    button.classList.add("is-done");
    announce("Copied");
    setTimeout(() => button.classList.remove("is-done"), 1500);
  });
}
