/* Tables: small ones whole, large ones a page at a time; all of them real tables with captions and
 * headings, in boxes that the keyboard can scroll. */

/* columns: [{name, unit, number, wrap, format, sort}]; rows: lists of raw values. */
function headCell(column) {
  return el("th", { scope: "col", class: column.number ? "n" : null }, column.name,
            column.unit ? el("small", {}, " " + column.unit) : null);
}

function bodyRow(columns, row) {
  return el("tr", {}, columns.map((column, i) => {
    const shown = column.format ? column.format(row[i]) : row[i];
    const attributes = { class: column.number ? "n" : column.wrap ? "wrap" : null };
    return i === 0 ? el("th", { scope: "row", ...attributes }, shown) : el("td", attributes, shown);
  }));
}

function scrollBox(label, table, tall) {
  return el("div", { class: tall ? "scroll tall" : "scroll", role: "region", tabindex: "0",
                     "aria-label": label }, table);
}

function table(caption, columns, rows, attributes) {
  return scrollBox(caption, el("table", attributes, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, columns.map(headCell))),
    el("tbody", {}, rows.map((row) => bodyRow(columns, row)))));
}

const PAGE_ROWS = 100;

/* A table of any size: sorted by its headings, filtered by a word, shown in pages. order: numbers
 * of rows; cell(i, column) gives a raw value; matches(i, word) decides the filter. */
function pagedTable({ caption, columns, length, cell, matches, filterLabel, id }) {
  const state = { page: 0, by: -1, down: false, word: "", order: [] };
  const body = el("tbody"), said = el("span", { role: "status" });
  const heads = columns.map((column, k) => {
    const head = el("th", { scope: "col", class: column.number ? "n" : null },
      el("button", { type: "button", onclick: () => sortBy(k) }, column.name),
      column.unit ? el("small", {}, " " + column.unit) : null);
    return head;
  });
  const back = action("Previous", () => turn(-1)), on = action("Next", () => turn(1));
  const filter = el("input", { type: "search", id: newId("filter"), oninput: (event) => {
    state.word = event.target.value.trim().toLowerCase();
    state.page = 0;
    arrange();
  } });

  function arrange() {
    state.order = [];
    for (let i = 0; i < length; i++) if (!state.word || matches(i, state.word)) state.order.push(i);
    if (state.by >= 0) {
      const way = state.down ? -1 : 1;
      const key = (i) => cell(i, state.by);
      state.order.sort((a, b) => way * compare(key(a), key(b)) || a - b);
    }
    show();
  }
  function sortBy(k) {
    state.down = state.by === k ? !state.down : Boolean(columns[k].number);
    state.by = k;
    state.page = 0;
    heads.forEach((head, i) => {
      if (i === k) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    arrange();
  }
  function turn(by) {
    state.page += by;
    show();
  }
  function show() {
    const from = state.page * PAGE_ROWS, shown = state.order.slice(from, from + PAGE_ROWS);
    body.replaceChildren(...shown.map((i) => bodyRow(columns, columns.map((_, k) => cell(i, k)))));
    said.textContent = shown.length
      ? `${count(from + 1)}–${count(from + shown.length)} of ${count(state.order.length)}` : "none";
    back.disabled = state.page === 0;
    on.disabled = from + PAGE_ROWS >= state.order.length;
  }
  arrange();
  const bar = el("div", { class: "bar" }, el("label", { for: filter.id }, filterLabel), filter,
                 length > PAGE_ROWS ? [back, on] : null, said);
  return [bar, scrollBox(caption, el("table", { id }, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, heads)), body), true)];
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a ?? "").localeCompare(String(b ?? ""), "en", { numeric: true });
}

/* A list that is long only for who wants it: lazily filled. */
function fold(summary, fill, open) {
  const box = el("details", { open: open || null }, el("summary", {}, summary));
  let filled = false;
  const ensure = () => {
    if (filled) return;
    filled = true;
    append(box, [fill()]);
  };
  box.addEventListener("toggle", () => box.open && ensure());
  if (open) ensure();
  return box;
}
