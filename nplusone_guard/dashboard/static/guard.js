"use strict";
(() => {
  const KEPT = 200;
  const live = document.getElementById("live");
  const said = document.getElementById("said");

  // --- Copying a fix ---

  const offer = (root) => {
    for (const button of root.querySelectorAll(".copy[hidden]")) button.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const code = button.previousElementSibling;
    let copied = true;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      copied = document.execCommand("copy");
    }
    button.textContent = copied ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });

  // --- The list, as requests come ---

  if (live) {
    live.hidden = false;
    live.addEventListener("click", () => {
      live.setAttribute("aria-pressed", String(live.getAttribute("aria-pressed") !== "true"));
    });
  }
  const isPoll = (element) => element && element.classList.contains("poll");
  document.addEventListener("htmx:beforeRequest", (event) => {
    const paused = document.hidden || (live && live.getAttribute("aria-pressed") !== "true");
    if (isPoll(event.detail.elt) && paused) event.preventDefault();
  });
  // A dev server that reloads does not answer for a while: the next poll will tell.
  document.addEventListener("htmx:sendError", (event) => {
    if (isPoll(event.detail.elt) && live) live.classList.add("lost");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (live && event.detail.successful) live.classList.remove("lost");
  });
  document.addEventListener("htmx:afterSwap", () => {
    const rows = document.getElementById("rows");
    if (!rows) return;
    const fresh = rows.querySelectorAll("tr.fresh:not([data-seen])");
    for (const row of fresh) row.dataset.seen = "";
    if (fresh.length) {
      said.textContent = fresh.length === 1 ? "1 new request" : `${fresh.length} new requests`;
      const nothing = document.getElementById("nothing");
      if (nothing) nothing.remove();
      const all = rows.querySelectorAll("tr:not(.poll)");
      for (let index = KEPT; index < all.length; index += 1) all[index].remove();
    }
    choose();
  });

  // --- Two to compare ---

  const choose = () => {
    const button = document.getElementById("compare");
    if (!button) return;
    const chosen = [...document.querySelectorAll("#rows input:checked")];
    button.disabled = chosen.length !== 2;
    for (const box of document.querySelectorAll("#rows input[type=checkbox]")) {
      box.disabled = chosen.length >= 2 && !box.checked;
    }
  };
  document.addEventListener("change", choose);
  offer(document);
  choose();
})();
