// What the pages cannot do by themselves: go on counting, hear of changes, keep the place. Without it all forms work.
"use strict";

const page = () => document.getElementById("page");
const words = JSON.parse(document.body.dataset.words);

// Time ------------------------------------------------------------------------------------------------------------

// The service's clock, not this machine's: a demonstration moves it, and cheap phones are wrong by minutes.
let ahead = 0;
const setClock = () => { ahead = Date.parse(page().dataset.now) - Date.now(); };
const now = () => Date.now() + ahead;

const SOON = 12 * 3600e3;
const tone = (left) => (left <= 0 ? "over" : left < SOON ? "soon" : "");
const counted = (unit, count) => words[unit][count === 1 ? 0 : 1].replace("{count}", count);

function duration(milliseconds) {
  const minutes = Math.floor(milliseconds / 60e3);
  if (minutes < 1) return words.moment;
  const days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24;
  const parts = [];
  if (days) parts.push(counted("day", days));
  if (hours) parts.push(counted("hour", hours));
  if (!days && minutes % 60) parts.push(counted("minute", minutes % 60));
  return parts.join(" ");
}

function timeLeft(due) {
  const left = due - now();
  if (left > 0 && left < 3600e3) {
    const seconds = Math.ceil(left / 1e3);
    return words.left.replace("{duration}", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
  }
  return left > 0 ? words.left.replace("{duration}", duration(left)) : words.over.replace("{duration}", duration(-left));
}

let lastTick = 0;
function tick() {
  const before = lastTick;
  lastTick = now();
  for (const one of document.querySelectorAll("[data-due]")) {
    const due = Date.parse(one.dateTime), text = timeLeft(due);
    if (one.textContent !== text) one.textContent = text;
    one.dataset.tone = tone(due - lastTick);
    const row = one.closest("[data-row]");
    if (row) row.dataset.tone = one.dataset.tone;
    // What silence does has happened: the page says so as soon as it is read again.
    if (before && before < due && due <= lastTick) refreshSoon(500);
  }
  for (const bar of document.querySelectorAll("progress[data-until]")) {
    const left = Date.parse(bar.dataset.until) - lastTick;
    bar.value = Math.max(0, left / 1e3);
    bar.dataset.tone = tone(left);
  }
}

// Reading the page again --------------------------------------------------------------------------------------------

// Everything live is a whole page read again and morphed into place; what is typed, open or focused stays.
let refreshing = 0;
function refreshSoon(milliseconds, wanted = Infinity) {
  clearTimeout(refreshing);
  // A step of one's own may have brought the page up to date meanwhile.
  refreshing = setTimeout(() => { if (wanted > version()) refresh(); }, milliseconds + Math.random() * 200);
}

async function refresh() {
  const main = page();
  if (!main || main.dataset.live === undefined) return;
  const talk = main.querySelector("[data-follow]"), seen = new Set();
  const isAtEnd = talk && talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
  for (const one of main.querySelectorAll("[data-new]")) seen.add(one.id);
  await htmx.ajax("GET", location.pathname + location.search, {
    source: main, target: "#page", select: "#page", swap: "outerMorph", headers: {"Amends-Refresh": "1"},
  });
  for (const one of page().querySelectorAll("[data-new]")) if (!seen.has(one.id)) one.classList.add("is-new");
  if (isAtEnd) talk.scrollTop = talk.scrollHeight;
}

// Live ----------------------------------------------------------------------------------------------------------------

const POLL = 5e3;
const version = () => Number(page().dataset.version || 0);
let source = null, polling = 0;

function watch() {
  const address = page()?.dataset.live;
  if (!address || (source && source.readyState !== EventSource.CLOSED)) return;
  source = new EventSource(address);
  let opened = false;
  source.addEventListener("open", () => { clearInterval(polling); polling = 0; });
  source.addEventListener("change", (event) => {
    const change = JSON.parse(event.data);
    const shown = page().dataset.case;
    if (!shown) refreshSoon(0);
    else if (change.case_id === shown) refreshSoon(0, change.version);
  });
  // The first one says only that watching has begun; after a broken line it means that something may have been missed.
  source.addEventListener("reload", () => { if (opened) refreshSoon(0); opened = true; });
  source.addEventListener("error", () => {
    polling ||= setInterval(() => { refreshSoon(0); watch(); }, POLL);
  });
}

// Small comforts ------------------------------------------------------------------------------------------------------

// A page read again has every drawer shut; those that somebody opened stay open. What has become the reader's own to do
// opens, once.
htmx.registerExtension("amends", {
  htmx_before_morph_attr: (element, detail) => {
    if (detail.attrName === "data-opens" && !element.hasAttribute("data-opens")) element.open = true;
    return !(detail.attrName === "open" && element.matches("details, dialog")) &&
      !(detail.attrName === "class" && element.classList.contains("is-new"));
  },
});

document.addEventListener("click", (event) => {
  for (const drop of document.querySelectorAll("details.drop[open]")) {
    if (!drop.contains(event.target)) drop.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    const search = document.querySelector('[data-key="/"]');
    if (search) { event.preventDefault(); search.focus(); search.select(); }
    return;
  }
  if (event.key === "Escape") for (const drop of document.querySelectorAll("details.drop[open]")) drop.open = false;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
  // Pages name their keys on the control itself, so the help can list them and nothing is hidden in a script.
  const control = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key && !one.disabled);
  if (control) {
    event.preventDefault();
    if (control.matches("input, textarea, select, summary")) control.focus();
    if (!control.matches("input, textarea, select")) control.click();
    const drawer = control.matches("summary") && control.parentElement;
    if (drawer && drawer.open) drawer.querySelector("input:not([type=hidden]), textarea, select, button")?.focus();
    return;
  }
  const row = document.activeElement.closest("[data-row]");
  if (row && event.key === "e") row.click();
  if (row && event.key === "x") row.parentElement.querySelector("[data-pick]")?.click();
  const rows = [...document.querySelectorAll("[data-row]")];
  const step = { j: 1, k: -1 }[event.key];
  if (!step || !rows.length) return;
  const at = rows.findIndex((row) => row === document.activeElement || row.getAttribute("aria-current") === "true");
  rows[Math.min(rows.length - 1, Math.max(0, at + step))].focus();
});

