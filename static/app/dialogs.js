// The dialog that htmx fills, and the names that must be typed in it.
import { toast } from "portal/toasts";

const dialog = () => document.getElementById("dialog");

function checkTyped(input) {
  const submit = input.form?.querySelector("button[type=submit]");
  if (submit) submit.disabled = input.value !== input.dataset.mustEqual;
}

export function setUpDialogs() {
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "dialog-body") return;
    if (!dialog().open) dialog().showModal();
    const typed = dialog().querySelector("[data-must-equal]");
    if (typed) { checkTyped(typed); typed.focus(); }
  });
  document.addEventListener("input", (event) => { if (event.target.dataset.mustEqual !== undefined) checkTyped(event.target); });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
    if (event.target.closest("[data-open-keys]")) document.getElementById("keys").showModal();
    if (event.target.tagName === "DIALOG") event.target.close();
  });
  document.body.addEventListener("portal:changed", (event) => {
    if (dialog().open && !event.detail.keep) dialog().close();
    if (event.detail.message) toast(event.detail.message, "success", event.detail.job ? `/jobs/${event.detail.job}/` : "");
  });
}
