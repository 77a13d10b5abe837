// The table of a report: createElement and textContent only, so that a name is never markup.
const PAGE = 10; // rows that PageUp and PageDown move
const ON_PAPER = 12; // columns that an A4 sheet holds

function widths(data, places) {
  const columns = element("colgroup");
  const col = (characters) => element("col", "", { style: `width:calc(${characters}ch + 26px)` });
  columns.append(col(data.nameWidth), ...places.map((place) => col(data.widths[place])));
  return columns;
}

function spans(level, places) {
  // the labels of a coarser level over the columns that are shown
  const labels = level.flatMap(([label, width]) => Array(width).fill(label));
  const runs = [];
  for (const place of places) {
    if (runs.length && runs.at(-1)[0] === labels[place]) runs.at(-1)[1] += 1;
    else runs.push([labels[place], 1]);
  }
  return runs;
}

function header(data, places) {
  const head = element("thead");
  data.header.forEach((level, number) => {
    const row = element("tr");
    const corner = element("td", "corner");
    row.append(corner);
    if (number < data.header.length - 1) {
      for (const [label, width] of spans(level, places))
        row.append(element("th", "", { scope: "colgroup", colspan: width }, label));
    } else {
      for (const place of places) {
        const cell = element("th", data.states[place], { scope: "col" }, data.labels[place]);
        if (data.states[place] !== "past") cell.append(element("small", "", {}, data.states[place]));
        cell.dataset.column = place;
        row.append(cell);
      }
    }
    head.append(row);
  });
  return head;
}

function body(data, places) {
  const rows = element("tbody");
  data.rows.forEach((line, number) => {
    const row = element("tr");
    row.dataset.row = number;
    if (line.title !== undefined) {
      row.className = "block";
      row.append(element("th", "", { scope: "rowgroup" }, line.title));
      row.append(element("td", "", { colspan: Math.max(places.length, 1) }));
    } else {
      row.append(element("th", "", { scope: "row" }, line.name));
      for (const place of places) {
        const value = line.values[place];
        const look = value === "N/A" ? "na" : value.startsWith("-") ? "neg" : "";
        const cell = document.createElement("td");
        cell.className = `${look} ${data.states[place]}`;
        cell.textContent = value;
        row.append(cell);
      }
    }
    rows.append(row);
  });
  return rows;
}

function tableOf(data, places, attributes = {}) {
  const table = element("table", "custdyn", attributes);
  table.append(
    element("caption", "", {}, data.caption),
    widths(data, places),
    header(data, places),
    body(data, places),
  );
  return table;
}

// What a cell, a row or a column is, in words: for the tip.
function about(data, cell) {
  const { row: number } = cell.parentElement.dataset;
  if (number === undefined) {
    const place = Number(cell.dataset.column);
    const state = data.states[place];
    return [data.labels[place], ...data.intervals[place], ...(state === "past" ? [] : [state])];
  }
  const line = data.rows[number];
  if (line.title !== undefined) return [line.title, line.words];
  const title = data.rows.slice(0, number).findLast((one) => one.title !== undefined).title;
  if (cell.tagName === "TH") return [`${title}: ${line.name}`, line.words];
  const place = cell.cellIndex - 1;
  const heading = `${title}: ${line.name} · ${data.labels[place]}`;
  const reason = line.reasons[place];
  return [heading, line.values[place] + (reason ? `: ${reason}` : ""), line.words];
}

