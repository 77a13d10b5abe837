// A list, a page at a time: what is searched, sorted and turned is done in Python.
const SOON = 250; // milliseconds after the last key before it is searched

function spread(list) {
  const { first, found, total, lines } = list;
  if (!found) return total ? tr("none of {total}", { total: group(total) }) : tr("none");
  const all = tr("{found} matches (of {total})", { found: group(found), total: group(total) });
  const lot = `${group(first + 1)}–${group(first + lines.length)}`;
  return tr("{lot} of {all}", { lot, all: found === total ? group(total) : all });
}

const group = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, "\u00a0");

function listOf(send, called) {
  const root = element("div", "custdyn-listing");
  const bar = element("div", "custdyn-listing-bar");
  const search = element("input", "custdyn-input", {
    type: "search", placeholder: tr("Search"), "aria-label": tr("Search {list}", { list: called }), autocomplete: "off",
  });
  const count = element("span", "custdyn-count", { role: "status" });
  const turn = (label, drawn, aim) => {
    const button = element("button", "custdyn-press quiet", { type: "button", "aria-label": label });
    button.append(icon(drawn));
    button.addEventListener("click", () => send({ type: "page", first: aim() }));
    return button;
  };
  let list = null;
  const back = turn(tr("Previous page"), "back", () => list.first - list.page);
  const next = turn(tr("Next page"), "next", () => list.first + list.page);
  bar.append(search, count, back, next);
  const wrap = element("div", "custdyn-listing-wrap", { tabindex: "0", role: "region", "aria-label": called });
  const table = element("table", "custdyn-lines");
  wrap.append(table);
  root.append(bar, wrap);
  let later = 0;
  search.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(() => send({ type: "search", text: search.value }), SOON);
  });

  const heading = (column) => {
    const cell = element("th", column.kind, { scope: "col", title: column.words });
    if (!list.sorts) cell.textContent = column.label;
    else {
      const own = column.key === list.sort;
      const button = element("button", "", { type: "button" }, column.label);
      button.dataset.key = column.key;
      button.addEventListener("click", () => send({ type: "sort", key: column.key }));
      if (own) cell.setAttribute("aria-sort", list.descending ? "descending" : "ascending");
      cell.append(button);
    }
    return cell;
  };
  const line = (values, number) => {
    const row = element("tr");
    const place = list.first + number;
    values.forEach((text, at) => {
      const { kind } = list.columns[at];
      const value = kind === "text" ? text : asWritten(text);
      const cell = element("td", kind !== "text" && value.startsWith("-") ? `${kind} neg` : kind);
      if (at === 0 && list.opens) {
        const button = element("button", "", { type: "button", "aria-label": tr("Entries of {client}", { client: value }) }, value);
        cell.append(button);
      } else if (at > 0 && list.cells) {
        const named = `${values[0]}, ${list.columns[at].label}: ${value}`;
        const button = element("button", "", { type: "button", "aria-label": named }, value);
        button.addEventListener("click", () => send({ type: "figure", place, column: at - 1 }));
        cell.append(button);
      } else cell.textContent = value;
      row.append(cell);
    });
    if (list.opens) {
      row.className = "opens";
      row.addEventListener("click", () => send({ type: "line", place }));
    }
    return row;
  };
  const update = (made) => {
    list = made;
    root.hidden = !list;
    if (!list) return;
    const focused = table.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    search.hidden = !list.searches;
    if (document.activeElement !== search) search.value = list.text;
    count.textContent = spread(list);
    bar.hidden = list.cells;
    back.disabled = list.first === 0;
    next.disabled = list.first + list.lines.length >= list.found;
    back.hidden = next.hidden = list.found <= list.page;
    const head = element("thead");
    const row = element("tr");
    row.append(...list.columns.map(heading));
    head.append(row);
    const body = element("tbody");
    body.append(...list.lines.map(line));
    table.replaceChildren(head, body);
    if (focused) table.querySelector(`[data-key="${focused}"]`)?.focus();
    wrap.scrollTop = 0;
  };
  return { root, update };
}

