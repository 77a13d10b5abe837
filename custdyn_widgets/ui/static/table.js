// The table of a report: createElement and textContent only, so that a name is never markup.
const TOGETHER = 14; // columns that are laid out together, when they come into sight
const WIDEST_NAME = 300; // pixels; the tip has the whole name
const LEAST_HIGH = 360; // pixels of the table, however low the window is
const BELOW = 36; // for its foot
const WIDEST_CELL = 150; // pixels, where there are few columns
const SPARK_WIDE = 112;
const MEASURED = 40; // of the longest texts: of equal length one may be wider

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
      if (view.total) row.append(element("td", "total none", { role: "gridcell" }));
    } else {
      const cells = places.map((place) => {
        const state = data.states[place];
        const cell = element("th", state, { scope: "col", role: "columnheader" }, data.labels[place]);
        if (state !== "past") cell.append(element("small", "", {}, STATES[state]));
        if (data.against) {
          const other = data.against[place];
          cell.append(element("small", "against", {}, tr("vs {period}", { period: other || tr("nothing") })));
        }
        cell.dataset.column = place;
        return cell;
      });
      row.append(...together(cells));
      if (view.total) row.append(element("th", "total", { scope: "col", role: "columnheader" }, tr("Total")));
    }
    head.append(row);
  });
  return head;
}

function nothingIn(line) {
  return line.values.every((value) => !/[1-9]/.test(value));
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
      const width = Math.max(places.length, 1) + view.sparks + view.total;
      const rest = element("td", "", { colspan: width, role: "gridcell" });
      if (line.mark) rest.append(element("small", "proven", {}, line.mark));
      if (view.card && line.package) rest.append(view.card(line.package));
      row.append(title, rest);
    } else {
      const cells = places.map((place) => figureCell(line.values[place], line, view.look, data.states[place]));
      const name = element("th", "", { scope: "row", role: "rowheader" }, line.label);
      row.append(name);
      if (view.sparks) {
        const other = data.rows[number + 1]?.line === "other" ? data.rows[number + 1] : null;
        const own = line.line === "value";
        row.append(own ? spark(line, other) : element("td", "spark", { role: "presentation" }));
      }
      row.append(...together(cells));
      if (view.total) {
        row.append(figureCell(line.total, line, view.look, line.total ? "total" : "total none"));
      }
    }
    rows.append(row);
  });
  return rows;
}

