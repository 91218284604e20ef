// Codes are found by word, code or synonym while one types, and one touch on a chip fills one in (choices.js). Without
// this file a link leads to the list, and a chip is a button that asks for the page again.
"use strict";
(() => {
  const form = document.querySelector("form[data-pick]");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name), nothing = form.dataset.nothing;

  for (const input of form.querySelectorAll("input[data-codes], input[list^='list-']")) {
    const name = input.dataset.codes || input.getAttribute("list").slice(5);
    const address = form.dataset.pick.replace("LIST", name);
    const box = input.closest(".field"), goods = input.dataset.beside && field(input.dataset.beside);
    const asTyped = ({code, label}) => `${label} (${code})`;
    box?.querySelector(".look-up")?.remove(); // what it leads to is offered here
    const find = async (q) => {
      const sought = new URLSearchParams({q, ...(goods ? {beside: goods.value} : {})});
      const answer = await fetch(address + "?" + sought, {credentials: "same-origin"});
      return answer.ok ? answer.json() : null;
    };
    diwanChoices(input, {
      nothing,
      ready: true,
      offer: async (text) => (await find(text))?.map((found) => ({...found, text: found.label, sign: found.code})),
      choose: (found) => { input.value = asTyped(found); },
    });
    // a whole name that somebody typed and left is its code: other controls depend on it
    input.addEventListener("change", async () => {
      const text = input.value.trim().toLowerCase(), found = text && !text.endsWith(")") && await find(text).catch(() => null);
      const named = found && found.find(({code, label}) => [code, label].some((one) => one.toLowerCase() === text));
      if (!named || input.value.trim().toLowerCase() !== text) return;
      input.value = asTyped(named);
      input.dispatchEvent(new Event("input", {bubbles: true}));
    });
    // other goods are measured in other units
    goods?.addEventListener("change", async () => {
      const chips = [...box.querySelectorAll(".chip:not(.last)")], found = (await find(""))?.slice(0, chips.length) ?? [];
      found.forEach((one, number) => {
        const chip = chips[number];
        chip.value = `fill:${input.name}=${one.code}`;
        chip.querySelector("bdi").textContent = one.label;
      });
      pressed(input);
    });
  }

  // -- chips: one touch fills a control ----------------------------------------------------------------------------
  function meant(chip) {
    const [, path, code] = /^fill:(.+)=(.*)$/.exec(chip.value), control = field(path);
    const named = () => `${chip.querySelector("bdi").textContent} (${code})`;
    return [control, chip.dataset.value ?? (control.tagName === "SELECT" ? code : named())];
  }

  function pressed(control) {
    const chips = control.closest(".field")?.querySelectorAll(".chip") ?? [];
    for (const chip of chips) chip.setAttribute("aria-pressed", String(meant(chip)[1] === control.value));
  }

  function fill(chip) {
    const [control, text] = meant(chip);
    control.value = text;
    for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, {bubbles: true}));
  }

  form.addEventListener("click", (event) => {
    const chip = event.target.closest("button.chip");
    if (!chip) return;
    event.preventDefault();
    if (chip.value !== "last") return fill(chip);
    for (const one of form.querySelectorAll(".chip.last")) if (!meant(one)[0].value) fill(one);
  });
  for (const kind of ["input", "change"]) form.addEventListener(kind, ({target}) => { if (target.name) pressed(target); });
})();