function tips(wrap, data) {
  const tip = element("div", "custdyn-tip", { role: "tooltip", popover: "manual" });
  tip.id = `custdyn-tip-${Math.random().toString(36).slice(2)}`;
  let later = 0;
  let over = null;
  const hide = () => {
    clearTimeout(later);
    over?.removeAttribute("aria-describedby");
    over = null;
    if (tip.matches(":popover-open")) tip.hidePopover();
  };
  const show = (cell) => {
    hide();
    const [heading, ...lines] = about(data, cell);
    tip.replaceChildren(
      element("strong", "", {}, heading),
      ...lines.map((line) => element("div", "", {}, line)),
    );
    over = cell;
    cell.setAttribute("aria-describedby", tip.id);
    tip.showPopover();
    const at = cell.getBoundingClientRect();
    const size = tip.getBoundingClientRect();
    const left = Math.min(at.left, window.innerWidth - size.width - 8);
    const below = at.bottom + 6 + size.height < window.innerHeight;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - size.height - 6)}px`;
  };
  const told = (target) => target.closest?.("tbody th, tr:not(.block) td:not(.corner), th[data-column]");
  wrap.addEventListener("pointerover", (event) => {
    clearTimeout(later);
    const cell = told(event.target);
    if (!cell || event.pointerType === "touch") return hide();
    later = setTimeout(() => show(cell), 350);
  });
  wrap.addEventListener("pointerleave", hide);
  wrap.addEventListener("scroll", hide, { passive: true });
  wrap.addEventListener("focusout", hide);
  wrap.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  return { tip, show, hide };
}

function keys(wrap, table, show) {
  const lines = [table.tHead.rows[table.tHead.rows.length - 1], ...table.tBodies[0].rows];
  const width = lines[0].cells.length;
  let at = [1, 0];
  const cellAt = ([line, column]) =>
    lines[line]?.cells[lines[line].classList.contains("block") ? 0 : column];
  const go = (line, column, step = 0) => {
    let aim = Math.max(0, Math.min(line, lines.length - 1));
    const spot = Math.max(0, Math.min(column, width - 1));
    while (step && spot > 0 && lines[aim]?.classList.contains("block")) aim += step;
    if (!lines[aim] || (aim === 0 && spot === 0)) return;
    cellAt(at)?.setAttribute("tabindex", "-1");
    at = [aim, spot];
    const cell = cellAt(at);
    cell.setAttribute("tabindex", "0");
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    show(cell);
  };
  const moves = {
    ArrowDown: ([line, column]) => go(line + 1, column, 1),
    ArrowUp: ([line, column]) => go(line - 1, column, -1),
    ArrowRight: ([line, column]) => go(line, column + 1),
    ArrowLeft: ([line, column]) => go(line, column - 1),
    PageDown: ([line, column]) => go(line + PAGE, column, 1),
    PageUp: ([line, column]) => go(line - PAGE, column, -1),
    Home: ([line], far) => go(far ? 1 : line, 0),
    End: ([line], far) => (far ? go(lines.length - 1, width - 1, -1) : go(line, width - 1)),
  };
  cellAt(at)?.setAttribute("tabindex", "0");
  wrap.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (!move || event.altKey || event.metaKey) return;
    event.preventDefault();
    move(at, event.ctrlKey);
  });
  wrap.addEventListener("click", (event) => {
    const cell = event.target.closest("th, td");
    const line = lines.indexOf(cell?.parentElement);
    if (line >= 0) go(line, cell.cellIndex);
  });
}

function render({ model, el }) {
  ownKeys(el);
  el.classList.add("custdyn-report");
  let hide = () => {};
  const draw = () => {
    hide();
    const data = model.get("data");
    if (!data.rows) return el.replaceChildren();
    const wrap = element("div", "custdyn-wrap", { role: "region", "aria-label": data.caption });
    const table = tableOf(data, [...data.labels.keys()], { role: "grid", "aria-readonly": "true" });
    wrap.append(table);
    const tip = tips(wrap, data);
    hide = tip.hide;
    keys(wrap, table, tip.show);
    el.replaceChildren(wrap, tip.tip);
    const corner = table.querySelector(".corner").getBoundingClientRect();
    const head = table.tHead.getBoundingClientRect();
    wrap.style.scrollPadding = `${head.height}px 0 0 ${corner.width}px`;
    let top = 0; // coarser levels of the header stay above the finer ones
    for (const row of table.tHead.rows) {
      for (const cell of row.cells) cell.style.top = `${top}px`;
      top += row.getBoundingClientRect().height;
    }
    performance.mark("custdyn-table");
  };
  // A sheet of paper is not as wide as a table: it is printed in parts, each with its row names.
  const toPaper = () => {
    const data = model.get("data");
    if (!data.rows) return;
    const paper = element("div", "custdyn-paper");
    const count = Math.max(data.labels.length, 1);
    for (let first = 0; first < count; first += ON_PAPER) {
      const places = [...data.labels.keys()].slice(first, first + ON_PAPER);
      const table = tableOf(data, places);
      const title = element("tr", "sheet");
      title.append(element("th", "", { colspan: places.length + 1 }, data.caption));
      table.tHead.prepend(title); // a header is printed on every sheet
      paper.append(table);
    }
    el.append(paper);
  };
  const offPaper = () => el.querySelectorAll(".custdyn-paper").forEach((one) => one.remove());
  window.addEventListener("beforeprint", toPaper);
  window.addEventListener("afterprint", offPaper);
  const unlisten = listen(model, ["data"], draw);
  return () => {
    hide();
    unlisten();
    window.removeEventListener("beforeprint", toPaper);
    window.removeEventListener("afterprint", offPaper);
  };
}

export default { render };
