// Files of evidence are sent in pieces while their sender goes on writing, and go on where a bad line left off.
// Without this they come with the form.
"use strict";

(() => {
const PIECE = 512 * 1024;
const PATIENCE = [1, 2, 4, 8, 15, 30, 30, 60, 60, 120];  // seconds between tries, about five minutes in all
const FREE = 1000, EACH = 20;  // numbers of further files of one field, as web/portal/attached.py counts them

const wait = (seconds) => new Promise((go) => {
  const timer = setTimeout(done, seconds * 1e3);
  window.addEventListener("online", done, {once: true});
  function done() { clearTimeout(timer); window.removeEventListener("online", done); go(); }
});

class Refusal extends Error {}

async function ask(box, path, options = {}) {
  const answer = await fetch(box.dataset.uploads + path, {
    ...options, headers: {"amends-form-token": box.dataset.token, ...options.headers},
  });
  if (answer.status >= 500) throw new Error(answer.statusText);
  const told = await answer.json();
  if (!answer.ok && told.code !== "upload_elsewhere") throw new Refusal(`${told.title}${told.detail ? " · " + told.detail : ""}`);
  return told;
}

async function send(box, file, line) {
  const about = new URL(box.closest("form").action, location.href).pathname;
  let upload = null, offset = 0;
  for (let tries = 0; ;) {
    try {
      if (!upload) upload = (await ask(box, "", {method: "POST",
        body: new URLSearchParams({about, name: file.name, size_bytes: file.size})})).upload_id;
      else offset = (await ask(box, `/${upload}`)).received_bytes;
      let told = {};
      do {
        if (line.dropped) return null;
        line.show(offset / file.size, offset + PIECE >= file.size ? "looking" : "");
        told = await ask(box, `/${upload}`, {method: "PATCH", body: file.slice(offset, offset + PIECE),
          headers: {"upload-offset": String(offset), "content-type": "application/octet-stream"}});
        offset = told.received_bytes;
        tries = 0;
      } while (!told.sha256);
      return told;
    } catch (fault) {
      if (fault instanceof Refusal || tries >= PATIENCE.length) throw fault;
      line.show(offset / file.size, "left");
      await wait(PATIENCE[tries++]);
    }
  }
}

// One line under the field for each file: its name, how far it is, and a way to leave it out.
class Line {
  constructor(box, file) {
    this.list = box.querySelector("[data-uploaded]");
    this.said = this.list.dataset;
    this.item = document.createElement("li");
    this.bar = Object.assign(document.createElement("progress"), {max: 1, value: 0});
    this.words = Object.assign(document.createElement("span"), {className: "soft", role: "status"});
    const name = Object.assign(document.createElement("span"), {textContent: file.name});
    this.leave = Object.assign(document.createElement("button"), {type: "button", className: "button bare", textContent: this.said.saidRemove});
    this.leave.addEventListener("click", () => { this.dropped = true; this.item.remove(); });
    this.bar.setAttribute("aria-label", file.name);
    if (file.type.startsWith("image/") && file.size < 20e6) {
      const seen = Object.assign(document.createElement("img"), {src: URL.createObjectURL(file), alt: ""});
      seen.addEventListener("load", () => URL.revokeObjectURL(seen.src), {once: true});
      seen.addEventListener("error", () => seen.remove(), {once: true});
      this.item.append(seen);
    }
    this.item.append(name, this.bar, this.words, this.leave);
    this.list.append(this.item);
  }
  show(part, state) {
    this.bar.value = part;
    this.words.textContent = state === "looking" ? this.said.saidLooking : state === "left" ? this.said.saidLeft : `${Math.round(part * 100)} %`;
  }
  fill(told, name) {
    this.bar.remove();
    this.words.textContent = this.said.saidDone;
    this.item.dataset.state = "done";
    Object.assign(this.item, {told, fileName: name});
  }
  fail(words) {
    this.bar.remove();
    this.item.dataset.state = "failed";
    this.words.textContent = words;
  }
}

const going = new Map();  // form → files on their way

document.addEventListener("change", async (event) => {
  const input = event.target, box = input.closest?.("[data-files]");
  if (!box || input.type !== "file") return;
  const form = box.closest("form"), files = [...input.files];
  input.value = "";
  going.set(form, (going.get(form) || 0) + files.length);
  for (const file of files) {
    const line = new Line(box, file);
    try {
      const told = await send(box, file, line);
      if (told) line.fill(told, file.name);
    } catch (fault) {
      line.fail(fault instanceof Refusal ? fault.message : line.said.saidLeft);
    }
    going.set(form, going.get(form) - 1);
  }
  if (form.dataset.waits && !going.get(form)) {
    delete form.dataset.waits;
    form.requestSubmit();
  }
});

// The names that the server knows: the first file of a field is the field's own piece of evidence, others get numbers.
function write(box) {
  const field = box.dataset.files, number = Number(field.split(".").pop()), folder = field.replace(/\.[^.]*$/, "");
  const form = box.closest("form"), value = (name) => form.elements.namedItem(`${field}.${name}`)?.value || "";
  for (const old of box.querySelectorAll("input[data-written]")) old.remove();
  const put = (name, text) => {
    if (!text) return;
    const hidden = Object.assign(document.createElement("input"), {type: "hidden", name, value: text});
    hidden.dataset.written = "";
    box.append(hidden);
  };
  const kept = box.querySelector(`input[name="${field}.sha256"]`) ? 1 : 0;
  [...box.querySelectorAll("li[data-state=done]")].filter((item) => item.told).forEach((item, place) => {
    const at = place + kept, into = at ? `${folder}.${FREE + number * EACH + Math.min(at, EACH - 1)}` : field;
    put(`${into}.sha256`, item.told.sha256);
    put(`${into}.name`, item.fileName);
    const kind = form.elements.namedItem(`${field}.kind`);
    if (at) { put(`${into}.kind`, value("kind") || item.told.kind); put(`${into}.note`, value("note")); }
    else if (!kind) put(`${into}.kind`, item.told.kind);
    else if (!kind.value || isChatFor(kind, item)) kind.value = item.told.kind;
  });
}

// A chat is one whatever stood in the list before; where the rules ask for something else, the list does not have it.
function isChatFor(kind, item) {
  return item.told.kind === "chat_log" && [...(kind.options ?? [])].some((option) => option.value === "chat_log");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (going.get(form)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    form.dataset.waits = "1";
    return;
  }
  for (const box of form.querySelectorAll("[data-files]")) write(box);
}, true);

// What was taken over is part of the page now.
document.addEventListener("htmx:after:request", (event) => {
  const form = event.target;
  if (!form.matches?.("form") || event.detail.ctx.response.status >= 400) return;
  for (const box of form.querySelectorAll("[data-files]")) {
    box.querySelector("[data-uploaded]").replaceChildren();
    for (const old of box.querySelectorAll("input[data-written]")) old.remove();
  }
});
})();
