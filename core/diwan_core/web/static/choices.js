// A text box that offers choices while one types: a combobox with a list (WAI-ARIA APG), worked by keys, mouse or thumb.
//   diwanChoices(input, {offer: text => promise of choices or null, choose: choice => ..., nothing, wait, from, ready})
// A choice is an object with `text`, and perhaps `sign` (set apart) and `more` (the pieces of a second line). With
// `ready` the list opens as the box is entered, and the first choice of what was typed is marked for the Enter key; the
// Tab key takes only what somebody has moved to, the first choice with the first press of the arrow.
"use strict";
const diwanChoices = (() => {
  let box = null;

  function close() {
    if (!box) return;
    box.list.remove();
    box.input.setAttribute("aria-expanded", "false");
    box.input.removeAttribute("aria-activedescendant");
    box = null;
  }

  function mark(item, chosen = true) {
    box.chosen = chosen;
    for (const other of box.list.children) other.setAttribute("aria-selected", String(other === item));
    if (item) { box.input.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({block: "nearest"}); }
    box.marked = item;
  }

  // each piece keeps its own direction, and the separators that of the page
  function quiet(tag, pieces) {
    const part = document.createElement(tag);
    part.className = "quiet small";
    pieces.forEach((text, number) => {
      const piece = document.createElement("bdi");
      piece.textContent = text;
      part.append(number ? " · " : "", piece);
    });
    return part;
  }

  function line(choice) {
    const item = document.createElement("li"), words = document.createElement("bdi");
    words.textContent = choice.text;
    item.append(words);
    if (choice.sign) item.append(" ", quiet("bdi", [choice.sign]));
    if (choice.more?.length) item.append(quiet("div", choice.more));
    item.setAttribute("role", "option");
    return item;
  }

  function show(input, found, choose, nothing) {
    close();
    const list = document.createElement("ul");
    list.className = "choices";
    list.id = "choices";
    list.setAttribute("role", "listbox");
    list.tabIndex = -1; // a list that scrolls would be a stop of the Tab key, and gone as soon as it is reached
    list.addEventListener("mousedown", (event) => event.preventDefault()); // its scroll bar takes no focus either
    found.forEach((choice, number) => {
      const item = line(choice);
      item.id = "choice-" + number;
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(choice, choose); });
      item.take = () => take(choice, choose);
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

  function take(choice, choose) {
    const {input} = box;
    close();
    choose(choice);
    input.dispatchEvent(new Event("input", {bubbles: true}));
  }

  return (input, {offer, choose, nothing, wait = 150, from = 0, ready = false}) => {
    let timer = 0, asked = 0, answered = "", taking = false;
    input.removeAttribute("list");
    for (const [key, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", "choices"]]) input.setAttribute(key, value);
    input.parentElement.classList.add("picks");
    const ask = async (text = input.value) => {
      const mine = ++asked;
      if (input.value.trim().length < from) { if (box && box.input === input) close(); return; }
      try {
        const found = await offer(text);
        if (!found || mine !== asked || document.activeElement !== input) return;
        show(input, found, choose, nothing);
        answered = input.value;
        if (ready && text.trim() && found.length) mark(box.list.firstElementChild, false);
        if (taking && box.marked) box.marked.take();
      } catch (error) { close(); }
      taking = false;
    };
    input.addEventListener("input", (event) => {
      clearTimeout(timer);
      if (!event.isTrusted) return;
      asked++;
      if (box?.input === input) close(); // what is offered there, or still to come, is offered for another text
      timer = setTimeout(ask, wait);
    });
    input.addEventListener("blur", () => { clearTimeout(timer); asked++; taking = false; close(); });
    if (ready) input.addEventListener("focus", () => { answered = input.value; input.select(); ask(""); });
    input.addEventListener("keydown", (event) => {
      // the key may come before the answer to what was typed
      if (ready && event.key === "Enter" && input.value.trim() && input.value !== answered) {
        event.preventDefault();
        event.stopImmediatePropagation();
        clearTimeout(timer);
        taking = true;
        ask();
        return;
      }
      if (!box || box.input !== input) { if (event.key === "ArrowDown") { event.preventDefault(); ask(ready && input.value === answered ? "" : input.value); } return; }
      if (event.key === "ArrowDown" && !box.empty) { event.preventDefault(); mark((box.chosen && box.marked?.nextElementSibling) || box.list.firstElementChild); }
      else if (event.key === "ArrowUp" && !box.empty) { event.preventDefault(); mark(box.marked?.previousElementSibling ?? box.list.lastElementChild); }
      else if (event.key === "Tab" && box.marked && box.chosen && !event.shiftKey) box.marked.take(); // and on to the next control
      else if (event.key === "Enter" && box.marked) { event.preventDefault(); event.stopImmediatePropagation(); box.marked.take(); }
      else if (event.key === "Escape") { event.preventDefault(); close(); }
    });
  };
})();
