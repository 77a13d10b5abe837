// A chart, drawn by Vega from the spec that Python made. Vega itself is asked for by the first one.
const PATIENCE = 30000; // milliseconds until Vega must be there
const SMALL_WIDE = 250; // a small multiple at least
const AXIS_WIDE = 90; // their axis, and the margins
const BETWEEN = 20;
const NEAR = 24; // pixels between a click and the point that it means
const LEGEND_WIDE = 250; // a name in the legend
const SCALED = ["value", "top", "base"]; // what a mark is drawn from
const MARK = "position:absolute;width:0;pointer-events:none;border-left:1.5px dashed ";

// Vega, once a page: it is no state of a widget, or every saved notebook would hold it.
async function runtime(model) {
  if (window.vegaEmbed) return window.vegaEmbed;
  window.custdynVega ??= new Promise((come) => {
    const received = async (message, buffers) => {
      if (message.type !== "vega") return;
      model.off("msg:custom", received);
      const address = URL.createObjectURL(new Blob(buffers, { type: "text/javascript" }));
      await import(address).catch(() => {});
      URL.revokeObjectURL(address);
      come();
    };
    model.on("msg:custom", received);
    model.send({ type: "vega" });
    setTimeout(come, PATIENCE);
  });
  await window.custdynVega;
  window.custdynVega = undefined; // should it not have come, the next one asks again
  return window.vegaEmbed;
}

// The data with the figures as the reader wants them; marks and clicks stay those of the cells.
function wanted(spec, look) {
  if (!spec.usermeta?.charges) return spec; // a chart of someone else's making
  const { charges, scales } = spec.usermeta;
  const cells = spec.datasets.cells.map((one) => {
    const line = { line: "value", charge: charges[one.series], scales: scales[one.series] };
    const times = (look.spending && line.charge ? -1 : 1) / (look.unit === "1000" && line.scales ? 1000 : 1);
    const scaled = Object.fromEntries(SCALED.filter((name) => one[name] !== undefined && one[name] !== null).map((name) => [name, one[name] * times]));
    return { ...one, ...scaled, shown: asWanted(one.shown, line, look) };
  });
  return { ...spec, datasets: { cells } };
}

// Colours of the page, and as many columns as there is room for.
function fitted(spec, el) {
  const look = getComputedStyle(el);
  const ink = look.getPropertyValue("--cd-ink") || "#1d2129";
  const dim = look.getPropertyValue("--cd-dim") || "#5f6672";
  const line = look.getPropertyValue("--cd-line") || "#dcdfe4";
  const wide = Math.max(el.clientWidth, 200);
  const narrow = wide < 500;
  const columns = Math.max(1, Math.floor(wide / LEGEND_WIDE));
  const { orient, columns: most, ...legend } = spec.config.legend ?? {};
  const reader = readLook();
  const [thousands, decimal] = MARKS[reader.numbers];
  const own = typeof spec.title === "string" ? { text: spec.title } : spec.title;
  const said = spec.usermeta?.charges ? saidOfLook(reader) : "";
  const title = said ? { ...own, subtitle: [own?.subtitle ?? [], said].flat() } : own;
  const made = {
    ...wanted(spec, reader),
    ...(title ? { title } : {}),
    background: look.getPropertyValue("--cd-paper").trim() || "#fff",
    config: {
      ...spec.config,
      font: look.fontFamily,
      locale: { number: { decimal, thousands, grouping: [3], currency: ["", ""] } },
      title: { color: ink, subtitleColor: dim, fontSize: 14, fontWeight: 600, offset: 10 },
      axis: {
        labelColor: dim,
        titleColor: dim,
        titleFontWeight: "normal",
        gridColor: line,
        gridOpacity: 0.6,
        domainColor: line,
        tickColor: line,
      },
      header: { labelColor: ink },
      legend: { ...legend, labelColor: ink, columns: most === 1 ? 1 : Math.min(most, columns) },
      view: { stroke: "transparent" },
    },
  };
  if (spec.facet) {
    made.columns = Math.max(1, Math.floor((wide - AXIS_WIDE) / SMALL_WIDE));
    const each = Math.floor((wide - AXIS_WIDE) / made.columns) - BETWEEN;
    made.spec = { ...spec.spec, width: each };
  } else Object.assign(made, { width: "container", height: narrow ? 240 : spec.height });
  return made;
}

// The cell that is meant by a click: that of the mark, or of the nearest point around.
function meant(view, event, item) {
  if (["rect", "symbol"].includes(item?.mark.marktype) && item.datum) return item.datum;
  const [left, top] = view.origin();
  const edge = view.padding();
  let best = { away: NEAR };
  const look = (mark, x, y) => {
    for (const one of mark.items ?? []) {
      if (mark.marktype === "group") one.items?.forEach((inner) => look(inner, x + one.x, y + one.y));
      else if (["symbol", "line", "area"].includes(mark.marktype) && one.datum && one.defined !== false) {
        const away = Math.hypot(x + one.x - event.offsetX, y + one.y - event.offsetY);
        if (away < best.away) best = { away, datum: one.datum };
      }
    }
  };
  look(view.scenegraph().root, left + edge.left, top + edge.top);
  return best.datum;
}

function compiles() {
  try {
    return Boolean(new Function("return true")());
  } catch {
    return false;
  }
}

