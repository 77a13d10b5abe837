// The table of a report: createElement and textContent only, so that a name is never markup.
const PAGE = 10; // rows that PageUp and PageDown move
const ON_PAPER = 12; // columns that an A4 sheet holds
const TOGETHER = 24; // columns that are laid out together, when they come into sight

const cellsOf = (row) => [...row.querySelectorAll("th, td:not(.spark)")];

// Cells in runs of TOGETHER: the browser passes over those that are out of sight.
function runs(cells) {
  const made = [];
  for (let first = 0; first < cells.length; first += TOGETHER) {
    const some = cells.slice(first, first + TOGETHER);
    const run = element("span", "run", { role: "presentation", style: `--n:${some.length}` });
    run.append(...some);
    made.push(run);
  }
  return made;
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

function header(data, places, together, view) {
  const head = element("thead", "", { role: "rowgroup" });
  data.header.forEach((level, number) => {
    const row = element("tr", "", { role: "row" });
    row.append(element("td", "corner", { role: "gridcell" }));
    if (view.sparks) row.append(element("td", "spark", { role: "presentation" }));
    if (number < data.header.length - 1) {
      for (const [label, width] of spans(level, places)) {
        const cell = element("th", "", { scope: "colgroup", colspan: width, style: `--n:${width}` });
        cell.append(element("span", "", {}, label)); // it stays in sight while its columns do
        row.append(cell);
      }
    } else {
      const cells = places.map((place) => {
        const state = data.states[place];
        const cell = element("th", state, { scope: "col", role: "columnheader" }, data.labels[place]);
        if (state !== "past") cell.append(element("small", "", {}, state));
        if (data.against) {
          const other = data.against[place];
          cell.append(element("small", "against", {}, other ? `vs ${other}` : "vs nothing"));
        }
        cell.dataset.column = place;
        return cell;
      });
      row.append(...together(cells));
    }
    head.append(row);
  });
  return head;
}

function body(data, places, together, view) {
  const rows = element("tbody", "", { role: "rowgroup" });
  data.rows.forEach((line, number) => {
    if (line.line && line.line !== "value" && !view.lines.includes(line.line)) return;
    const row = element("tr", line.line ?? "", { role: "row" });
    row.dataset.row = number;
    if (line.title !== undefined) {
      row.className = "block";
      const title = element("th", "", { scope: "rowgroup", role: "rowheader" }, line.title);
      const width = Math.max(places.length, 1) + view.sparks;
      const rest = element("td", "", { colspan: width, role: "gridcell" });
      if (line.mark) rest.append(element("small", "proven", {}, line.mark));
      row.append(title, rest);
    } else {
      const cells = places.map((place) => {
        const value = line.values[place];
        const look = value === "N/A" ? "na" : value.startsWith("-") ? "neg" : "";
        const cell = document.createElement("td");
        cell.className = `${look} ${data.states[place]}`;
        cell.setAttribute("role", "gridcell");
        cell.textContent = value;
        return cell;
      });
      const name = element("th", "", { scope: "row", role: "rowheader" }, line.label);
      row.append(name);
      if (view.sparks) {
        const other = data.rows[number + 1]?.line === "other" ? data.rows[number + 1] : null;
        const own = line.line === "value";
        row.append(own ? spark(line, other) : element("td", "spark", { role: "presentation" }));
      }
      row.append(...together(cells));
    }
    rows.append(row);
  });
  return rows;
}

function tableOf(data, places, attributes, together, view) {
  const table = element("table", "custdyn", attributes);
  table.append(
    element("caption", "", {}, data.caption),
    header(data, places, together, view),
    body(data, places, together, view),
  );
  return table;
}

// What a cell, a row or a column is, in words: for the tip.
function about(data, cell) {
  const { row: number } = cell.closest("tr").dataset;
  if (number === undefined) {
    const place = Number(cell.dataset.column);
    const state = data.states[place];
    return [data.labels[place], ...data.intervals[place], ...(state === "past" ? [] : [state])];
  }
  const line = data.rows[number];
  if (line.title !== undefined) return [line.title, line.words];
  const title = data.rows.slice(0, number).findLast((one) => one.title !== undefined).title;
  if (cell.tagName === "TH") return [`${title}: ${line.name}`, line.words];
  const place = cellsOf(cell.closest("tr")).indexOf(cell) - 1;
  const heading = `${title}: ${line.name} · ${data.labels[place]}`;
  const reason = data.why[line.reasons[place]];
  const value = line.values[place] + (reason ? `: ${reason}` : "");
  return [heading, value, line.words, "Click or Enter: what is behind it"];
}

function tips(wrap, data) {
  const tip = element("div", "custdyn-tip", {
    id: unique("tip"),
    role: "tooltip",
    popover: "manual",
  });
  let later = 0;
  let over = null;
  let pointed = "";
  const hide = () => {
    clearTimeout(later);
    over?.removeAttribute("aria-describedby");
    over = null;
    if (tip.matches(":popover-open")) tip.hidePopover();
  };
  const place = () => {
    const at = over.getBoundingClientRect();
    const size = tip.getBoundingClientRect();
    const left = Math.min(at.left, window.innerWidth - size.width - 8);
    const below = at.bottom + 6 + size.height < window.innerHeight;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - size.height - 6)}px`;
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
    place();
  };
  const told = (target) => target.closest?.("tbody th, tr:not(.block) td:not(.corner, .spark), th[data-column]");
  // what the keyboard has reached keeps its tip while it scrolls into sight
  const reached = () => over && over === document.activeElement;
  wrap.addEventListener("pointerover", (event) => {
    const still = pointed === `${event.screenX} ${event.screenY}`; // the page moved, not the pointer
    pointed = `${event.screenX} ${event.screenY}`;
    if (still && reached()) return place();
    clearTimeout(later);
    const cell = told(event.target);
    if (!cell || event.pointerType === "touch") return hide();
    later = setTimeout(() => show(cell), 350);
  });
  wrap.addEventListener("pointerleave", hide);
  const scrolled = () => (reached() ? place() : hide());
  wrap.addEventListener("scroll", scrolled, { passive: true });
  wrap.addEventListener("focusout", hide);
  wrap.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  return { tip, show, hide };
}

function keys(wrap, table, show, open) {
  const lines = [table.tHead.rows[table.tHead.rows.length - 1], ...table.tBodies[0].rows];
  const width = cellsOf(lines[0]).length;
  let at = [1, 0];
  const cellAt = ([line, column]) =>
    lines[line] && cellsOf(lines[line])[lines[line].classList.contains("block") ? 0 : column];
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
  // what a click or Enter on a figure opens
  const opened = (row, column) => {
    if (column > 0 && row > 0 && !lines[row].classList.contains("block"))
      open(Number(lines[row].dataset.row), column - 1);
  };
  wrap.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" && !event.ctrlKey) || event.key === " ") {
      event.preventDefault();
      opened(...at);
    }
    const move = moves[event.key];
    if (!move || event.altKey || event.metaKey) return;
    event.preventDefault();
    move(at, event.ctrlKey);
  });
  wrap.addEventListener("click", (event) => {
    const cell = event.target.closest("th, td");
    const line = lines.indexOf(cell?.closest("tr"));
    const column = line < 0 ? -1 : cellsOf(lines[line]).indexOf(cell);
    if (column < 0) return;
    go(line, column);
    opened(line, column);
  });
  // the selected figure is marked, and in sight; the keyboard comes to it where it is asked to
  const mark = (row, column, takes) => {
    wrap.querySelector(".chosen")?.classList.remove("chosen");
    const line = lines.indexOf(row);
    if (line < 0) return;
    cellAt(at)?.setAttribute("tabindex", "-1");
    at = [line, column];
    const cell = cellAt(at);
    cell.classList.add("chosen");
    cell.setAttribute("tabindex", "0");
    if (takes) go(line, column);
    else cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  return mark;
}

function render({ model, el }) {
  ownKeys(el);
  el.classList.add("custdyn-report");
  let hide = () => {};
  let mark = () => {};
  const draw = () => {
    hide();
    const data = model.get("data");
    if (!data.rows) return el.replaceChildren();
    const wrap = element("div", "custdyn-wrap", { role: "region", "aria-label": data.caption });
    const looks = {
      role: "grid",
      "aria-readonly": "true",
      style: `--cd-names-wide:${data.nameWidth};--cd-wide:${data.width}`,
    };
    const view = { lines: model.get("lines"), sparks: model.get("sparks") };
    const table = tableOf(data, [...data.labels.keys()], looks, runs, view);
    wrap.append(table);
    const tip = tips(wrap, data);
    hide = tip.hide;
    mark = keys(wrap, table, tip.show, (number, column) => {
      tip.hide();
      const { row, line } = data.rows[number];
      model.send({ type: "cell", row, line, column });
    });
    // by itself it says what it is of; on the page the line above it does
    const about = model.get("alone") ? [element("p", "custdyn-made", {}, data.made)] : [];
    el.replaceChildren(...about, wrap, tip.tip);
    const corner = table.querySelector(".corner").getBoundingClientRect();
    const head = table.tHead.getBoundingClientRect();
    wrap.style.scrollPadding = `${head.height}px 0 0 ${corner.width}px`;
    select();
    performance.mark("custdyn-table");
    const app = el.closest(".custdyn-app");
    if (app?.dataset.scrolls && data.rows) {
      delete app.dataset.scrolls;
      const low = wrap.getBoundingClientRect().top > innerHeight - 240;
      if (low) el.closest(".custdyn-result").scrollIntoView({ block: "start" });
    }
  };
  const select = (takes = false) => {
    const [row, key, column] = model.get("cell");
    const rows = model.get("data").rows ?? [];
    const place = key ? rows.findIndex((one) => one.row === row && one.line === key) : -1;
    mark(el.querySelector(`tbody tr[data-row="${place}"]`), column + 1, takes);
  };
  // Ctrl+C on a figure: a plain number, as a spreadsheet takes it.
  el.addEventListener("copy", (event) => {
    const cell = document.activeElement;
    if (!el.contains(cell) || cell.tagName !== "TD" || String(getSelection())) return;
    event.clipboardData.setData("text/plain", cell.textContent.replace(/[\s\u00a0](?=\d)/g, ""));
    event.preventDefault();
  });
  const sheets = [];
  // A sheet of paper is not as wide as a table: it is printed in parts, each with its row names.
  const toPaper = () => {
    const data = model.get("data");
    if (!data.rows || !el.offsetParent) return; // nothing to show, or in a tab behind
    const paper = element("div", "custdyn-paper");
    // a table's header is printed on every sheet that it takes
    const headed = (table) => {
      const title = element("tr", "sheet");
      title.append(element("th", "", { colspan: ON_PAPER + 1 }, data.caption));
      (table.tHead ?? table.createTHead()).prepend(title);
      paper.append(table);
    };
    const count = Math.max(data.labels.length, 1);
    for (let first = 0; first < count; first += ON_PAPER) {
      const places = [...data.labels.keys()].slice(first, first + ON_PAPER);
      const view = { lines: model.get("lines"), sparks: false };
      const table = tableOf(data, places, {}, (cells) => cells, view);
      const columns = element("colgroup");
      columns.append(element("col", "names"), element("col", "", { span: ON_PAPER }));
      table.prepend(columns);
      headed(table);
    }
    const beside = [".custdyn-notes", ".custdyn-facts"]
      .map((name) => el.closest(".custdyn-app").querySelector(name))
      .filter((one) => one?.offsetParent);
    if (beside.length) {
      const table = element("table", "custdyn");
      const cell = table.createTBody().insertRow().insertCell();
      cell.colSpan = ON_PAPER + 1;
      cell.append(...beside.map((one) => one.cloneNode(true)));
      headed(table);
    }
    document.body.append(paper);
    sheets.push(paper);
  };
  const offPaper = () => sheets.splice(0).forEach((paper) => paper.remove());
  window.addEventListener("beforeprint", toPaper);
  window.addEventListener("afterprint", offPaper);
  const unlisten = listen(model, ["data", "lines", "sparks"], draw);
  const told = (message) => message.type === "focus" && select(true);
  const selected = () => select();
  model.on("change:cell", selected);
  model.on("msg:custom", told);
  return () => {
    hide();
    model.off("msg:custom", told);
    model.off("change:cell", selected);
    unlisten();
    window.removeEventListener("beforeprint", toPaper);
    window.removeEventListener("afterprint", offPaper);
  };
}

export default { render: shown(render) };
