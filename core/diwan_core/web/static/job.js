// A job's page follows its job while it is at work. The page works without: "Look again" is a link. Nothing reloads by
// itself, which would take the place from somebody who is reading (WCAG 2.2.1).
"use strict";
(() => {
  const EVERY_MS = 1500;
  let job = document.getElementById("job");
  if (!job || job.dataset.state !== "running") return;

  async function look() {
    try {
      const answer = await fetch(location.href, {credentials: "same-origin"});
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("job");
      if (!fresh) return location.reload(); // signed out, or the job is gone: the page says so
      if (fresh.dataset.state === "running") {
        for (const id of ["share", "so-far"]) document.getElementById(id).replaceWith(fresh.querySelector("#" + id));
      } else {
        job.replaceWith(fresh);
        fresh.focus(); // so that it is read out
        return;
      }
    } catch (error) { /* the line is bad: look again later */ }
    setTimeout(look, EVERY_MS);
  }

  setTimeout(look, EVERY_MS);
})();