// Choosing is enough for a filter; without a script there is a button.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-pick-all]")) {
    for (const one of document.querySelectorAll("[data-pick]")) one.checked = event.target.checked;
  }
});

// A form that is sent twice by an impatient finger is sent once; htmx's own requests are queued by itself.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  else if (!form.matches("[hx-post], [hx-get]")) { form.dataset.sent = "1"; setTimeout(() => delete form.dataset.sent, 4e3); }
});

document.addEventListener("input", (event) => {
  const counter = event.target.matches("textarea[maxlength]") && event.target.closest(".field")?.querySelector("[data-count]");
  if (counter) counter.textContent = `${event.target.value.length} / ${event.target.maxLength}`;
});

// Shares of fault as one bar of 100, while they are typed.
function drawShares(bar) {
  let at = 0;
  for (const [place, field] of [...bar.closest("fieldset").querySelectorAll("[data-share]")].entries()) {
    const share = Math.max(0, Math.min(100 - at, Number(field.value) || 0));
    bar.children[place].setAttribute("x", at);
    bar.children[place].setAttribute("width", share);
    at += share;
  }
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-share]")) drawShares(event.target.closest("fieldset").querySelector("[data-shares]"));
});

// Enter sends a message, Shift+Enter breaks the line; a finger's keyboard and an input method keep their Enter.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("[data-enter-sends]")) return;
  if (matchMedia("(pointer: coarse)").matches) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

// What was said has left the line it was typed in; what was refused stays there.
document.addEventListener("htmx:after:request", (event) => {
  const form = event.target;
  if (form.matches("form[data-empties]") && event.detail.ctx.response.status < 400) form.reset();
});

// Outside the page, so that a page read again meanwhile does not take away what was just said.
function keepInSight(toast) {
  for (const before of document.querySelectorAll("body > [data-toast]")) before.remove();
  document.body.append(toast);
  setTimeout(() => toast.remove(), 6e3);
}

function begin() {
  for (const button of document.querySelectorAll("[data-hides]")) button.hidden = true;
  setClock();
  tick();
  document.querySelectorAll("[data-shares]").forEach(drawShares);
  for (const toast of page().querySelectorAll("[data-toast]")) keepInSight(toast);
}

begin();
watch();
setInterval(tick, 1e3);
for (const talk of document.querySelectorAll("[data-follow]")) talk.scrollTop = talk.scrollHeight;
// Where one is, in a line of places that is longer than the screen.
for (const here of document.querySelectorAll(".menu [aria-current], .tabs [aria-current]")) {
  const line = here.parentElement;
  line.scrollLeft = here.offsetLeft - line.offsetLeft - (line.clientWidth - here.offsetWidth) / 2;
}
document.addEventListener("htmx:after:swap", begin);
document.addEventListener("visibilitychange", () => { if (!document.hidden) { tick(); watch(); } });
