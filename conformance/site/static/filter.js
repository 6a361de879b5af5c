/* Filters of a matrix page and arrow keys between its cells.  Without this file everything can still be read. */
"use strict";

(function () {
  const filter = document.getElementById("filter");
  if (!filter) return;

  const text = document.getElementById("text");
  const column = document.getElementById("column");
  const parameter = document.getElementById("parameter");
  const wider = document.getElementById("wider");
  const boxes = [...filter.querySelectorAll("input[name=verdict]")];
  const found = document.getElementById("found");
  const tables = [...document.querySelectorAll("table.matrix")].map((table) => ({
    table,
    dense: table.classList.contains("grid"),
    headings: [...table.tHead.querySelectorAll("[data-column]")],
    providers: [...table.tHead.querySelectorAll(".provider")].map((cell) => ({ cell, span: cell.colSpan })),
  }));
  const groups = tables.flatMap((table) => [table.table.closest("details.parameter")].map((fold) => ({
    fold,
    table,
    parameter: fold.dataset.parameter,
    rows: [...fold.querySelectorAll("tr.claim")].map((row) => ({
      row,
      words: row.textContent.toLowerCase(),
      cells: [...row.querySelectorAll("td")].map((cell, index) => ({
        cell,
        column: table.headings[index].dataset.column,
        verdict: table.dense ? cell.textContent : cell.dataset.verdict,
        wider: cell.dataset.wider !== undefined,
      })),
    })),
  })));
  const total = groups.reduce((sum, group) => sum + group.rows.length, 0);

  function chosen() {
    return {
      words: text.value.toLowerCase().split(/\s+/).filter(Boolean),
      column: column.value,
      wider: wider.checked,
      parameter: parameter.value,
      verdicts: boxes.filter((box) => box.checked).map((box) => box.value),
    };
  }

  function show() {
    const wanted = chosen();
    const columns = new Set();
    const shown = [];
    let cells = 0;
    for (const group of groups) {
      const here = !wanted.parameter || group.parameter === wanted.parameter;
      let some = false;
      for (const row of group.rows) {
        const fits = here && wanted.words.every((word) => row.words.includes(word));
        const matching = fits ? row.cells.filter((cell) => matches(cell, wanted)) : [];
        hide(row.row, !matching.length);
        if (!matching.length) continue;
        some = true;
        cells += matching.length;
        for (const cell of matching) columns.add(cell.column);
        shown.push({ row, dense: group.table.dense });
      }
      hide(group.fold, !some);
      unfold(group.fold, some && filtered(wanted));
    }
    const visible = (name, dense) =>
      dense ? columns.has(name) : wanted.column === "" || name === wanted.column;
    for (const { row, dense } of shown) {
      for (const cell of row.cells) {
        const open = visible(cell.column, dense);
        hide(cell.cell, !open);
        cell.cell.classList.toggle("fades", open && !matches(cell, { ...wanted, column: "" }));
      }
    }
    for (const table of tables) narrow(table, visible);
    announce(shown.length, cells, wanted);
    remember(wanted);
  }

  function filtered(wanted) {
    return !!(wanted.words.length || wanted.column || wanted.parameter || wanted.verdicts.length || wanted.wider);
  }

  /* A parameter is open while a filter leaves rows of it; what the reader opened stays open. */
  function unfold(fold, open) {
    if (open && !fold.open) fold.open = fold.opened = true;
    else if (!open && fold.opened) fold.open = fold.opened = false;
  }

  function matches(cell, wanted) {
    if (wanted.column !== "" && cell.column !== wanted.column) return false;
    if (wanted.wider && !cell.wider) return false;
    if (wanted.verdicts.length) return wanted.verdicts.includes(cell.verdict);
    return !!cell.verdict && cell.verdict !== "not asked";
  }

  /* Setting what is set already would make the browser lay out the page again. */
  function hide(element, hidden) {
    if (element.hidden !== hidden) element.hidden = hidden;
  }

  /* Headings of hidden columns are hidden, and a provider's heading spans the columns that are left. */
  function narrow(table, visible) {
    for (const heading of table.headings) hide(heading, !visible(heading.dataset.column, table.dense));
    let start = 0;
    for (const { cell, span } of table.providers) {
      const left = table.headings.slice(start, start + span).filter((heading) => !heading.hidden).length;
      hide(cell, !left);
      cell.colSpan = left || 1;
      start += span;
    }
    hide(table.table, !table.table.querySelector("tr.claim:not([hidden])"));
  }

  function announce(rows, cells, wanted) {
    if (!filtered(wanted)) found.textContent = total + " claims about " + groups.length + " parameters; open one to see its rows.";
    else if (!rows) found.textContent = "No cell matches. Press Show all to start again.";
    else found.textContent = cells + (cells === 1 ? " cell in " : " cells in ") + rows + " of " + total + " claims.";
  }

  /* The filter is in the address, so that it can be passed on; where the browser does not allow that, it is not. */
  function remember(wanted) {
    const query = new URLSearchParams();
    if (text.value.trim()) query.set("text", text.value.trim());
    if (wanted.column) query.set("column", wanted.column);
    if (wanted.parameter) query.set("parameter", wanted.parameter);
    if (wanted.wider) query.set("wider", "");
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
    wider.checked = query.has("wider");
    const verdicts = query.getAll("verdict");
    for (const box of boxes) box.checked = verdicts.includes(box.value);
  }

  function reset() {
    text.value = column.value = parameter.value = "";
    for (const box of [wider, ...boxes]) box.checked = false;
    show();
    text.focus();
  }

  /* A cell that is linked to is shown, whatever the filter. */
  function reveal() {
    const name = location.hash.slice(1);
    const cell = name && (byId(name) || byId(decoded(name)) || inGrid(name));
    if (!cell || !cell.closest("table.matrix")) return;
    if (cell.closest("[hidden]")) reset();
    for (let fold = cell.closest("details"); fold; fold = fold.parentNode.closest("details")) fold.open = true;
    for (const marked of document.querySelectorAll(".marked")) marked.classList.remove("marked");
    if (cell.tagName === "TD" && !cell.id) cell.classList.add("marked");
    const link = linked(cell);
    if (link) link.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "center", inline: "nearest" });
  }

  function byId(name) {
    return document.getElementById(name);
  }

  function decoded(name) {
    try {
      return decodeURIComponent(name);
    } catch (error) {
      return name;
    }
  }

  /* In a grid only rows have ids: the cell CLAIM@MODEL is in the row of the claim and in the column of the model. */
  function inGrid(name) {
    const at = name.indexOf("@");
    const row = at > 0 && byId(name.slice(0, at));
    if (!row || !row.closest("table.grid")) return null;
    const heading = headingOf(row, (model) => model === name.slice(at + 1) || model === encodeURI(name.slice(at + 1)));
    return heading ? row.querySelectorAll("td")[heading.index] : null;
  }

  function headingOf(row, wanted) {
    const names = [...row.closest("table").tHead.querySelectorAll("[data-model]")];
    const index = names.findIndex((name, place) => wanted(name.dataset.model, place));
    return index < 0 ? null : { index, model: names[index].dataset.model, text: names[index].textContent };
  }

  /* The link of a cell.  Those of a grid are made when they are pointed at: thousands at once would make the page large. */
  function linked(cell) {
    const link = cell.querySelector("a");
    const row = cell.parentNode;
    if (link || cell.tagName !== "TD" || row.dataset.paged === undefined || cell.classList.contains("empty")) return link;
    const place = [...row.querySelectorAll("td")].indexOf(cell);
    const heading = headingOf(row, (model, index) => index === place);
    const made = document.createElement("a");
    made.href = row.querySelector("th a").getAttribute("href") + "#" + heading.model;
    made.textContent = cell.textContent;
    made.title = row.querySelector("th a").textContent + " on " + heading.text + ": " + cell.textContent;
    cell.replaceChildren(made);
    return made;
  }

  function point(event) {
    const cell = event.target.closest && event.target.closest("table.grid td");
    if (cell) linked(cell);
  }

  function move(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    const cell = event.target.closest && event.target.closest("table.matrix td, table.matrix tr.claim > th");
    if (!step || !cell || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const rows = [...cell.closest("table").querySelectorAll("tr.claim:not([hidden])")];
    const place = [...cell.parentNode.children].filter((other) => !other.hidden).indexOf(cell);
    let down = rows.indexOf(cell.parentNode) + step[0];
    let right = place + step[1];
    while (rows[down]) {
      const next = [...rows[down].children].filter((other) => !other.hidden)[right];
      if (!next) return;
      const link = linked(next);
      if (link) {
        event.preventDefault();
        link.focus({ preventScroll: true });
        next.scrollIntoView({ block: "nearest", inline: "nearest" });
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
  for (const field of [column, parameter, wider, ...boxes]) field.addEventListener("change", show);
  text.addEventListener("input", show);
  document.getElementById("reset").addEventListener("click", reset);
  document.addEventListener("keydown", move);
  document.addEventListener("pointerover", point);
  window.addEventListener("hashchange", reveal);
})();
