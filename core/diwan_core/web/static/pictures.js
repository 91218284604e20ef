// Sends chosen pictures piece by piece, several in turn, and goes on by itself when a bad line comes back. Without this
// script the same form sends them in one go. Nothing is kept in the browser: it may be another person's tomorrow.
"use strict";
(() => {
  const form = document.getElementById("pictures-form");
  if (!form || !window.fetch || !window.FormData) return;
  const list = document.getElementById("uploads"), inputs = form.querySelectorAll("input[type=file]");
  const set = form.dataset, most = Number(set.most), size = Number(set.piece);
  const button = form.querySelector(".actions button");
  const rows = [];
  const leave = () => window.location.assign(set.done.endsWith("=") ? set.done + kept : set.done);
  let kept = 0; // saved from this page, and no longer among the rows
  form.classList.add("scripted");

  // -- what is chosen ------------------------------------------------------------------------------------------------
  const part = (name, kind, ...inside) => {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    made.append(...inside);
    return made;
  };

  function choose(file) {
    if (rows.some((row) => row.file.name === file.name && row.file.size === file.size && row.file.lastModified === file.lastModified)) return;
    const name = part("bdi", "", file.name), said = part("span", "quiet small"), bar = part("progress");
    const off = part("button", "plain", set.sayRemove);
    off.type = "button";
    bar.max = file.size || 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    const row = {file, said, bar, off, state: "waiting", item: part("li", "", part("div", "upload", name, said, off), bar)};
    off.addEventListener("click", () => { rows.splice(rows.indexOf(row), 1); row.item.remove(); list.hidden = !rows.length; });
    if (rows.length >= most) return tell(row, "refused", set.sayMany, true);
    rows.push(row);
    list.append(row.item);
    if (file.size > Number(set.largest)) tell(row, "refused", set.sayLarge);
    else tell(row, "waiting", set.sayWaiting);
    list.hidden = false;
  }

  function tell(row, state, text, show) {
    row.state = state;
    row.said.textContent = text;
    row.said.className = state === "refused" ? "message" : "quiet small";
    row.off.hidden = state !== "waiting" && state !== "refused";
    row.bar.hidden = state === "refused";
    if (show) { list.append(row.item); list.hidden = false; }
  }

  for (const input of inputs) {
    input.addEventListener("change", () => {
      for (const file of input.files) choose(file);
      input.value = "";  // the files are in our list now; the form itself sends none
    });
  }

  // -- sending -------------------------------------------------------------------------------------------------------
  class Refused extends Error {}
  class SignedOut extends Error {}
  const pause = (ms) => new Promise((go) => { const timer = setTimeout(go, ms); window.addEventListener("online", () => { clearTimeout(timer); go(); }, {once: true}); });

  async function ask(address, fields) {
    const body = new FormData();
    body.append("csrf", form.elements.namedItem("csrf").value);
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    const answer = await fetch(address, {method: "POST", body, credentials: "same-origin"});
    if (answer.status === 401 || answer.status === 400 || answer.redirected) throw new SignedOut();
    const known = (answer.headers.get("Content-Type") || "").startsWith("application/json") ? await answer.json() : {};
    if (answer.status === 409) return known;
    if (answer.status === 507) throw new Refused(known.problem || set.sayFull);
    if (answer.status === 429 || (answer.status >= 500 && !known.problem)) throw new Error("busy");
    if (!answer.ok) throw new Refused(known.problem || set.sayFailed);
    return known;
  }

  async function send(row) {
    const file = row.file, key = [file.name, file.size, file.lastModified].join("|").slice(-300);
    const begun = await ask(set.uploads, {name: file.name, size: file.size, key});
    const address = set.uploads + "/" + begun.upload;
    let offset = begun.offset;
    for (;;) {
      while (offset < file.size) {
        tell(row, "sending", set.saySending);
        row.bar.value = offset;
        offset = (await ask(address, {offset, piece: file.slice(offset, offset + size)})).offset;
        row.tries = 0;
      }
      row.bar.value = file.size;
      tell(row, "checking", set.sayChecking);
      const picture = {};
      for (const name of ["caption", "kind", "release", "person_shown", "text_shown"]) picture[name] = form.elements.namedItem(name).value;
      const saved = await ask(address + "/finish", picture);
      if (saved.page) return saved;
      offset = saved.offset;
    }
  }

  async function sendAll() {
    button.disabled = true;
    for (const row of rows.slice()) {
      while (row.state !== "saved" && row.state !== "refused") {
        try {
          const saved = await send(row);
          tell(row, "saved", set.saySaved);
          const image = part("img");
          image.src = saved.thumb;
          image.alt = "";
          row.bar.hidden = true;
          row.item.firstChild.append(image);
        } catch (error) {
          if (error instanceof Refused) tell(row, "refused", error.message);
          else if (error instanceof SignedOut) { tell(row, "waiting", set.sayOut); button.disabled = false; return; }
          else {
            row.tries = (row.tries || 0) + 1;
            tell(row, "again", set.sayAgain);
            await pause(Math.min(30000, 500 * 2 ** row.tries));
          }
        }
      }
    }
    button.disabled = false;
    const saved = rows.filter((row) => row.state === "saved");
    kept += saved.length;
    if (rows.length && saved.length === rows.length) return leave();
    for (const row of saved) rows.splice(rows.indexOf(row), 1);
    if (kept) form.querySelector(".actions a").textContent = set.sayBack;
    list.querySelector(".message")?.scrollIntoView({block: "center"}); // the button is below what it says
  }

  form.addEventListener("submit", (event) => {
    if (!rows.length) return;  // nothing chosen: the page says so
    event.preventDefault();
    if (button.disabled) return;
    if (kept && rows.every((row) => row.state === "refused")) leave(); // all that could be
    else sendAll();
  });
  window.addEventListener("beforeunload", (event) => {
    if (rows.some((row) => row.state === "sending" || row.state === "again")) event.preventDefault();
  });
})();
