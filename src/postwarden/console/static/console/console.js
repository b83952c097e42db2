// Keys: `g` and a letter go to a room. Everything else on a page works without this file.
"use strict";
let before = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const link = document.querySelector(`a[data-key="${CSS.escape ? `${before} ${event.key}`.trim() : ""}"]`);
  before = event.key === "g" ? "g" : "";
  if (link) link.click();
});