function render({ model, el }) {
  ownKeys(el);
  el.classList.add("custdyn-chart");
  el.style.cssText = "position:relative;width:100%"; // in a notebook's output there is no style of ours
  const holder = element("div", "custdyn-vega", { style: "display:block;width:100%" });
  const words = element("p", "custdyn-chart-words", { role: "status" });
  const mark = element("div", "custdyn-chart-mark", { hidden: "" });
  const figures = element("details", "custdyn-chart-figures", { hidden: "" });
  figures.append(element("summary", "", {}, tr("Figures of the chart")));
  figures.addEventListener("toggle", () => figures.open && list());
  el.append(words, holder, mark, figures);
  let drawn = null;
  let turn = 0;

  // What the chart shows, for the keyboard and for those who do not see it.
  const list = () => {
    figures.querySelector("table")?.remove();
    const spec = model.get("spec");
    if (!spec.usermeta?.charges) return;
    const { datasets } = wanted(spec, readLook());
    const table = element("table", "custdyn-lines");
    const columns = [...new Set(datasets.cells.map((one) => one.x))];
    const lines = new Map();
    for (const one of datasets.cells) {
      const name = [one.name, one.package, one.side === "other" ? tr("compared") : ""].filter(Boolean).join(", ");
      const key = `${one.series} ${name}`;
      if (!lines.has(key)) lines.set(key, { name, cells: {} });
      lines.get(key).cells[one.x] = one;
    }
    const head = table.createTHead().insertRow();
    head.append(element("th", "", { scope: "col" }, ""), ...columns.map((one) => element("th", "number", { scope: "col" }, one)));
    const body = table.createTBody();
    for (const { name, cells } of lines.values()) {
      const row = body.insertRow();
      row.append(element("th", "", { scope: "row" }, name));
      for (const column of columns) {
        const cell = element("td", "number");
        const one = cells[column];
        if (one && Number.isInteger(one.row)) {
          const button = element("button", "", { type: "button" }, one.shown);
          button.addEventListener("click", () => model.send({ type: "point", row: one.row, column: one.column }));
          cell.append(button);
        } else cell.textContent = one?.shown ?? "";
        row.append(cell);
      }
    }
    const wrap = element("div", "custdyn-listing-wrap", { tabindex: "0", role: "region", "aria-label": tr("Figures of the chart") });
    wrap.append(table);
    figures.querySelector(".custdyn-listing-wrap")?.remove();
    figures.append(wrap);
  };

  const clear = () => {
    drawn?.finalize();
    drawn = holder.view = null;
    holder.replaceChildren();
    mark.hidden = true;
  };
  // The bucket that is selected: a line over the plot, where it has one axis of time.
  const select = () => {
    const label = model.get("selection")?.bucket;
    mark.hidden = true;
    if (!drawn || label === undefined || drawn.spec.facet) return;
    let scale;
    try {
      scale = drawn.view.scale("x");
    } catch {
      return;
    }
    if (!scale.domain().includes(label)) return;
    const canvas = holder.querySelector("canvas");
    const [left, top] = drawn.view.origin();
    const edge = drawn.view.padding();
    const at = canvas.offsetLeft + edge.left + left + scale(label) + (scale.bandwidth?.() ?? 0) / 2;
    const height = drawn.view.height();
    const ink = getComputedStyle(el).getPropertyValue("--cd-ink") || "#1d2129";
    mark.style.cssText = `${MARK}${ink};left:${at}px;top:${canvas.offsetTop + edge.top + top}px;height:${height}px`;
    mark.hidden = false;
  };
  const draw = async () => {
    const mine = ++turn;
    const spec = model.get("spec");
    words.textContent = model.get("words");
    words.hidden = !words.textContent;
    figures.hidden = !spec.usermeta?.charges;
    if (figures.open) list();
    if (!spec.$schema) return clear();
    if (!el.clientWidth) return; // not laid out yet, or hidden: `size` draws it then
    const embed = await runtime(model);
    if (mine !== turn) return;
    if (!embed) return model.send({ type: "failed" });
    const dark = document.body.dataset.jpThemeLight === "false";
    const begun = performance.now();
    clear();
    const made = await embed(holder, fitted(spec, el), {
      actions: false,
      ast: !compiles(), // where the page's policy forbids it, expressions are interpreted
      renderer: "canvas",
      tooltip: { theme: dark ? "dark" : "light" },
    });
    if (mine !== turn) return made.finalize();
    drawn = made;
    holder.setAttribute("role", "img");
    holder.setAttribute("aria-label", tr("Chart {title}", { title: spec.title?.text ?? "" }));
    select();
    holder.view = made.view; // what the chart shows can be asked for there
    made.view.addEventListener("click", (event, item) => {
      const { row, column } = meant(made.view, event, item) ?? {};
      if (Number.isInteger(row)) model.send({ type: "point", row, column });
    });
    performance.measure("custdyn-chart", { start: begun, end: performance.now() });
  };
  const received = async (message) => {
    if (message.type !== "save" || !drawn) return;
    const address = await drawn.view.toImageURL(message.format, 2);
    download(address, `${message.name}.${message.format}`);
  };
  const unlisten = listen(model, ["spec", "words"], draw);
  const unlook = onLook(draw);
  model.on("change:selection", select);
  model.on("msg:custom", received);
  const theme = new MutationObserver(draw);
  theme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  let wide = el.clientWidth;
  const size = new ResizeObserver(() => {
    // shown, or another width: legend and small multiples are laid out anew
    const changed = el.clientWidth && Math.abs(el.clientWidth - wide) > 24;
    wide = el.clientWidth;
    if (changed) draw();
  });
  size.observe(el);
  return () => {
    turn += 1;
    size.disconnect();
    theme.disconnect();
    unlisten();
    unlook();
    model.off("msg:custom", received);
    model.off("change:selection", select);
    clear();
  };
}

export default { render: shown(render) };
