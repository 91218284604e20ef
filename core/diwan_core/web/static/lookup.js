// References to other records: offered by name, plate or number while one types, and linked without leaving the form.
// Without this file the button beside each leads to a list to choose from.
"use strict";
for (const input of document.querySelectorAll("input[data-find]")) {
  const field = input.closest(".reference");
  const id = field.querySelector("input[type=hidden]"), linked = field.querySelector(".linked"), find = field.querySelector(".find");
  const changed = () => id.dispatchEvent(new Event("input", {bubbles: true}));

  function lead(choice) {
    const place = document.createElement(choice.url ? "a" : "bdi"), name = document.createElement("bdi");
    name.textContent = choice.label;
    place.append(name);
    if (choice.url) { place.href = choice.url; place.target = "_blank"; place.rel = "noopener"; }
    const kind = document.createElement("span");
    kind.className = "quiet small";
    kind.textContent = choice.kind;
    const remove = linked.querySelector("button");
    linked.replaceChildren(place, " ", kind, " ", remove);
    id.value = choice.id;
    input.value = "";
    linked.hidden = false;
    find.hidden = true;
    field.classList.remove("wrong");
    field.querySelector(".message")?.remove();
    changed();
    remove.focus();
  }

  linked.querySelector("button").addEventListener("click", (event) => {
    event.preventDefault();
    id.value = "";
    linked.hidden = true;
    find.hidden = false;
    input.focus();
    changed();
  });

  diwanChoices(input, {
    nothing: input.dataset.words,
    wait: 250,
    from: 2,
    offer: async (text) => {
      const answer = await fetch(input.dataset.find + "?" + new URLSearchParams({q: text}), {credentials: "same-origin"});
      return answer.ok ? (await answer.json()).map((found) => ({...found, text: found.label, sign: found.kind, more: found.facts})) : null;
    },
    choose: lead,
  });

  // the key that elsewhere sends the form looks up what stands here
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.defaultPrevented) { event.preventDefault(); find.querySelector("button").click(); }
  });
}
