// Live updates: the server says which resource changed, and the parts of the page that show it are fetched again.
// While the stream is down the moving parts are fetched every few seconds instead.
const POLL_MS = 4000;
const TOGETHER_MS = 150;
const ALL = "[data-live], [data-live-all], [data-live-type]";
const waiting = new Map();
let stream;
let polling;
let opened = false;

function fetchAgain(selector) {
  clearTimeout(waiting.get(selector));
  waiting.set(selector, setTimeout(() => {
    waiting.delete(selector);
    for (const element of document.querySelectorAll(selector)) window.htmx?.trigger(element, "live");
  }, TOGETHER_MS));
}

export function poke(resource) {
  fetchAgain(`[data-live~="${CSS.escape(resource)}"]`);
}

function mark(state, words) {
  for (const element of document.querySelectorAll("[data-live-mark]")) {
    element.dataset.state = state;
    element.querySelector("[data-live-words]").textContent = words;
  }
}

function poll() {
  if (document.hidden) return;
  fetchAgain("[data-live-all]");
  fetchAgain("[data-live-type]");
  fetchAgain("[data-moving]");
}

function startPolling() {
  mark("polling", "Polling");
  polling ??= setInterval(poll, POLL_MS);
}

function stopPolling() {
  mark("on", "Live");
  clearInterval(polling);
  polling = undefined;
}

function hear(event) {
  const change = JSON.parse(event.data);
  if (change.resource) poke(change.resource);
  if (change.uuid) poke(change.uuid);
  if (change.type) fetchAgain(`[data-live-type="${CSS.escape(change.type)}"]`);
  fetchAgain("[data-live-all]");
}

function connect(url) {
  stream = new EventSource(url, { withCredentials: true });
  stream.addEventListener("open", () => {
    stopPolling();
    // What happened between the page and the stream, or while the stream was down, was not heard.
    fetchAgain(opened ? ALL : "[data-moving]");
    opened = true;
  });
  stream.addEventListener("job", hear);
  stream.addEventListener("resource", hear);
  stream.addEventListener("resync", () => fetchAgain(ALL));
  stream.addEventListener("notification", () => fetchAgain('[data-live-type="notification"]'));
  stream.addEventListener("error", () => {
    startPolling();
    // A refused stream does not try again by itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => connect(url), 15_000);
  });
}

export function setUpLive() {
  const url = document.querySelector("meta[name=live]")?.content;
  if (!url) return;
  connect(url);
  setTimeout(() => { if (stream.readyState !== EventSource.OPEN) startPolling(); }, 3000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && polling) poll(); });
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) connect(url); });
}
