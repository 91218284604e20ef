// Two conveniences for forms, both on top of pages that work without them: what is typed is kept as a draft a second
// after typing stops and when the lid closes, and codes are found by word, code or synonym while one types (choices.js).
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
  for (const input of form.querySelectorAll("input[data-codes], input[list^='list-']")) {
    const name = input.dataset.codes || input.getAttribute("list").slice(5);
    const address = form.dataset.pick.replace("LIST", name);
    diwanChoices(input, {
      nothing,
      offer: async (text) => {
        const answer = await fetch(address + "?" + new URLSearchParams({q: text}), {credentials: "same-origin"});
        return answer.ok ? (await answer.json()).map(({code, label}) => ({text: label, sign: code, code, label})) : null;
      },
      choose: ({code, label}) => { input.value = `${label} (${code})`; },
    });
  }
})();
