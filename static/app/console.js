// The screen of an instance: each connection takes a fresh token that works once.
import RFB from "novnc/rfb";

const $ = (id) => document.getElementById(id);
const ENTER = 0xff0d;
const TAB = 0xff09;
const LATIN_1 = 0x100;
const UNICODE = 0x01000000;
let rfb;
let scaled = true;

function say(words) { $("console-state").textContent = words; }

function stop(words) {
  say("Disconnected");
  $("console-words").textContent = words;
  $("console-note").hidden = false;
}

async function address() {
  const body = new FormData($("token-form"));
  const answer = await fetch(location.href, { method: "POST", body, headers: { Accept: "application/json" } });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error);
  return data.url;
}

async function connect() {
  $("console-note").hidden = true;
  say("Connecting…");
  const old = rfb;
  // Its farewell must not be taken for the end of the new connection.
  rfb = undefined;
  old?.disconnect();
  let url;
  try {
    url = await address();
  } catch (error) {
    stop(error.message || "The portal did not answer.");
    return;
  }
  const mine = new RFB($("console-screen"), url, { wsProtocols: ["binary"], shared: true });
  rfb = mine;
  mine.scaleViewport = scaled;
  mine.background = "#0b0e17";
  mine.addEventListener("connect", () => { say("Connected"); mine.focus(); });
  mine.addEventListener("disconnect", (event) => {
    if (rfb !== mine) return;
    stop(event.detail.clean ? "The connection was closed." : "The connection was lost. Does the instance still run?");
  });
  mine.addEventListener("securityfailure", () => stop("The host refused the connection."));
}

// Key strokes instead of the clipboard message: firmware and login prompts know no clipboard.
async function type(text) {
  for (const letter of text.replaceAll("\r\n", "\n")) {
    const code = letter.codePointAt(0);
    const keysym = letter === "\n" ? ENTER : letter === "\t" ? TAB : code < LATIN_1 ? code : UNICODE + code;
    rfb.sendKey(keysym, null);
    await new Promise((resolve) => { setTimeout(resolve, 8); });
  }
}

$("console-cad").addEventListener("click", () => { rfb?.sendCtrlAltDel(); rfb?.focus(); });
$("console-reconnect").addEventListener("click", connect);
$("console-again").addEventListener("click", connect);
$("console-scale").addEventListener("click", (event) => {
  scaled = !scaled;
  event.currentTarget.setAttribute("aria-pressed", String(scaled));
  if (rfb) { rfb.scaleViewport = scaled; rfb.clipViewport = !scaled; rfb.dragViewport = !scaled; }
});
$("console-paste").addEventListener("click", () => { $("paste-text").value = ""; $("paste-dialog").showModal(); });
$("paste-dialog").addEventListener("close", () => {
  if ($("paste-dialog").returnValue === "send") type($("paste-text").value);
  rfb?.focus();
});
connect();
