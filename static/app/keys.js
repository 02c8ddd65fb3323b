// Security keys (Web Authentication, level 3): the browser's own parsing of the server's options, and back to JSON.

const CEREMONIES = {
  create: (options) => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  get: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

function isAble() {
  return window.isSecureContext && typeof window.PublicKeyCredential?.parseCreationOptionsFromJSON === "function";
}

function wordsFor(error, note) {
  if (error.name === "InvalidStateError") return note.dataset.known;
  if (error.name === "SecurityError" || error.name === "NotSupportedError") return note.dataset.unable;
  return note.dataset.refused;
}

async function use(form) {
  const note = form.querySelector("[data-key-error]");
  const button = form.querySelector("button[type=submit]");
  note.hidden = true;
  button.disabled = true;
  try {
    if (!isAble()) throw new DOMException("", "NotSupportedError");
    const { creation_options: creation, request_options: request } = JSON.parse(
      document.getElementById(form.dataset.keyOptions).textContent,
    );
    const credential = await CEREMONIES[form.dataset.key]((creation ?? request).publicKey);
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    note.textContent = wordsFor(error, note);
    note.hidden = false;
    button.disabled = false;
  }
}

export function setUpKeys() {
  for (const form of document.querySelectorAll("form[data-key]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      use(form);
    });
  }
}
