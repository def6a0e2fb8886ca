// The page behind the link in a mail. Programs that look at mails open it too, so nothing happens until somebody presses the button.
"use strict";

const TEXTS = {
  en: {
    title: "Confirm it is you", text: "Somebody asked to verify your e-mail address. If that was you, confirm it.", confirm: "Confirm",
    verified: "Confirmed. You can close this page.", expired: "This link has expired. Please ask for a new one.",
    exhausted: "There were too many wrong codes. Please ask for a new mail.", canceled: "This verification was canceled.",
    invalid: "This link is not good any more. Please use the newest mail.", failed: "That did not work. Please try again.",
  },
  de: {
    title: "Bitte bestätigen", text: "Jemand möchte Ihre E-Mail-Adresse bestätigen. Wenn Sie das waren, bestätigen Sie es hier.", confirm: "Bestätigen",
    verified: "Bestätigt. Sie können diese Seite schließen.", expired: "Dieser Link ist abgelaufen. Bitte fordern Sie einen neuen an.",
    exhausted: "Es gab zu viele falsche Codes. Bitte fordern Sie eine neue Mail an.", canceled: "Diese Bestätigung wurde abgebrochen.",
    invalid: "Dieser Link gilt nicht mehr. Bitte nehmen Sie die neueste Mail.", failed: "Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.",
  },
};
const language = navigator.language.slice(0, 2) === "de" ? "de" : "en";
const texts = TEXTS[language];
const [title, text, button, status] = ["title", "text", "confirm", "status"].map((id) => document.getElementById(id));
document.documentElement.lang = language;
document.title = texts.title;
title.textContent = texts.title;
text.textContent = texts.text;
button.textContent = texts.confirm;

const link = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

function show(name, isOver) {
  status.textContent = texts[name];
  status.className = name === "verified" ? "good" : "bad";
  button.hidden = isOver;
}

if (!link) show("invalid", true);
button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    const answer = await fetch("/v1/confirmations", { method: "POST", body: new URLSearchParams({ link }), credentials: "omit" });
    const said = await answer.json();
    const isGone = answer.status === 401 || answer.status === 404;
    show(answer.ok ? said.status : isGone ? "invalid" : "failed", answer.ok || isGone);
  } catch {
    show("failed", false);
  }
  button.disabled = false;
});
