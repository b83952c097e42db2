// Parts with data-live: the server sends what they show as it changes; without this file, loading the page again does.
"use strict";
for (const part of document.querySelectorAll("[data-live]")) {
  const listen = () => {
    const source = new EventSource(part.dataset.live);
    const show = (event) => { part.innerHTML = event.data; };
    source.addEventListener("going", show);
    source.addEventListener("ended", (event) => { show(event); source.close(); });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000); // too many look at once
    });
  };
  listen();
}
