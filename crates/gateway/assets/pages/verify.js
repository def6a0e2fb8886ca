// The page that asks for number and code. Its token stands in the fragment, and leaves the address bar and the history at once.
"use strict";

const TEXTS = {
  en: { title: "Verify it is you", none: "This link is incomplete. Please go back and try again.", back: "Continue" },
  de: { title: "Bitte bestätigen Sie, dass Sie es sind", none: "Dieser Link ist unvollständig. Bitte gehen Sie zurück und versuchen Sie es noch einmal.", back: "Weiter" },
};
const language = navigator.language.slice(0, 2) === "de" ? "de" : "en";
const texts = TEXTS[language];
document.documentElement.lang = language;
document.title = texts.title;
document.getElementById("title").textContent = texts.title;

const place = document.getElementById("place");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);

if (token) {
  const widget = document.createElement("pinfold-verify");
  widget.setAttribute("autofocus", "");
  widget.token = token;
  widget.addEventListener("pinfold-verified", (event) => {
    const { sessionToken, returnUrl, origins } = event.detail;
    // The window that opened this one hears of it if it shows a page of an origin that the token names, and no other does.
    for (const origin of origins ?? []) {
      window.opener?.postMessage({ type: "pinfold-verified", sessionToken }, origin);
    }
    if (returnUrl) {
      const link = document.createElement("a");
      link.href = `${returnUrl}#pinfold-session=${encodeURIComponent(sessionToken)}`;
      link.textContent = texts.back;
      link.className = "button";
      place.append(link);
      link.focus();
    } else if (window.opener) {
      window.close();
    }
  });
  place.append(widget);
} else {
  place.textContent = texts.none;
}
