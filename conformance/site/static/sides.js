/* Targets side by side: which of them are shown, and only the parameters in which they differ. */
"use strict";

(function () {
  const panel = document.getElementById("sides");
  if (!panel) return;
  const differs = document.getElementById("differs");
  const told = document.getElementById("alike");
  const boxes = [...panel.querySelectorAll("input[name=side]")];
  const rows = [...document.querySelectorAll(".sides-of-targets tbody tr")];

  function show() {
    const hidden = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
    for (const cell of document.querySelectorAll(".sides-of-targets [data-side]")) {
      const gone = hidden.has(cell.dataset.side);
      if (cell.hidden !== gone) cell.hidden = gone;
    }
    let left = 0;
    for (const row of rows) {
      row.hidden = differs.checked && alike(row);
      left += !row.hidden;
    }
    told.textContent = differs.checked ? left + " of " + rows.length + " parameters differ." : "";
  }

  /* Models that were not asked, and what is not documented or claimed for a model, are no difference. */
  function alike(row) {
    const cells = [...row.querySelectorAll("td.square")].filter((cell) => !cell.hidden);
    const judged = cells.filter((cell) => !cell.matches(".noted, .not-applicable"));
    return new Set(judged.map((cell) => cell.className + cell.querySelector("[aria-hidden]").textContent)).size < 2;
  }

  panel.hidden = false;
  for (const box of [differs, ...boxes]) box.addEventListener("change", show);
  show();
})();
