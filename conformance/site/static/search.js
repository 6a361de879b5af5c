/* Search over all claims, on every page.  The list of claims is loaded when the field is first used. */
"use strict";

(function () {
  const box = document.querySelector(".find");
  if (!box) return;
  const field = box.querySelector("input");
  const hits = box.querySelector(".hits");
  const told = hits.querySelector("p");
  const list = hits.querySelector("ul");
  const MOST = 30;
  let claims = null;

  function load() {
    if (claims) return;
    claims = [];
    const script = document.createElement("script");
    script.src = box.dataset.root + box.dataset.list;
    script.onload = () => {
      claims = window.conformanceClaims.map((row) => ({ row, words: (row[0] + " " + row[3]).toLowerCase() }));
      show();
    };
    document.head.append(script);
  }

  function show() {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = wanted.length ? claims.filter((claim) => wanted.every((word) => claim.words.includes(word))) : [];
    list.replaceChildren(...found.slice(0, MOST).map((claim) => item(claim.row)));
    told.textContent = found.length > MOST ? "The first " + MOST + " of " + found.length + " claims." : found.length + (found.length === 1 ? " claim." : " claims.");
    hits.hidden = !wanted.length;
  }

  function item([id, page, verdict, statement]) {
    const link = document.createElement("a");
    link.href = box.dataset.root + page;
    link.textContent = id;
    const words = document.createElement("span");
    words.className = "statement";
    words.textContent = (verdict ? verdict + ". " : "") + statement;
    const line = document.createElement("li");
    line.append(link, words);
    return line;
  }

  function move(event) {
    const links = [...list.querySelectorAll("a")];
    const place = links.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      field.value = "";
      show();
      field.focus();
    } else if (event.key === "Enter" && event.target === field && links.length) {
      links[0].click();
    } else if (step && links.length) {
      event.preventDefault();
      (links[place + step] || field).focus();
    }
  }

  box.hidden = false;
  field.addEventListener("focus", load);
  field.addEventListener("input", show);
  box.addEventListener("keydown", move);
})();
