// Keeps “5 minutes ago” true while the page is open.
const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [7, "day"], [4.35, "week"], [12, "month"], [Infinity, "year"]];
const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });

function ago(moment) {
  let amount = (new Date(moment) - Date.now()) / 1000;
  if (Math.abs(amount) < 45) return "just now";
  for (const [length, unit] of STEPS) {
    if (Math.abs(amount) < length) return words.format(Math.round(amount), unit);
    amount /= length;
  }
  return moment;
}

export function freshenTimes(root = document) {
  for (const time of root.querySelectorAll("time[data-ago]")) time.textContent = ago(time.dateTime);
}

export function setUpTimes() {
  freshenTimes();
  setInterval(freshenTimes, 30_000);
  document.body.addEventListener("htmx:afterSettle", () => freshenTimes());
}
