// A control that is of use only beside certain values of others (data-when) comes and goes as these are chosen. A page
// without scripts shows what the values it was made with need, and asks again when it was sent with others.
"use strict";
(() => {
  const boxes = [...document.querySelectorAll("main form [data-when]")];
  const read = (text) => {
    const [, name, unless, values] = /^([^!=]+)(!?)=(.*)$/.exec(text);
    return {name, unless: unless === "!", values: values.split(",")};
  };
  const kept = boxes.map((box) => ({box, when: box.dataset.when.split(";").map(read)}));

  // "Carton (CT)", as a control with suggestions shows it, is CT
  const code = (text) => (/\((\w{1,20})\)\s*$/.exec(text) || [null, text.trim()])[1];

  function fits({box, when}) {
    const {form} = box.querySelector("input, select, textarea");
    return when.every(({name, unless, values}) => {
      const control = form.elements.namedItem(name);
      return !control || values.includes(control.disabled ? "" : code(control.value)) !== unless;
    });
  }

  function turn(one) {
    const controls = [...one.box.querySelectorAll("input, select, textarea")], of_use = fits(one);
    const short = "short" in controls[0].form.dataset;
    // the short form of a new report sends nothing that is of no use; elsewhere what is filled in stays in sight
    one.box.hidden = !of_use && (short || controls.every((control) => !control.value));
    if (short) for (const control of controls) control.disabled = !of_use;
  }

  // the ways of concealment that are usual with the means of transport that was chosen come first
  for (const select of document.querySelectorAll("main form select[data-places]")) {
    const [deciding, ...listed] = select.dataset.places.split(" ");
    const [usual, more] = select.querySelectorAll("optgroup"), all = [...select.querySelectorAll("optgroup option")];
    const codes = (places) => places.split(",").map((place) => all[place].value);
    const by = new Map(listed.map((text) => text.split("=")).map(([mode, places]) => [mode, codes(places)]));
    document.addEventListener("change", ({target}) => {
      if (target.name !== deciding) return;
      const first = by.get(target.value) || by.get(""), chosen = select.value;
      for (const option of all) (first.includes(option.value) ? usual : more).append(option);
      for (const code of first) usual.append(all.find((option) => option.value === code));
      select.value = chosen;
    });
  }

  function follow({target}) {
    if (!target.name) return;
    for (const one of kept) if (one.when.some(({name}) => name === target.name)) turn(one);
    // what depends on a control that came or went
    for (const one of kept) if (one.when.some(({name}) => name !== target.name && name.includes("."))) turn(one);
  }
  // a code picked from suggestions is an input, and no change until the control is left
  for (const told of ["input", "change"]) document.addEventListener(told, follow);
})();
