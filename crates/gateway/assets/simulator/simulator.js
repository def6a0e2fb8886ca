// The simulator's phone: shows every SMS, call and mail of the simulator connector as it arrives, for one recipient or
// for all. Whatever a message holds is written as text, never read as markup, and the commands offered for copying
// quote it for the shell.

const API = "/simulator/api";
const SHOWN = 200; // messages drawn at once
const KEPT = 2000; // messages remembered
const SAMPLE = { number: "41793026727", address: "anna@example.com" };

const messages = new Map(); // id -> message, oldest arrival first
const unread = new Map(); // recipient key -> count
const recipients = new Map(); // recipient key -> <li>
let selected = ""; // recipient key; "" is every recipient

const $ = (id) => document.getElementById(id);
const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text });
const stamp = (id) => $(id).content.firstElementChild.cloneNode(true);
const announce = (text) => ($("announcer").textContent = text);
const labelOf = (button) => button.querySelector("span");
const chosenChannel = () => document.querySelector("#channels :checked").value;

// ---- Recipients ----
/** One key per recipient however it is spelt: the digits of a number, a lower-case address. */
function keyOf(to) {
  const text = String(to ?? "").trim();
  return text.includes("@") ? text.toLowerCase() : text.replace(/\D/g, "");
}
const isAddress = (key) => key.includes("@");
const nameOf = (key) => (key === "" ? "Every recipient" : isAddress(key) ? key : `+${key}`);
const isShown = (message) => selected === "" || message.key === selected;

const scriptOf = (key) =>
  [...$("scripts").tBodies[0].rows].find(({ dataset }) =>
    isAddress(key) ? key.startsWith(dataset.prefix) : key.endsWith(dataset.digits));

function select(key) {
  selected = key;
  // The address bar keeps the choice: a phone can be linked to, and survives a reload.
  if (!("embed" in document.documentElement.dataset)) history.replaceState(null, "", key ? `?to=${encodeURIComponent(key)}` : location.pathname);
  const isByMail = chosenChannel() === "email";
  if (key && isAddress(key) !== isByMail) $(isByMail ? "by-sms" : "by-email").checked = true;
  notify("");
  markRead();
  draw();
  toNewest();
  if (key) load(key, false); // the gateway may hold older ones than it gave for everybody
}

/** Enter opens the recipient that the typed text names or alone leaves in the list, else the whole number typed. */
function choose(event) {
  event.preventDefault();
  const typed = $("filter").value.trim();
  const isWhole = isAddress(typed) || !/[^\d\s+().-]/.test(typed);
  const left = [...recipients].filter(([key, item]) => key && !item.hidden).map(([key]) => key);
  const isKnown = isWhole && recipients.has(keyOf(typed));
  if (!isWhole && left.length !== 1) return notify("Type a whole phone number or e-mail address to open its phone.");
  $("filter").value = "";
  select(isKnown || left.length !== 1 ? keyOf(typed) : left[0]);
}

function markRead() {
  if (!document.hidden) selected ? unread.delete(selected) : unread.clear();
}

