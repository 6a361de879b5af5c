/* Filters of a matrix page and arrow keys between its cells.  Everything reads without this file. */
"use strict";

(function () {
  const filter = document.getElementById("filter");
  if (!filter) return;

  const text = document.getElementById("text");
  const column = document.getElementById("column");
  const parameter = document.getElementById("parameter");
  const boxes = [...filter.querySelectorAll("input[name=verdict]")];
  const found = document.getElementById("found");
  const bodies = [...document.querySelectorAll("tbody[data-parameter]")].map((body) => ({
    body,
    parameter: body.dataset.parameter,
    rows: [...body.querySelectorAll("tr.claim")].map((row) => ({
      row,
      words: row.textContent.toLowerCase(),
      cells: [...row.querySelectorAll("td")],
    })),
  }));
  const headings = [...document.querySelectorAll("thead [data-column]")];
  const providers = [...document.querySelectorAll("thead .provider")];
  const tables = [...document.querySelectorAll("table.matrix")];
  const total = bodies.reduce((sum, group) => sum + group.rows.length, 0);

  function chosen() {
    return {
      words: text.value.toLowerCase().split(/\s+/).filter(Boolean),
      column: column.value,
      parameter: parameter.value,
      verdicts: boxes.filter((box) => box.checked).map((box) => box.value),
    };
  }

  function show() {
    const wanted = chosen();
    let rows = 0;
    let cells = 0;
    for (const group of bodies) {
      const here = !wanted.parameter || group.parameter === wanted.parameter;
      let some = false;
      for (const each of group.rows) {
        const matching = here && wanted.words.every((word) => each.words.includes(word)) ? mark(each.cells, wanted) : 0;
        each.row.hidden = !matching;
        if (matching) {
          some = true;
          rows += 1;
          cells += matching;
        }
      }
      group.body.hidden = !some;
    }
    for (const heading of headings) heading.hidden = wanted.column !== "" && heading.dataset.column !== wanted.column;
    narrow(wanted.column);
    for (const table of tables) table.hidden = !table.querySelector("tr.claim:not([hidden])");
    tell(rows, cells, wanted);
    remember(wanted);
  }

  /* Hides cells of other columns, lets those of other verdicts fade, and counts what is left. */
  function mark(cells, wanted) {
    let matching = 0;
    for (const cell of cells) {
      const visible = wanted.column === "" || cell.dataset.column === wanted.column;
      const fits = !wanted.verdicts.length || wanted.verdicts.includes(cell.dataset.verdict);
      cell.hidden = !visible;
      cell.classList.toggle("fades", visible && !fits);
      if (visible && fits && cell.dataset.verdict) matching += 1;
    }
    return matching;
  }

  /* A provider's heading spans only the columns that are shown. */
  function narrow(only) {
    for (const provider of providers) {
      provider.dataset.span = provider.dataset.span || provider.getAttribute("colspan");
      const names = [...provider.closest("thead").querySelectorAll("[data-column]")];
      const before = [...provider.parentNode.querySelectorAll(".provider")];
      const start = before.slice(0, before.indexOf(provider)).reduce((sum, each) => sum + Number(each.dataset.span), 0);
      const mine = names.slice(start, start + Number(provider.dataset.span));
      const left = mine.filter((name) => only === "" || name.dataset.column === only).length;
      provider.hidden = !left;
      provider.setAttribute("colspan", String(left || 1));
    }
  }

  function tell(rows, cells, wanted) {
    const all = !wanted.words.length && !wanted.column && !wanted.parameter && !wanted.verdicts.length;
    if (all) found.textContent = "All " + total + " claims are shown.";
    else if (!rows) found.textContent = "Nothing fits. Show all to begin again.";
    else found.textContent = cells + (cells === 1 ? " cell in " : " cells in ") + rows + " of " + total + " claims.";
  }

  /* The filter is in the address, so that it can be passed on; where the browser does not allow that, it is not. */
  function remember(wanted) {
    const query = new URLSearchParams();
    if (text.value.trim()) query.set("text", text.value.trim());
    if (wanted.column) query.set("column", wanted.column);
    if (wanted.parameter) query.set("parameter", wanted.parameter);
    for (const verdict of wanted.verdicts) query.append("verdict", verdict);
    const search = query.toString();
    try {
      history.replaceState(null, "", location.pathname + (search ? "?" + search : "") + location.hash);
    } catch (error) {
      return;
    }
  }

  function recall() {
    const query = new URLSearchParams(location.search);
    text.value = query.get("text") || "";
    column.value = query.get("column") || "";
    parameter.value = query.get("parameter") || "";
    for (const select of [column, parameter]) if (select.selectedIndex < 0) select.value = "";
    const verdicts = query.getAll("verdict");
    for (const box of boxes) box.checked = verdicts.includes(box.value);
  }

  function reset() {
    text.value = column.value = parameter.value = "";
    for (const box of boxes) box.checked = false;
    show();
    text.focus();
  }

  /* A cell that is linked to is shown, whatever the filter. */
  function reveal() {
    let name = location.hash.slice(1);
    let cell = name && document.getElementById(name);
    if (!cell && name) {
      try {
        cell = document.getElementById(decodeURIComponent(name));
      } catch (error) {
        cell = null;
      }
    }
    if (!cell || !cell.closest("table.matrix")) return;
    if (!cell.offsetParent) reset();
    const link = cell.querySelector("a");
    if (link) link.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "center" });
  }

  function move(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    const cell = event.target.closest && event.target.closest("table.matrix td, table.matrix tr.claim > th");
    if (!step || !cell || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const rows = [...cell.closest("table").querySelectorAll("tr.claim:not([hidden])")];
    const place = [...cell.parentNode.children].filter((each) => !each.hidden).indexOf(cell);
    let down = rows.indexOf(cell.parentNode) + step[0];
    let right = place + step[1];
    while (rows[down]) {
      const next = [...rows[down].children].filter((each) => !each.hidden)[right];
      if (!next) return;
      const link = next.querySelector("a");
      if (link) {
        event.preventDefault();
        link.focus({ preventScroll: true });
        next.scrollIntoView({ block: "nearest" });
        keepInSight(next);
        return;
      }
      down += step[0];
      right += step[1];
    }
  }

  /* Sticky headings cover what scrolls below them. */
  function keepInSight(cell) {
    const headings = cell.closest("table").tHead.getBoundingClientRect();
    const hidden = Math.min(headings.height, 96) + 8 - cell.getBoundingClientRect().top;
    if (hidden > 0 && !cell.closest(".region.wide")) window.scrollBy(0, -hidden);
  }

  filter.hidden = false;
  recall();
  show();
  reveal();
  for (const each of [column, parameter, ...boxes]) each.addEventListener("change", show);
  text.addEventListener("input", show);
  document.getElementById("reset").addEventListener("click", reset);
  document.addEventListener("keydown", move);
  window.addEventListener("hashchange", reveal);
})();
