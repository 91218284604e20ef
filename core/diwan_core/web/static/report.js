// A convenience for forms, on top of pages that work without it: what is typed is kept as a draft a second after typing
// stops and when the lid closes.
"use strict";
(() => {
  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  const [noAnswer, signedOut, somebodyElse, tooMuch] = form.dataset.words.split("|");
  const said = document.getElementById("kept");
  const hints = document.getElementById("hints");
  const field = (name) => form.elements.namedItem(name);

  // -- keeping ---------------------------------------------------------------------------------------------------
  // `unkept` while the last save failed: something typed is on this page alone
  let timer = 0, keeping = null, dirty = false, sending = false, unkept = false;
  const of = (address) => address.replace(/[0-9a-f-]{36}/, field("_draft").value);

  function tell(text, failed) {
    unkept = failed;
    said.textContent = text;
    said.classList.toggle("unkept", failed);
  }

  const later = (ms) => { clearTimeout(timer); timer = setTimeout(keep, ms); };
  const turned = () => { field("_turn").value = Number(field("_turn").value) + 1; };

  function keep() {
    clearTimeout(timer);
    if (!keeping && !sending && dirty) keeping = attempt().finally(() => { keeping = null; });
    return keeping || Promise.resolve();
  }

  async function attempt() {
    dirty = false;
    turned();
    const sent = new URLSearchParams(new FormData(form)), gone = new AbortController();
    const patience = setTimeout(() => gone.abort(), 15000);
    try {
      // a page that is being left may finish a small request (Fetch: keepalive, 64 KiB)
      const answer = await fetch(of(form.dataset.keep), {
        method: "POST", body: sent, credentials: "same-origin", keepalive: sent.toString().length < 60000, signal: gone.signal,
      });
      if (answer.status === 401 || answer.status === 403 || answer.status === 400) {
        dirty = true;
        const who = await signedIn();
        if (who === "again") later(0);
        else tell(who === "other" ? somebodyElse : signedOut, true);
        return;
      }
      if (answer.status === 413) { dirty = true; return tell(tooMuch, true); }
      const kept = await answer.json();
      tell(kept.text, !kept.draft && answer.status !== 409);
      if (kept.draft) here(kept);
      if (dirty) later(1000);
    } catch (error) {
      tell(noAnswer, true);
      dirty = true;
      later(5000);
    } finally {
      clearTimeout(patience);
    }
  }

  // the page is the draft's from now on: opened again after the phone threw it away, it shows what was typed
  function here(kept) {
    field("_draft").value = kept.draft;
    field("_revision").value = kept.revision;
    const own = of(form.dataset.page);
    if (location.pathname !== own) {
      history.replaceState(null, "", own);
      for (const link of document.querySelectorAll(".languages a")) link.search = "?" + new URLSearchParams({back: own});
    }
    if (hints.dataset.last !== kept.hints) {
      hints.dataset.last = kept.hints;
      hints.replaceChildren(...new DOMParser().parseFromString(kept.hints, "text/html").body.childNodes);
    }
  }

  // where the same person has signed in again in another tab, this page takes up the new session's token
  async function signedIn() {
    const answer = await fetch(form.dataset.token, {credentials: "same-origin"});
    if (!(answer.headers.get("Content-Type") || "").startsWith("application/json")) return "";
    const {person, token, session} = await answer.json();
    if (person !== form.dataset.person) return "other";
    if (form.dataset.session === session) return "";
    form.dataset.session = session;
    for (const held of document.querySelectorAll("input[name=csrf]")) held.value = token;
    return "again";
  }

  form.addEventListener("input", () => { dirty = true; later(1000); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden" || unkept) keep(); });
  form.addEventListener("submit", async (event) => {
    if (sending || (!dirty && !keeping)) { sending = true; clearTimeout(timer); turned(); return; }
    // what is typed is on the machine's disk before this page is left: whatever answers then, it can be opened again
    event.preventDefault();
    const button = event.submitter;
    await keep();
    await keep(); // what was typed while the first was under way
    if (said.textContent === noAnswer || said.textContent === tooMuch) return;
    sending = true;
    setTimeout(() => form.requestSubmit(button), 50);
  });
  // signing out, or throwing the draft away: the first keeps what was typed a moment ago, and after either no save follows
  document.addEventListener("submit", async (event) => {
    if (event.target === form || sending || (!dirty && !keeping)) { sending ||= event.target !== form; return; }
    event.preventDefault();
    const {target, submitter} = event;
    if (target.id === "throw-away") { dirty = false; clearTimeout(timer); }
    await keep();
    if (dirty && said.textContent === noAnswer) return;
    sending = true;
    target.requestSubmit(submitter);
  }, true);
  addEventListener("pageshow", () => { sending = false; });
  addEventListener("beforeunload", (event) => { if (unkept && dirty && !sending) event.preventDefault(); });
})();
