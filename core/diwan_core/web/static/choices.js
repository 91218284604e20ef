// A text box that offers choices while one types: a combobox with a list (WAI-ARIA APG), worked by keys, mouse or thumb.
//   diwanChoices(input, {offer: text => promise of choices or null, choose: choice => ..., nothing, wait, from})
// A choice is an object with `text`, and perhaps `sign` (set apart) and `more` (the pieces of a second line).
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

  function mark(item) {
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

  return (input, {offer, choose, nothing, wait = 150, from = 0}) => {
    let timer = 0, asked = 0;
    input.removeAttribute("list");
    for (const [key, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", "choices"]]) input.setAttribute(key, value);
    input.parentElement.classList.add("picks");
    const ask = async () => {
      const mine = ++asked;
      if (input.value.trim().length < from) { if (box && box.input === input) close(); return; }
      try {
        const found = await offer(input.value);
        if (found && mine === asked && document.activeElement === input) show(input, found, choose, nothing);
      } catch (error) { close(); }
    };
    input.addEventListener("input", (event) => { clearTimeout(timer); if (event.isTrusted) timer = setTimeout(ask, wait); });
    input.addEventListener("blur", () => { clearTimeout(timer); asked++; close(); });
    input.addEventListener("keydown", (event) => {
      if (!box || box.input !== input) { if (event.key === "ArrowDown") { event.preventDefault(); ask(); } return; }
      if (event.key === "ArrowDown" && !box.empty) { event.preventDefault(); mark(box.marked?.nextElementSibling ?? box.list.firstElementChild); }
      else if (event.key === "ArrowUp" && !box.empty) { event.preventDefault(); mark(box.marked?.previousElementSibling ?? box.list.lastElementChild); }
      else if (event.key === "Tab" && box.marked && !event.shiftKey) box.marked.take(); // and on to the next control
      else if (event.key === "Enter" && box.marked) { event.preventDefault(); event.stopImmediatePropagation(); box.marked.take(); }
      else if (event.key === "Escape") { event.preventDefault(); close(); }
    });
  };
})();
