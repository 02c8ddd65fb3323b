// The job dock: open or closed is remembered; jobs that end meanwhile are told, and what they changed is fetched again.
import { poke } from "portal/live";
import { toast } from "portal/toasts";

const KEY = "portal.dock";
const ENDED = new Set(["succeeded", "failed", "cancelled"]);
let known = null;

function show() {
  const dock = document.getElementById("dock");
  const open = localStorage.getItem(KEY) === "open";
  dock.classList.toggle("is-open", open);
  dock.querySelector("[data-dock-toggle]")?.setAttribute("aria-expanded", String(open));
}

function compare() {
  const seen = new Map();
  for (const row of document.querySelectorAll("#dock [data-job]")) {
    const { job, jobState, jobTitle, jobError, jobResource } = row.dataset;
    const before = known?.get(job);
    seen.set(job, jobState);
    if (!known || before === jobState) continue;
    if (jobResource) poke(jobResource);
    if (!ENDED.has(jobState) || ENDED.has(before)) continue;
    if (jobState === "succeeded") toast(`${jobTitle}: done.`, "success", `/jobs/${job}/`);
    else if (jobState === "failed") toast(`${jobTitle}: ${jobError}`, "error", `/jobs/${job}/`);
    else toast(`${jobTitle}: cancelled.`, "info", `/jobs/${job}/`);
  }
  known = seen;
}

export function setUpDock() {
  const dock = document.getElementById("dock");
  if (!dock) return;
  dock.addEventListener("click", (event) => {
    if (!event.target.closest("[data-dock-toggle]")) return;
    localStorage.setItem(KEY, dock.classList.contains("is-open") ? "closed" : "open");
    show();
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "dock-content") return;
    show();
    compare();
  });
  document.body.addEventListener("portal:changed", (event) => {
    if (!event.detail.job) return;
    if (localStorage.getItem(KEY) === null) localStorage.setItem(KEY, "open");
    window.htmx.trigger("#dock-content", "live");
    if (event.detail.resource) poke(event.detail.resource);
  });
}
