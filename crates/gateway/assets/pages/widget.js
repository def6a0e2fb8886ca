// Pinfold's verify widget: asks for a number and for the code that was sent there. It talks by a short-lived token that the page's own
// server minted, never by an API key. Plain elements in a shadow root: no frame, no inline script or style, no framework.
//
//   <script src="https://pin.example.com/widget.js" defer></script>
//   <pinfold-verify token="pfw_…"></pinfold-verify>
//
// Events (they do not leave the element): pinfold-sent, pinfold-verified {sessionToken, expiresAt}, pinfold-error {code, status}.
// Properties: token; getToken, an async function that fetches a new one for another number. See docs/guides/widget.md.
(() => {
  "use strict";
  const HOME = new URL(document.currentScript.src).origin;

  const TEXTS = {
    en: {
      phone: "Phone number", phoneHint: "With country code, for example +41 79 302 67 27",
      email: "E-mail address", either: "Phone number or e-mail address", send: "Send code",
      sentSms: "We sent a code by SMS to {to}.", sentVoice: "We are calling {to} to read out a code.", sentEmail: "We sent a code by e-mail to {to}.",
      fixed: "We will send a code to {to}.", code: "Code", codeHint: "{n} characters", codeHintDigits: "{n} digits", verify: "Verify",
      resendIn: "Send again in {s} s", resend: "Send again", sms: "Send an SMS instead", voice: "Call me instead", emailInstead: "Send an e-mail instead",
      another: "Use another number or address", again: "Start again", wrong: "That code is not right. Attempts left: {n}.", verified: "Verified. Thank you!",
      expired: "The code has expired. Please ask for a new one.", exhausted: "Too many wrong codes. Please ask for a new one.",
      canceled: "This verification was canceled.", used: "This code was used already.", ended: "This form has expired. Please load the page again.",
      invalidTo: "Please check the number or address.", tooSoon: "Please wait {s} seconds and try again.", blocked: "No code can be sent there.",
      failed: "That did not work. Please try again.", offline: "No connection. Please try again.", resent: "Sent again.",
    },
    de: {
      phone: "Telefonnummer", phoneHint: "Mit Landesvorwahl, zum Beispiel +41 79 302 67 27",
      email: "E-Mail-Adresse", either: "Telefonnummer oder E-Mail-Adresse", send: "Code senden",
      sentSms: "Wir haben einen Code per SMS an {to} gesendet.", sentVoice: "Wir rufen {to} an und lesen den Code vor.", sentEmail: "Wir haben einen Code per E-Mail an {to} gesendet.",
      fixed: "Wir senden einen Code an {to}.", code: "Code", codeHint: "{n} Zeichen", codeHintDigits: "{n} Ziffern", verify: "Bestätigen",
      resendIn: "Erneut senden in {s} s", resend: "Erneut senden", sms: "Stattdessen SMS senden", voice: "Stattdessen anrufen", emailInstead: "Stattdessen E-Mail senden",
      another: "Andere Nummer oder Adresse", again: "Neu beginnen", wrong: "Der Code stimmt nicht. Verbleibende Versuche: {n}.", verified: "Bestätigt. Vielen Dank!",
      expired: "Der Code ist abgelaufen. Bitte fordern Sie einen neuen an.", exhausted: "Zu viele falsche Codes. Bitte fordern Sie einen neuen an.",
      canceled: "Diese Bestätigung wurde abgebrochen.", used: "Dieser Code wurde schon verwendet.", ended: "Dieses Formular ist abgelaufen. Bitte laden Sie die Seite neu.",
      invalidTo: "Bitte prüfen Sie die Nummer oder Adresse.", tooSoon: "Bitte warten Sie {s} Sekunden und versuchen Sie es noch einmal.", blocked: "Dorthin kann kein Code gesendet werden.",
      failed: "Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.", offline: "Keine Verbindung. Bitte versuchen Sie es noch einmal.", resent: "Erneut gesendet.",
    },
  };

  const STYLE = `
    :host { display: block; max-inline-size: 24rem; color-scheme: light dark; font: var(--pinfold-font, 1rem/1.5 system-ui, sans-serif);
      --text: var(--pinfold-text, light-dark(#1c1e26, #eceef4)); --muted: var(--pinfold-muted, light-dark(#565b6b, #a9afc0));
      --surface: var(--pinfold-surface, light-dark(#fff, #171922)); --line: var(--pinfold-line, light-dark(#767c8e, #7b8297));
      --accent: var(--pinfold-accent, light-dark(#3347c9, #a9b6ff)); --on-accent: var(--pinfold-on-accent, light-dark(#fff, #12152b));
      --bad: var(--pinfold-error, light-dark(#b3181f, #ff9d9b)); --good: var(--pinfold-success, light-dark(#126b3a, #7fdca4));
      --radius: var(--pinfold-radius, .5rem); color: var(--text); }
    :host([theme=light]) { color-scheme: light; } :host([theme=dark]) { color-scheme: dark; }
    * { box-sizing: border-box; font: inherit; }
    form { display: grid; gap: .75rem; margin: 0; padding: 1.25rem; background: var(--surface); border-radius: var(--radius); }
    p { margin: 0; } p:empty { display: none; }
    label { font-weight: 600; } .hint { color: var(--muted); font-size: .875em; }
    input { inline-size: 100%; min-block-size: 2.75rem; padding: .25rem .75rem; color: inherit; background: transparent;
      border: 1px solid var(--line); border-radius: var(--radius); }
    input.code { font-size: 1.5rem; letter-spacing: .3em; font-variant-numeric: tabular-nums; }
    input[aria-invalid=true] { border-color: var(--bad); }
    button { min-block-size: 2.75rem; padding: .25rem 1rem; border-radius: var(--radius); border: 1px solid var(--accent); cursor: pointer;
      color: var(--on-accent); background: var(--accent); font-weight: 600; }
    button.plain { color: var(--accent); background: transparent; border-color: transparent; padding-inline: .25rem; font-weight: 500; }
    button:disabled { cursor: default; } button.plain:disabled { color: var(--muted); }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
    .more { display: flex; flex-wrap: wrap; gap: 0 1rem; margin-inline-start: -.25rem; }
    [role=status].bad { color: var(--bad); } [role=status].good { color: var(--good); font-weight: 600; }`;

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  class PinfoldVerify extends HTMLElement {
    static observedAttributes = ["token"];
    #fetchToken = null;
    #root = this.attachShadow({ mode: "open" });
    #status = make("p", { role: "status" });
    #form = make("form", { noValidate: true });
    #token = "";
    #view = null;
    #busy = false;
    #timer = 0;
    #listening = null;

    constructor() {
      super();
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      this.#root.adoptedStyleSheets = [sheet];
      this.#status.setAttribute("aria-live", "polite");
      this.#form.addEventListener("submit", (event) => { event.preventDefault(); this.#submit?.(); });
      this.#root.append(this.#form);
    }
    #submit = null;

    /** An async function of the page's that fetches a token: for the first number, and for another one. */
    get getToken() { return this.#fetchToken; }
    set getToken(value) {
      this.#fetchToken = value;
      if (this.isConnected && value && !this.#token) this.#restart();
    }
    get token() { return this.#token; }
    set token(value) {
      this.#token = value || "";
      if (this.isConnected && this.#token) this.#look();
    }
    attributeChangedCallback(_, __, value) {
      // A token in the page's source is one that the next look at it finds: it is kept here alone.
      if (value) { this.removeAttribute("token"); this.token = value; }
    }
    async connectedCallback() {
      if (this.#token) return this.#look();
      if (this.getToken) return this.#restart();
    }
    disconnectedCallback() { clearInterval(this.#timer); this.#listening?.abort(); }

    get #t() {
      const wanted = (this.getAttribute("locale") || this.#view?.locale || this.closest("[lang]")?.lang || navigator.language).slice(0, 2).toLowerCase();
      return TEXTS[wanted] || TEXTS.en;
    }
    #tell(name, detail) { this.dispatchEvent(new CustomEvent(`pinfold-${name}`, { detail })); }
    #say(text, kind = "") {
      this.#status.className = kind;
      this.#status.textContent = text;
    }

    /** Asks Pinfold. A form of plain fields: browsers send it without asking first, and the answer is for the token's origins alone. */
    async #ask(path, fields = {}) {
      let answer, body;
      try {
        answer = await fetch(`${HOME}/v1/widget/verification${path}`, {
          method: "POST", body: new URLSearchParams({ token: this.#token, ...fields }),
          credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer",
        });
        body = await answer.json();
      } catch {
        // What a browser may not read of an ended or foreign token looks like this too.
        this.#say(this.#t.offline, "bad");
        this.#tell("error", { code: "network", status: 0 });
        return null;
      }
      if (answer.ok) return body;
      const t = this.#t, wait = Number(answer.headers.get("retry-after")) || 30;
      const texts = { 400: path === "/check" ? fill(t.wrong, { n: "–" }) : t.invalidTo, 401: t.ended, 403: t.blocked, 409: t.expired, 404: t.ended, 429: fill(t.tooSoon, { s: wait }) };
      this.#say(texts[answer.status] || t.failed, "bad");
      this.#tell("error", { code: body.code, status: answer.status });
      return null;
    }
    async #while(work) {
      if (this.#busy) return null;
      this.#busy = true;
      this.#form.setAttribute("aria-busy", "true");
      try { return await work(); } finally { this.#busy = false; this.#form.removeAttribute("aria-busy"); }
    }

    async #look() {
      const view = await this.#while(() => this.#ask(""));
      if (!view) { if (!this.#view) this.#form.replaceChildren(this.#status); return; }
      this.#view = view;
      if (view.state === "new") this.#askNumber();
      else if (view.state === "sent") this.#askCode(0);
      else this.#end(view.state === "verified" ? this.#t.used : this.#t.expired, "bad");
    }
    async #restart() {
      this.#view = null;
      this.#say("");
      try { this.token = await this.getToken(); } catch { this.#say(this.#t.failed, "bad"); this.#form.replaceChildren(this.#status); }
    }

    #field(id, label, hint, properties) {
      const input = make("input", { id, name: id, required: true, ...properties });
      input.setAttribute("aria-describedby", "hint");
      return [make("label", { htmlFor: id, textContent: label }), input, make("p", { id: "hint", className: "hint", textContent: hint }), input];
    }

    #askNumber() {
      const t = this.#t, { channels, isFixed, to } = this.#view;
      const mails = channels.includes("email"), calls = channels.some((one) => one !== "email");
      const button = make("button", { type: "submit", textContent: t.send });
      let input = null;
      if (isFixed) {
        this.#form.replaceChildren(make("p", { textContent: fill(t.fixed, { to }) }), button, this.#status);
      } else {
        const kind = mails && calls ? { type: "text", autocomplete: "username" } : mails ? { type: "email", autocomplete: "email" } : { type: "tel", autocomplete: "tel" };
        const [label, field, hint] = this.#field("to", mails && calls ? t.either : mails ? t.email : t.phone, calls ? t.phoneHint : "", kind);
        input = field;
        this.#form.replaceChildren(label, field, hint, button, this.#status);
      }
      this.#submit = () => this.#while(async () => {
        // Spaces and the like are how people write numbers.
        const to = input?.value.trim() ?? "";
        if (input && !to) { input.setAttribute("aria-invalid", "true"); input.focus(); return this.#say(t.invalidTo, "bad"); }
        const view = await this.#ask("/send", input ? { to } : {});
        if (!view) { input?.setAttribute("aria-invalid", "true"); input?.focus(); return; }
        this.#view = view;
        this.#tell("sent", { channel: view.channel });
        this.#askCode(view.resendSeconds);
      });
      if (this.hasAttribute("autofocus")) (input || button).focus();
    }

    #askCode(pause) {
      const t = this.#t, { channel, channels, to, codeLength: length, isNumeric, isFixed } = this.#view;
      const told = make("p", { textContent: fill({ sms: t.sentSms, voice: t.sentVoice, email: t.sentEmail }[channel] || t.sentSms, { to }) });
      const [label, input, hint] = this.#field("code", t.code, fill(isNumeric ? t.codeHintDigits : t.codeHint, { n: length }), {
        type: "text", className: "code", autocomplete: "one-time-code", inputMode: isNumeric ? "numeric" : "text", spellcheck: false, autocapitalize: "characters",
      });
      const button = make("button", { type: "submit", textContent: t.verify });
      const resend = make("button", { type: "button", className: "plain" });
      const others = channels.filter((one) => one !== channel && (one === "email") === (channel === "email")).map((one) => {
        const other = make("button", { type: "button", className: "plain", textContent: { sms: t.sms, voice: t.voice, email: t.emailInstead }[one] });
        other.addEventListener("click", () => this.#again(one));
        return other;
      });
      resend.addEventListener("click", () => this.#again());
      const more = make("div", { className: "more" }, resend, ...others);
      if (this.getToken && !isFixed) {
        const another = make("button", { type: "button", className: "plain", textContent: t.another });
        another.addEventListener("click", () => this.#restart());
        more.append(another);
      }
      this.#form.replaceChildren(told, label, input, hint, button, this.#status, more);
      this.#say("");
      this.#wait(pause, [resend, ...others], resend);
      // A code that is pasted, filled in by the phone, or typed to its end needs no press.
      const clean = () => input.value.replace(isNumeric ? /\D/g : /[^0-9A-Za-z-]/g, "");
      input.addEventListener("input", () => {
        input.removeAttribute("aria-invalid");
        if (isNumeric && input.value !== clean()) input.value = clean().slice(0, length);
        if (clean().length === length) this.#check(input, clean());
      });
      this.#submit = () => (clean() ? this.#check(input, clean()) : input.focus());
      input.focus();
      this.#listen(input);
    }

    /** WebOTP: the phone reads the code out of an SMS whose last line names this page's host: `@shop.example #123456`. */
    #listen(input) {
      this.#listening?.abort();
      if (!("OTPCredential" in window) || this.#view.channel !== "sms") return;
      this.#listening = new AbortController();
      navigator.credentials.get({ otp: { transport: ["sms"] }, signal: this.#listening.signal })
        .then((found) => { if (found?.code && input.isConnected) { input.value = found.code; this.#check(input, found.code); } })
        .catch(() => {});
    }

    #wait(seconds, buttons, shown) {
      clearInterval(this.#timer);
      const end = performance.now() + seconds * 1000;
      const show = () => {
        const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
        for (const button of buttons) button.disabled = left > 0;
        shown.textContent = left ? fill(this.#t.resendIn, { s: left }) : this.#t.resend;
        if (!left) clearInterval(this.#timer);
      };
      this.#timer = setInterval(show, 250);
      show();
    }

    #again(channel) {
      return this.#while(async () => {
        const view = await this.#ask("/resend", channel ? { channel } : {});
        if (!view) return;
        this.#view = view;
        this.#askCode(view.resendSeconds);
        this.#say(this.#t.resent);
        this.#tell("sent", { channel: view.channel });
      });
    }

    #check(input, code) {
      return this.#while(async () => {
        const answer = await this.#ask("/check", { code });
        if (!answer) { input.setAttribute("aria-invalid", "true"); return input.select(); }
        const t = this.#t;
        if (answer.status === "valid") {
          this.#end(t.verified, "good");
          return this.#tell("verified", { sessionToken: answer.sessionToken, expiresAt: answer.sessionExpiresAt, returnUrl: answer.returnUrl, origins: answer.origins });
        }
        if (answer.status === "invalid" && answer.attemptsRemaining > 0) {
          this.#say(fill(t.wrong, { n: answer.attemptsRemaining }), "bad");
          input.setAttribute("aria-invalid", "true");
          return input.select();
        }
        this.#end({ verified: t.used, expired: t.expired, canceled: t.canceled }[answer.status] || t.exhausted, "bad");
        this.#tell("error", { code: answer.status, status: 200 });
      });
    }

    #end(text, kind) {
      clearInterval(this.#timer);
      this.#listening?.abort();
      this.#submit = null;
      this.#say(text, kind);
      this.#status.tabIndex = -1;
      this.#form.replaceChildren(this.#status);
      if (kind === "bad" && this.getToken) {
        const again = make("button", { type: "button", textContent: this.#t.again });
        again.addEventListener("click", () => this.#restart());
        this.#form.append(again);
      }
      this.#status.focus();
    }
  }

  if (!customElements.get("pinfold-verify")) customElements.define("pinfold-verify", PinfoldVerify);
})();
