// Forms with data-sign: a passkey signs what the chosen option asks for, and then the form is sent.
"use strict";
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-sign]");
  if (!form || form.elements.signature.value) return;
  event.preventDefault();
  const asked = form.querySelector("option:checked, [data-challenge]").dataset;
  const allowed = JSON.parse(asked.credentials).map((id) => ({ type: "public-key", id: bytes(id) }));
  try {
    const given = await navigator.credentials.get({ publicKey: {
      challenge: bytes(asked.challenge), allowCredentials: allowed, userVerification: "required", timeout: 120000 } });
    form.elements.signature.value = JSON.stringify({
      client: text(given.response.clientDataJSON), authenticator: text(given.response.authenticatorData), signature: text(given.response.signature) });
    form.submit();
  } catch (error) {
    const told = form.querySelector("[role=alert]");
    told.textContent = form.dataset.sign;
    told.focus();
  }
});
