// What the desk’s forms can do beyond plain HTML: rows without a round trip, placeholders at the
// cursor, a filter over them, and a word before something written is lost. Without it all works,
// with one page more.
"use strict";

(() => {
  const form = document.getElementById("piece-form");
  if (!form) return;

  for (const element of form.querySelectorAll(".without-js")) element.hidden = true;

  // ---------------------------------------------------------------- rows of a picker

  const addRow = (picker) => {
    const list = picker.querySelector("ul");
    const last = list.lastElementChild;
    const row = last.cloneNode(true);
    const number = list.children.length + 1;
    const input = row.querySelector("input");
    const label = row.querySelector("label");
    row.querySelector(".soft")?.remove();
    input.id = `id_${picker.dataset.rows}-${number}`;
    input.value = "";
    input.removeAttribute("aria-describedby");
    label.htmlFor = input.id;
    label.textContent = label.textContent.replace(/\d+/, number);
    list.append(row);
    input.focus();
  };

  const meanings = new Map();
  const called = new Map(); // by label, where it stands for one answer only
  for (const option of document.querySelectorAll("#atoms option")) {
    meanings.set(option.value, option.textContent);
    const label = option.textContent.split(" — ")[0].toLowerCase();
    called.set(label, called.has(label) ? null : option.value);
  }

  const explain = (input) => {
    const row = input.closest("li");
    const known = row.querySelector(".soft");
    let atom = input.value.trim();
    if (!meanings.has(atom) && called.get(atom.toLowerCase())) {
      atom = input.value = called.get(atom.toLowerCase());
    }
    if (!atom) {
      known?.remove();
      input.removeAttribute("aria-describedby");
      return;
    }
    const meaning = known ?? row.appendChild(document.createElement("span"));
    meaning.className = "soft";
    meaning.id = `${input.id}-means`;
    meaning.textContent = meanings.get(atom) ?? "There is no such answer.";
    input.setAttribute("aria-describedby", meaning.id);
  };

  for (const picker of form.querySelectorAll(".picker[data-rows]")) {
    picker.querySelector("button[name=add-row]").addEventListener("click", (event) => {
      event.preventDefault();
      addRow(picker);
    });
    picker.addEventListener("change", (event) => explain(event.target));
  }

  // ---------------------------------------------------------------- placeholders

  const list = document.getElementById("placeholder-list");
  const body = list && document.getElementById(list.dataset.into);

  const insert = (text) => {
    const { selectionStart: start, selectionEnd: end } = body;
    body.focus();
    // This keeps “undo” working where browsers still have it.
    if (!document.execCommand?.("insertText", false, text)) {
      body.setRangeText(text, start, end, "end");
      body.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  const search = (words) => {
    let found = 0;
    for (const group of list.querySelectorAll(".placeholder-group")) {
      const about = group.querySelector("summary").textContent;
      let here = 0;
      for (const item of group.querySelectorAll("li")) {
        const text = `${about} ${item.textContent}`.toLowerCase();
        item.hidden = !words.every((word) => text.includes(word));
        here += item.hidden ? 0 : 1;
      }
      group.hidden = here === 0;
      group.open = words.length > 0;
      found += here;
    }
    const count = document.getElementById("placeholder-count");
    count.textContent = words.length ? `${found} found` : "";
  };

  if (body) {
    for (const code of list.querySelectorAll("code.placeholder")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "placeholder";
      button.textContent = code.textContent;
      button.addEventListener("click", () => insert(button.textContent));
      code.replaceWith(button);
    }
    const box = list.querySelector(".placeholder-search");
    box.hidden = false;
    const input = box.querySelector("input");
    input.addEventListener("input", (event) => {
      event.stopPropagation(); // it is no part of the clause, so the preview need not follow
      search(input.value.toLowerCase().split(/\s+/).filter(Boolean));
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
  }

  // ---------------------------------------------------------------- nothing is lost

  // A text that is far too long would be refused unread, and a page without it would come back.
  const refuseTooLong = (event) => {
    const area = form.querySelector("textarea[data-limit]");
    if (!area || area.value.length <= Number(area.dataset.limit)) return false;
    event.preventDefault();
    const numbers = [area.value.length, Number(area.dataset.limit)].map((n) => n.toLocaleString("en"));
    const alert = document.getElementById("too-long") ?? document.createElement("p");
    alert.id = "too-long";
    alert.className = "mistake";
    alert.setAttribute("role", "alert");
    alert.textContent = `This has ${numbers[0]} characters. Shorten it to ${numbers[1]} or fewer.`;
    area.before(alert);
    if (event.type === "submit") area.focus();
    return true;
  };

  // Nor may the preview ask for it: what comes back would not be a preview.
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (!refuseTooLong(event)) document.getElementById("too-long")?.remove();
  });

  let changed = false;
  let sent = false;
  form.addEventListener("input", (event) => {
    changed = changed || Boolean(event.target.name && event.target.name !== "example");
  });
  form.addEventListener("submit", (event) => {
    sent = !refuseTooLong(event);
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed && !sent) event.preventDefault();
  });
})();
