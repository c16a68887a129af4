/* What allauth's own scripts for passkeys leave out: which form they are for, that passkeys are offered
   only where the browser has them, and that a passkey which was not used says so. Everything else about
   accounts works without JavaScript. */
"use strict";

const able = "PublicKeyCredential" in window;
const ids = {
  login: "use-passkey",
  authenticate: "use-passkey",
  add: "use-passkey",
  passwordless: "id_passwordless",
  credential: "credential",
  data: "js_data",
};

document.querySelectorAll("[data-passkeys]").forEach((part) => {
  part.hidden = !able;
});
document.querySelectorAll("[data-no-passkeys]").forEach((part) => {
  part.hidden = able;
});
document.querySelectorAll("[data-passkey]").forEach((form) => {
  window.allauth.webauthn.forms[form.dataset.passkey]({ ids });
});
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.querySelectorAll("[data-passkey-problem]").forEach((problem) => {
    problem.hidden = false;
  });
});
