// Two conveniences for forms, both on top of pages that work without them: what is typed is kept as a draft a second
// after typing stops and when the lid closes, and codes are found by word, code or synonym while one types.
"use strict";
(() => {
  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  const [noAnswer, signedOut, nothing] = form.dataset.words.split("|");
  const said = document.getElementById("kept");
  const hints = document.getElementById("hints");
  const field = (name) => form.elements.namedItem(name);

  // -- keeping ---------------------------------------------------------------------------------------------------
  let timer = 0, keeping = null, dirty = false, sending = false;
  const body = () => new URLSearchParams(new FormData(form));
  const address = () => form.dataset.keep.replace(/[0-9a-f-]{36}/, field("_draft").value);

  async function keep() {
    clearTimeout(timer);
    if (keeping || sending || !dirty) return;
    dirty = false;
    const sent = body();
    // a page that is being left may finish a small request (Fetch: keepalive, 64 KiB)
    keeping = fetch(address(), {method: "POST", body: sent, credentials: "same-origin", keepalive: sent.toString().length < 60000});
    try {
      const answer = await keeping;
      if (answer.status === 401 || answer.status === 403 || answer.status === 400) { said.textContent = signedOut; return; }
      const kept = await answer.json();
      said.textContent = kept.text;
      if (kept.draft) {
        field("_draft").value = kept.draft;
        field("_revision").value = kept.revision;
        if (hints.dataset.last !== kept.hints) {
          hints.dataset.last = kept.hints;
          hints.replaceChildren(...new DOMParser().parseFromString(kept.hints, "text/html").body.childNodes);
        }
      }
    } catch (error) {
      said.textContent = noAnswer;
      dirty = true;
      timer = setTimeout(keep, 5000);
    } finally {
      keeping = null;
    }
    if (dirty) timer = setTimeout(keep, 1000);
  }
  form.addEventListener("input", () => { dirty = true; clearTimeout(timer); timer = setTimeout(keep, 1000); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") keep(); });
  form.addEventListener("submit", (event) => {
    // a save under way knows a newer revision than the form: it is waited for, then the same button is pressed again
    if (!keeping || sending) { sending = true; clearTimeout(timer); return; }
    event.preventDefault();
    const button = event.submitter;
    dirty = false;
    keeping.catch(() => null).then(() => setTimeout(() => form.requestSubmit(button), 50));
  });
  addEventListener("pageshow", () => { sending = false; });

  // -- codes -----------------------------------------------------------------------------------------------------
  let box = null;
  const close = () => { if (box) { box.list.remove(); box.input.setAttribute("aria-expanded", "false"); box.input.removeAttribute("aria-activedescendant"); box = null; } };

  function choose(item) {
    box.input.value = item.dataset.value;
    box.input.dispatchEvent(new Event("input", {bubbles: true}));
    close();
  }

  function mark(item) {
    for (const other of box.list.children) other.setAttribute("aria-selected", String(other === item));
    if (item) { box.input.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({block: "nearest"}); }
    box.marked = item;
  }

  function show(input, found) {
    close();
    const list = document.createElement("ul");
    list.className = "choices";
    list.id = "choices";
    list.setAttribute("role", "listbox");
    found.forEach(({code, label}, number) => {
      const item = document.createElement("li");
      item.id = "choice-" + number;
      item.setAttribute("role", "option");
      item.dataset.value = `${label} (${code})`;
      const words = document.createElement("span"), sign = document.createElement("bdi");
      words.textContent = label;
      words.dir = "auto";
      sign.textContent = code;
      sign.className = "quiet small";
      item.append(words, " ", sign);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); choose(item); });
      list.append(item);
    });
    if (!found.length) {
      const item = document.createElement("li");
      item.textContent = nothing;
      item.className = "quiet";
      list.append(item);
    }
    input.after(list);
    input.setAttribute("aria-expanded", "true");
    box = {input, list, marked: null, empty: !found.length};
  }

  function enhance(input, name) {
    let wait = 0, asked = 0;
    input.removeAttribute("list");
    for (const [key, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", "choices"]]) input.setAttribute(key, value);
    input.parentElement.classList.add("picks");
    const ask = async () => {
      const mine = ++asked;
      try {
        const answer = await fetch(form.dataset.pick.replace("LIST", name) + "?" + new URLSearchParams({q: input.value}), {credentials: "same-origin"});
        if (answer.ok && mine === asked && document.activeElement === input) show(input, await answer.json());
      } catch (error) { close(); }
    };
    input.addEventListener("input", (event) => { clearTimeout(wait); if (event.isTrusted) wait = setTimeout(ask, 150); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (!box || box.input !== input) { if (event.key === "ArrowDown") { event.preventDefault(); ask(); } return; }
      if (event.key === "ArrowDown" && !box.empty) { event.preventDefault(); mark(box.marked?.nextElementSibling ?? box.list.firstElementChild); }
      else if (event.key === "ArrowUp" && !box.empty) { event.preventDefault(); mark(box.marked?.previousElementSibling ?? box.list.lastElementChild); }
      else if (event.key === "Enter" && box.marked) { event.preventDefault(); choose(box.marked); }
      else if (event.key === "Escape") { event.preventDefault(); close(); }
    });
  }
  for (const input of form.querySelectorAll("input[data-codes], input[list^='list-']")) {
    enhance(input, input.dataset.codes || input.getAttribute("list").slice(5));
  }
})();