function drawRecipients() {
  const latest = new Map([[selected, 0], ["", Infinity]]);
  for (const { key, at } of messages.values()) latest.set(key, Math.max(latest.get(key) ?? 0, at));
  for (const [key, item] of recipients) if (!latest.has(key)) (item.remove(), recipients.delete(key));
  const typed = $("filter").value.trim().toLowerCase();
  const wanted = /[\p{L}@]/u.test(typed) ? typed : keyOf(typed);
  const list = $("recipients");
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  [...latest.keys()].sort((a, b) => latest.get(b) - latest.get(a)).forEach((key, place) => {
    const item = recipients.get(key) ?? newRecipient(key);
    const count = unread.get(key) ?? 0;
    item.hidden = key !== "" && !key.includes(wanted);
    item.firstElementChild.setAttribute("aria-current", String(key === selected));
    item.querySelector(".badge").hidden = count === 0;
    item.querySelector("b").textContent = count > 99 ? "99+" : count;
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
  focused?.focus({ preventScroll: true }); // an element that is moved loses the focus
  const total = [...unread.values()].reduce((sum, count) => sum + count, 0);
  document.title = `${total ? `(${total}) ` : ""}Pinfold simulator`;
}

function newRecipient(key) {
  const item = stamp("recipient");
  const icon = key === "" ? "all" : isAddress(key) ? "mail" : "phone";
  item.querySelector("use").setAttribute("href", `#icon-${icon}`);
  item.querySelector("[data-name]").textContent = nameOf(key);
  item.firstElementChild.addEventListener("click", () => select(key));
  recipients.set(key, item);
  return item;
}

// ---- The code in a message ----
const TOKEN = /(?<![\w+/@.]|\d-)(?=[A-Z]*\d)[A-Z\d]{4,10}(?![\w+/@-]|\.\w)/g;
const SPELT = /(?<!\w)[A-Z\d]([ ,.]+)[A-Z\d](?:\1[A-Z\d]){2,8}(?!\w)/g; // a call may read "4, 8, 2, 1"
const BOUND = /^@\S+ #([A-Z\d]{4,10})(?!\w)/m; // an origin-bound last line says which it is
const BEFORE = /(pin|code|otp|passwor[dt]|kennwort|c[oó]digo|codice|kod|код)[^\p{L}.]+(\p{L}{1,4}[^\p{L}.]+)?$/iu;
const AFTER = /^\s+(is|ist|est|es|è)\s/i;

/** The likeliest one-time code, as written and as typed. A guess: it decides what is highlighted and nothing else. */
function detect({ text, channel }) {
  const bound = BOUND.exec(text)?.[1];
  if (bound) return { written: bound, code: bound };
  const spelt = channel === "voice" ? [...text.matchAll(SPELT)].filter(([all]) => /\d/.test(all)) : [];
  const found = [...spelt, ...text.matchAll(TOKEN)].map(({ 0: written, index }) => {
    const isNamed = BEFORE.test(text.slice(0, index).slice(-40)) || AFTER.test(text.slice(index + written.length));
    const isYear = /^(19|20)\d\d$/.test(written);
    return { written, code: written.replace(/[ ,.]/g, ""), score: 2 * isNamed - isYear };
  });
  return found.reduce((best, next) => (best && best.score >= next.score ? best : next), undefined);
}

// ---- Messages ----
let arrivals = 0; // numbers the messages, to order those of one moment
/** Remembers a message and returns it; nothing when it is known already or is not a message. */
function keep(raw) {
  if (typeof raw?.id !== "string" || messages.has(raw.id)) return undefined;
  const at = Date.parse(raw.received_at);
  const message = {
    channel: ["voice", "email"].includes(raw.channel) ? raw.channel : "sms",
    from: String(raw.from || "Unknown sender"),
    key: keyOf(raw.to),
    text: String(raw.text ?? ""),
    subject: String(raw.subject || "No subject"),
    language: /^[a-z]{2,3}(-[a-z\d]{2,8})*$/i.test(raw.language) ? raw.language : "",
    at: Number.isNaN(at) ? Date.now() : at,
    order: ++arrivals,
  };
  messages.set(raw.id, message);
  if (messages.size > KEPT) messages.delete(messages.keys().next().value);
  return message;
}

const byTime = (a, b) => a.at - b.at || a.order - b.order;
const shownMessages = () => [...messages.values()].filter(isShown).sort(byTime);
const shortTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayName = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

function newItem(message) {
  const item = stamp(message.channel);
  const part = (name) => item.querySelector(`[data-${name}]`);
  const write = (name, text) => part(name) && (part(name).textContent = text);
  const found = detect(message);
  (found ? message.text.split(found.written) : [message.text]).forEach((piece, place) => {
    part("text").append(place > 0 ? make("mark", "", found.written) : "", piece);
  });
  if (message.language) part("text").lang = message.language;
  write("subject", message.subject);
  write("from", message.from);
  write("to", selected ? "" : ` to ${nameOf(message.key)}`);
  const [at, textContent] = [new Date(message.at), shortTime.format(message.at)];
  Object.assign(item.querySelector("time"), { dateTime: at.toISOString(), title: at.toLocaleString(), textContent });
  part("code").hidden = !found;
  labelOf(part("code")).textContent = `Copy ${found?.code}`;
  part("code").addEventListener("click", () => copy(found.code, part("code")));
  part("play")?.addEventListener("click", () => play(message, item));
  if (part("play") && !("speechSynthesis" in window)) fallSilent(item);
  return item;
}

let last; // the newest drawn message: its day, its sender, its time
/** Draws one message below the others; SMS of one sender in a row share a heading. */
function append(message) {
  const date = new Date(message.at).toDateString();
  const sender = message.channel === "sms" ? `${message.from}\n${message.key}` : "";
  const day = date === new Date().toDateString() ? "Today" : dayName.format(message.at);
  if (date !== last?.date) $("thread").append(make("li", "day", day));
  if (sender && (sender !== last?.sender || date !== last.date)) {
    const heading = make("li", "sender", "");
    heading.append(make("bdi", "", message.from), selected ? "" : ` to ${nameOf(message.key)}`);
    $("thread").append(heading);
  }
  last = { date, sender, at: message.at };
  return $("thread").appendChild(newItem(message));
}

function draw() {
  window.speechSynthesis?.cancel(); // its stop button is about to go
  last = undefined;
  $("thread").replaceChildren();
  shownMessages().slice(-SHOWN).forEach(append);
  drawFrame();
}

/** Everything around the messages. */
function drawFrame() {
  const shown = shownMessages();
  const script = scriptOf(selected);
  $("owner").textContent = nameOf(selected);
  $("tally").textContent = shown.length === 1 ? "1 message" : `${shown.length || "No"} messages`;
  $("empty").hidden = shown.length > 0;
  $("clear").disabled = shown.length === 0;
  $("script-note").hidden = !script;
  $("script-note").textContent = script ? `Scripted: ${script.cells[2].textContent}` : "";
  drawCommands(shown);
  drawRecipients();
}

const isAtNewest = () => $("screen").scrollHeight - $("screen").scrollTop - $("screen").clientHeight < 60;
function toNewest() {
  $("screen").scrollTop = $("empty").hidden ? $("screen").scrollHeight : 0;
  $("newest").hidden = true;
}

/** Shows messages that were not here before. */
function arrive(fresh) {
  if (fresh.length === 0) return;
  const follow = isAtNewest() || !$("empty").hidden;
  const shown = fresh.filter(isShown).sort(byTime);
  for (const { key } of fresh) unread.set(key, (unread.get(key) ?? 0) + 1);
  markRead();
  const isTooMuch = $("thread").childElementCount + shown.length > 3 * SHOWN;
  if (isTooMuch || shown.some(({ at }) => at < last?.at)) draw();
  else shown.forEach((message) => append(message).classList.add("fresh"));
  drawFrame();
  if (follow) toNewest();
  else if (shown.length > 0) $("newest").hidden = false;
  const [{ channel, from, key, text }] = fresh;
  const kind = { sms: "SMS", voice: "call", email: "mail" }[channel];
  announce(fresh.length > 1 ? `${fresh.length} new messages` : `New ${kind} for ${nameOf(key)} from ${from}: ${text}`);
}

let clearings = 0; // how often something was cleared
/** Forgets the messages of one recipient, or with no recipient all. */
function forget(to) {
  clearings += 1;
  const gone = keyOf(to);
  for (const [id, { key }] of messages) if (!gone || key === gone) (messages.delete(id), unread.delete(key));
  draw();
  toNewest();
}

// ---- Calls ----
let playing; // the button of the call that is being spoken
function play({ text, language }, item) {
  const button = item.querySelector("[data-play]");
  speechSynthesis.cancel();
  if (button === playing) return;
  const speech = Object.assign(new SpeechSynthesisUtterance(text), { lang: language });
  // A browser without any voice takes the text and stays silent for ever.
  const timer = setTimeout(() => (fallSilent(item), speechSynthesis.cancel()), 4000);
  speech.onstart = () => clearTimeout(timer);
  speech.onend = speech.onerror = ({ error = "" }) => {
    clearTimeout(timer);
    labelOf(button).textContent = "Play";
    if (playing === button) playing = undefined;
    if (!["", "canceled", "interrupted"].includes(error)) fallSilent(item);
  };
  playing = button;
  labelOf(button).textContent = "Stop";
  speechSynthesis.speak(speech);
}

function fallSilent(item) {
  item.querySelector("[data-play]").hidden = true;
  item.querySelector("[data-silent]").hidden = false;
}

// ---- Commands and copying ----
function curl(scheme, path, body) {
  const quoted = JSON.stringify(body).replaceAll("'", "'\\''"); // a quote in an address must not end the shell's
  return `curl ${location.origin}${path} \\
  -H 'Authorization: ${scheme} YOUR_API_KEY' \\
  -H 'Content-Type: application/json' \\
  -d '${quoted}'`;
}

function drawCommands(shown) {
  const channel = chosenChannel();
  const fits = selected && isAddress(selected) === (channel === "email");
  const to = fits ? selected : channel === "email" ? SAMPLE.address : SAMPLE.number;
  const newest = shown.findLast((message) => message.channel === channel);
  const code = (newest && detect(newest)?.code) ?? "THE_CODE";
  const messageId = channel === "email" ? "YOUR_EMAIL_MESSAGE_ID" : "YOUR_MESSAGE_ID";
  const [send, verify] = channel === "sms"
    ? [curl("Bearer", "/v1/otp", { to: nameOf(to) }),
       curl("Bearer", "/v1/otp/verify", { to: nameOf(newest?.key ?? to), code })]
    : [curl("App", `/2fa/2/pin/${channel}`, { applicationId: "YOUR_APPLICATION_ID", messageId, to }),
       curl("App", "/2fa/2/pin/THE_PIN_ID/verify", { pin: code })];
  $("first-command").textContent = $("send-command").textContent = send;
  $("verify-command").textContent = verify;
}

async function copy(text, button) {
  let isDone = true;
  try {
    await navigator.clipboard.writeText(text); // absent on plain http other than localhost
  } catch {
    const field = document.body.appendChild(make("textarea", "unseen", text));
    field.select();
    isDone = document.execCommand("copy");
    field.remove();
    button.focus();
  }
  button.dataset.label ??= labelOf(button).textContent;
  announce((labelOf(button).textContent = isDone ? "Copied" : "Could not copy"));
  setTimeout(() => (labelOf(button).textContent = button.dataset.label), 1600);
}

// ---- Talking to the gateway ----
const endpoint = (key) => `${API}/messages${key ? `?to=${encodeURIComponent(key)}` : ""}`;

function notify(text) {
  clearTimeout(notify.timer);
  $("notice").hidden = !text;
  $("notice").textContent = text;
  notify.timer = setTimeout(notify, 8000, "");
}

let isPrimed = false; // whether everything was read once: what a later reading adds is news
/** Brings what is remembered, of one recipient or of all, in line with what the gateway holds. */
async function load(scope, isNews) {
  const [before, known] = [clearings, [...messages]];
  let list;
  try {
    const response = await fetch(endpoint(scope), { cache: "no-store" });
    if (!response.ok) return notify(`Messages could not be read: the gateway answered ${response.status}.`);
    list = (await response.json()).messages;
  } catch {
    return; // unreachable: the connection state says so, and coming back live loads again
  }
  if (before !== clearings) return load(scope, isNews); // the answer may hold what was cleared meanwhile
  if (!scope) isPrimed = true;
  const held = new Set(list.map(({ id }) => id));
  const gone = known.filter(([id, { key }]) => !held.has(id) && (!scope || key === scope));
  gone.forEach(([id]) => messages.delete(id));
  if (gone.length > 0) draw();
  const fresh = list.reverse().map(keep).filter(Boolean);
  if (isNews) arrive(fresh);
  else if (fresh.length > 0) (draw(), toNewest());
}

async function clear() {
  const scope = selected; // others may be reading here too, so everything goes only on a second word
  if (!scope && !confirm("Clear the messages of every recipient?")) return;
  const response = await fetch(endpoint(scope), { method: "DELETE" }).catch(() => undefined);
  if (!response?.ok) return notify("The messages could not be cleared. Try again once the connection is live.");
  forget(scope);
  announce("Messages cleared.");
  $("screen").focus(); // the button is disabled now and cannot keep it
}

function showConnection(text) {
  if ($("connection-text").textContent === text) return; // said once, not at every try
  $("connection-text").textContent = text;
  $("connection").dataset.state = text.toLowerCase();
}

const waiting = []; // arrived, not shown yet: a burst is drawn at once
const flush = () => arrive(waiting.splice(0).map(keep).filter(Boolean));

function connect(delay = 1000) {
  const events = new EventSource(`${API}/events`);
  events.onopen = () => {
    delay = 1000;
    showConnection("Live");
    load("", isPrimed); // what came while nobody listened
  };
  events.onmessage = ({ data }) => {
    if (waiting.push(JSON.parse(data)) === 1) setTimeout(flush, 40);
  };
  events.addEventListener("cleared", ({ data }) => {
    flush();
    forget(JSON.parse(data).to);
  });
  events.onerror = () => {
    showConnection("Reconnecting");
    if (!isPrimed) load("", false);
    // A dropped connection is retried by the browser; an answer that is no event stream ends its trying.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, delay, Math.min(2 * delay, 15000));
  };
}

// ---- Start ----
$("chooser").addEventListener("submit", choose);
$("filter").addEventListener("input", drawRecipients);
$("clear").addEventListener("click", clear);
$("newest").addEventListener("click", toNewest);
$("screen").addEventListener("scroll", () => isAtNewest() && ($("newest").hidden = true));
$("channels").addEventListener("change", () => drawCommands(shownMessages()));
$("scripts").addEventListener("click", ({ target }) => {
  const text = target.textContent;
  if (target.matches(".pick")) select(/\d/.test(text) ? SAMPLE.number.slice(0, -4) + text : text + SAMPLE.address);
});
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copy($(`${button.dataset.copy}-command`).textContent, button));
}
document.addEventListener("visibilitychange", () => (markRead(), drawRecipients()));

const tick = () => ($("clock").textContent = shortTime.format(Date.now()));
setInterval(tick, 5000);
tick();
const asked = new URLSearchParams(location.search);
if (["light", "dark"].includes(asked.get("theme"))) document.documentElement.dataset.theme = asked.get("theme");
if (asked.has("embed")) document.documentElement.dataset.embed = ""; // the phone alone, beside another page
select(keyOf(asked.get("to")));
connect();