function figureCell(value, line, look, kind) {
  const cell = document.createElement("td");
  const text = asWanted(value, line, look);
  cell.className = text === "N/A" ? `na ${kind}` : text.startsWith("-") ? `neg ${kind}` : kind;
  cell.setAttribute("role", "gridcell");
  cell.textContent = text;
  return cell;
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

// How wide the columns must be for what is in them, in pixels: one measure for all figures.
function widths(data, look, el) {
  const pen = document.createElement("canvas").getContext("2d");
  const style = getComputedStyle(el);
  const measure = (texts, weight) => {
    pen.font = `${weight} 13px ${style.fontFamily}`;
    pen.fontVariantNumeric = "tabular-nums";
    const longest = [...new Set(texts)].sort((one, other) => other.length - one.length).slice(0, MEASURED);
    return Math.max(0, ...longest.map((text) => pen.measureText(text).width));
  };
  const lines = data.rows.filter((one) => one.line);
  const figures = lines.flatMap((line) => {
    const longest = line.values.reduce((so, one) => (one.length > so.length ? one : so), "");
    return [longest, ...(look.total ? [line.total] : [])].map((one) => asWanted(one, line, look));
  });
  const names = measure(lines.map((one) => one.label), 400) + 44;
  const cells = Math.max(measure(figures, 600), measure(data.labels, 600));
  return { names: Math.min(Math.max(names, 132), WIDEST_NAME), cell: Math.ceil(cells) + 17 };
}

const STATES = { running: tr("in progress"), future: tr("future") };

function render({ model, el }) {
  ownKeys(el);
  el.classList.add("custdyn-report");
  const alone = model.get("alone");
  let tip = null;
  let grid = null;
  let text = ""; // what rows are filtered by
  let seen = null; // the report that is drawn
  const foot = element("div", "custdyn-foot", { role: "status" });
  const filtered = (wanted) => {
    text = wanted;
    sift();
  };
  const tools = alone ? viewTools(filtered) : null; // on the page they stand in the toolbar
  const above = (event) => filtered(event.detail);
  const card = (name) => {
    const button = element("button", "custdyn-press quiet custdyn-card-of", { type: "button", tabindex: "-1" });
    button.append(icon("card"), tr("Package card"));
    button.addEventListener("click", () => model.send({ type: "card", package: name }));
    return button;
  };
  const fold = (title) => {
    const { folded } = readLook();
    setLook({ folded: folded.includes(title) ? folded.filter((one) => one !== title) : [...folded, title] });
  };
  // Rows that are folded, filtered or empty are there, and not shown.
  const sift = () => {
    const data = model.get("data");
    const { folded, empty } = readLook();
    const words = text.toLowerCase();
    let title = "";
    let block = null;
    let hides = false; // the value's line decides for those of its comparison
    for (const row of el.querySelectorAll("table.custdyn[role=grid] > tbody > tr")) {
      const line = data.rows[row.dataset.row];
      if (line.title !== undefined) {
        [title, block] = [line.title, row];
        row.hidden = true;
        row.firstChild.setAttribute("aria-expanded", String(!folded.includes(title)));
        continue;
      }
      if (line.line === "value")
        hides = !`${title}: ${line.name}`.toLowerCase().includes(words) || (!empty && nothingIn(line));
      row.hidden = hides || (folded.includes(title) && !words);
      if (!hides) block.hidden = false;
    }
    grid?.redraw();
  };
  // On the page the table ends where the window does, so that both its bars are in sight.
  const room = () => {
    if (document.body.dataset.voila === undefined || alone) return "";
    return `${Math.max(LEAST_HIGH, innerHeight - el.getBoundingClientRect().top - scrollY - BELOW)}px`;
  };
  const fit = () => {
    const wrap = el.querySelector(".custdyn-wrap");
    if (!wrap) return;
    const high = room();
    if (wrap.style.maxHeight !== high) wrap.style.maxHeight = high;
    edges(wrap);
  };
  const edges = (wrap) => {
    const left = wrap.scrollWidth - wrap.clientWidth - wrap.scrollLeft > 2;
    wrap.parentElement.classList.toggle("goes-on", left);
  };
  const draw = () => {
    tip?.hide();
    const data = model.get("data");
    if (!data.rows) return el.replaceChildren();
    const look = readLook();
    const wrap = element("div", "custdyn-wrap", { role: "region", "aria-label": data.caption });
    const { names, cell } = widths(data, look, el);
    const total = look.total && data.rows.some((one) => one.total);
    const sparks = model.get("sparks") || look.sparks;
    const count = data.labels.length + total;
    const table = tableOf(
      data,
      [...data.labels.keys()],
      {
        role: "grid",
        "aria-readonly": "true",
        "aria-multiselectable": "true",
        style: `--cd-names-wide:${names}px;--cd-cell:${cell}px;--cd-all:${names + count * cell + (sparks ? SPARK_WIDE : 0)}px`,
      },
      runs,
      { lines: model.get("lines"), sparks, total, look, card: model.get("cards") ? card : null },
    );
    table.classList.toggle("dense", look.dense);
    table.classList.toggle("unpinned", !look.pinned);
    wrap.append(table);
    wrap.style.maxHeight = room(); // before it is laid out
    tip = tips(wrap, data);
    grid = gridOf(wrap, table, data, {
      show: tip.show,
      fold,
      open: (number, column) => {
        tip.hide();
        const { row, line } = data.rows[number];
        model.send({ type: "cell", row, line, column });
      },
      said: (words) => (foot.textContent = words || saidOfLook(readLook())),
    }, seen === data ? grid?.at() : null);
    wrap.addEventListener("scroll", () => edges(wrap), { passive: true });
    // few columns stay close to the names of their rows
    const most = names + count * Math.max(cell, WIDEST_CELL) + (sparks ? SPARK_WIDE : 0) + 2;
    const frame = element("div", "custdyn-frame", { style: `max-width:${most}px` });
    frame.append(wrap);
    // by itself it says what it is of; on the page the line above it does
    const about = alone ? [element("p", "custdyn-made", {}, data.made), tools.root] : [];
    el.replaceChildren(...about, frame, foot, tip.tip);
    sift();
    const corner = table.querySelector(".corner").getBoundingClientRect();
    const head = table.tHead.getBoundingClientRect();
    const blocks = [...table.querySelectorAll("tr.block")];
    const title = blocks[0]?.offsetHeight ?? 0;
    for (const one of blocks) one.style.top = `${head.height}px`; // not a variable: all would inherit it
    wrap.style.scrollPadding = `${head.height + title}px 0 0 ${look.pinned ? corner.width : 0}px`;
    if (seen !== data) {
      // what one looks at first is now
      const now = data.states.indexOf("running");
      const running = table.querySelector(`thead th[data-column="${now}"]`);
      if (running && wrap.scrollWidth > wrap.clientWidth) wrap.scrollLeft = running.offsetLeft + running.offsetWidth + cell - wrap.clientWidth;
      seen = data;
    }
    select();
    edges(wrap);
    performance.mark("custdyn-table");
    const app = el.closest(".custdyn-app");
    if (app?.dataset.scrolls) {
      delete app.dataset.scrolls;
      const low = wrap.getBoundingClientRect().top > innerHeight - 240;
      if (low) el.closest(".custdyn-result").scrollIntoView({ block: "start" });
    }
  };
  const select = (takes = false) => {
    const [row, key, column] = model.get("cell");
    const rows = model.get("data").rows ?? [];
    const place = key ? rows.findIndex((one) => one.row === row && one.line === key) : -1;
    grid?.mark(el.querySelector(`tbody tr[data-row="${place}"]`), column + 1, takes);
  };
  // Without a selection of text, Firefox tells the document of a copy, not the cell.
  const copy = (event) => {
    const cell = document.activeElement;
    if (!grid || !el.contains(cell) || !cell.matches("td, th") || String(getSelection())) return;
    event.clipboardData.setData("text/plain", grid.copied());
    event.preventDefault();
  };
  document.addEventListener("copy", copy);
  // A change of the look draws it again, and leaves it where it was scrolled to.
  const relook = () => {
    const wrap = el.querySelector(".custdyn-wrap");
    const [left, top] = [wrap?.scrollLeft, wrap?.scrollTop];
    const held = wrap?.contains(document.activeElement);
    draw();
    el.querySelector(".custdyn-wrap")?.scrollTo(left, top);
    if (held) grid.focus();
  };
  const sheets = [];
  const toPaper = () => {
    const data = model.get("data");
    if (!data.rows || !el.offsetParent) return; // nothing to show, or in a tab behind
    const view = { lines: model.get("lines"), sparks: false, total: false, look: readLook() };
    const made = (places) => tableOf(data, places, {}, (cells) => cells, view);
    const paper = papersOf(data, made, el.closest(".custdyn-app"));
    document.body.append(paper);
    sheets.push(paper);
  };
  const offPaper = () => sheets.splice(0).forEach((paper) => paper.remove());
  window.addEventListener("beforeprint", toPaper);
  window.addEventListener("afterprint", offPaper);
  window.addEventListener("resize", fit);
  const unlisten = listen(model, ["data", "lines", "sparks"], draw);
  const unlook = onLook(relook);
  const told = (message) => message.type === "focus" && select(true);
  const selected = () => select();
  model.on("change:cell", selected);
  model.on("msg:custom", told);
  let app = null;
  requestAnimationFrame(() => {
    app = el.closest(".custdyn-app");
    app?.addEventListener("custdyn-filter", above);
    if (app) size.observe(app); // what is above the table has come or gone
    fit();
  });
  const size = new ResizeObserver(fit);
  size.observe(el);
  return () => {
    tip?.hide();
    size.disconnect();
    tools?.end();
    unlook();
    document.removeEventListener("copy", copy);
    app?.removeEventListener("custdyn-filter", above);
    model.off("msg:custom", told);
    model.off("change:cell", selected);
    unlisten();
    window.removeEventListener("resize", fit);
    window.removeEventListener("beforeprint", toPaper);
    window.removeEventListener("afterprint", offPaper);
  };
}

export default { render: shown(render) };
