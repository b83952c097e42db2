// Keys, as the page of shortcuts lists them. Everything else on a page works without this file.
"use strict";
let before = "";
let row = null;

const moves = {
  j: () => move(1),
  k: () => move(-1),
  x: () => row?.querySelector("input[type=checkbox]")?.click(),
  a: () => focusOn(document.querySelector("main .act, main button:not(.quiet)")),
  "/": () => focusOn(document.querySelector("#find")),
};

function focusOn(element) {
  element?.focus();
  element?.scrollIntoView({ block: "nearest" });
  return Boolean(element);
}

function move(step) {
  const rows = [...document.querySelectorAll("main .rows tbody tr, main .timeline li")];
  const next = rows[Math.min(Math.max(rows.indexOf(row) + step, 0), rows.length - 1)];
  if (!next) return;
  row?.classList.remove("here");
  row = next;
  row.classList.add("here");
  if (!focusOn(row.querySelector("a, input, button"))) row.scrollIntoView({ block: "nearest" });
}

// What scrolls sideways on a narrow screen can have the focus, so that arrow keys scroll it.
function reachable() {
  for (const table of document.querySelectorAll("main .rows, main .drawn")) {
    if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
    else table.removeAttribute("tabindex");
  }
}
for (const when of ["DOMContentLoaded", "htmx:afterSettle", "resize"]) window.addEventListener(when, reachable);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select")) return;
  const asked = `${before} ${event.key}`.trim();
  const act = before ? null : moves[event.key];
  const link = document.querySelector(`a[data-key="${CSS.escape(asked)}"]`);
  before = event.key === "g" ? "g" : "";
  if (link) link.click();
  else if (act) {
    event.preventDefault();
    act();
  }
});
