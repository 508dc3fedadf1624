
"use strict";
(() => {
  const box = document.getElementById("filter");
  const matches = document.getElementById("matches");
  document.querySelector("search").hidden = false;

  const endpoints = [...document.querySelectorAll(".endpoint")].map((element) => ({
    element,
    open: element.open,
    text: element.querySelector("summary").textContent.toLowerCase(),
    findings: [...element.querySelectorAll(".finding")].map((finding) => ({
      element: finding,
      text: finding.textContent.toLowerCase(),
    })),
  }));

  const filter = () => {
    const terms = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shownEndpoints = 0;
    let shownFindings = 0;
    for (const { element, open, text, findings } of endpoints) {
      const fits = (own) => terms.every((term) => text.includes(term) || own.includes(term));
      const itself = fits("");
      let some = false;
      for (const finding of findings) {
        const shown = itself || fits(finding.text);
        finding.element.hidden = !shown;
        some ||= shown;
        shownFindings += shown;
      }
      element.hidden = !(itself || some);
      element.open = terms.length && some ? true : open;
      shownEndpoints += !element.hidden;
    }
    matches.textContent = terms.length
      ? `${shownEndpoints} of ${endpoints.length} endpoints, findings: ${shownFindings}`
      : "";
  };
  box.addEventListener("input", filter);

  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.previousElementSibling;
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch {
        getSelection().selectAllChildren(code);
        document.execCommand("copy");
      }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    const around = target && target.closest(".endpoint");
    if (around) {
      around.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
