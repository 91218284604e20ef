// Beside a box for a day, a time or both (data-day) a button opens the browser's calendar; what is chosen there is
// written as the country writes it (data-days of the page). Without this file they are typed, in any usual way.
"use strict";
(() => {
  if (!HTMLInputElement.prototype.showPicker) return;
  const form = document.documentElement.dataset.days;
  const words = /^(d.m.y|y-m-d)$/.test(form) ? null : new Intl.DateTimeFormat(form + "-u-ca-gregory-nu-latn", {day: "numeric", month: "short", year: "numeric", timeZone: "UTC"});
  const day = (text) => {
    const [y, m, d] = text.split("-");
    return words ? words.format(new Date(text)) : form.replace(/[ymd]/g, (one) => ({y, m, d})[one]);
  };
  for (const box of document.querySelectorAll("input[data-day]")) {
    const button = box.nextElementSibling, calendar = document.createElement("input");
    calendar.type = box.dataset.day;
    calendar.tabIndex = -1;
    calendar.setAttribute("aria-hidden", "true");
    calendar.ariaLabel = button.ariaLabel;
    button.after(calendar);
    button.hidden = false;
    button.addEventListener("click", () => { calendar.value = box.value && box.dataset.exact; calendar.showPicker(); });
    calendar.addEventListener("input", (event) => {
      event.stopPropagation(); // it has no name: the box is what was filled in
      box.dataset.exact = calendar.value;
      box.value = calendar.value.split("T").map((text) => text.includes("-") ? day(text) : text).join(" ");
      box.dispatchEvent(new Event("input", {bubbles: true}));
    });
    box.addEventListener("input", ({isTrusted}) => { if (isTrusted) box.dataset.exact = ""; });
  }
})();
