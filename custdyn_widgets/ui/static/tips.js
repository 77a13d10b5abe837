// What a cell, a row or a column is, in a tip at its side. It comes before the table's own script.
// The words are Python's: of rows in model/rows.py and optional_rows.py, of fields in query/fields.py.
const REST = 600; // milliseconds that a pointer rests on a cell before its tip comes

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
  const look = readLook();
  const shown = (text) => asWanted(text, line, look);
  const title = data.rows.slice(0, number).findLast((one) => one.title !== undefined).title;
  if (cell.tagName === "TH") return [`${title}: ${line.name}`, line.words];
  const place = placeOf(cell);
  if (place === TOTAL) return [`${title}: ${line.name}`, `${shown(line.total)}: ${data.totalWords}`, line.words];
  const heading = `${title}: ${line.name} · ${data.labels[place]}`;
  const reason = data.why[line.reasons[place]];
  const value = shown(line.values[place]) + (reason ? `: ${reason}` : "");
  const compared = line.line === "value" && data.against ? comparedAt(data, number, place, look) : [];
  return [heading, value, ...compared, line.words, tr("Click or press Enter for details")];
}

// The lines of a comparison below a figure.
function comparedAt(data, number, place, look) {
  const lines = [];
  for (const one of data.rows.slice(number + 1, number + 4)) {
    if (!one.line || one.line === "value") break;
    lines.push(`${one.label} ${asWanted(one.values[place], one, look)}`);
  }
  return lines.length ? [lines.join(" · ")] : [];
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
    const right = at.right + 8 + size.width < window.innerWidth;
    const left = right ? at.right + 8 : Math.max(8, at.left - size.width - 8);
    const low = Math.min(at.bottom + 2, window.innerHeight - size.height - 8);
    tip.style.left = `${left}px`;
    tip.style.top = `${Math.max(8, low)}px`;
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
  const told = (target) => target.closest?.("tbody th, tr:not(.block) td:not(.corner, .spark, .none), th[data-column]");
  // what the keyboard has reached keeps its tip while it scrolls into sight
  const reached = () => over && over === document.activeElement;
  wrap.addEventListener("pointerover", (event) => {
    const still = pointed === `${event.screenX} ${event.screenY}`; // the page moved, not the pointer
    pointed = `${event.screenX} ${event.screenY}`;
    if (still) {
      if (reached()) place();
      return;
    }
    clearTimeout(later);
    const cell = told(event.target);
    if (!cell || event.pointerType === "touch") return hide();
    const { clientX, clientY } = event; // what is there then: the page may have moved
    later = setTimeout(() => {
      const found = told(document.elementFromPoint(clientX, clientY) ?? wrap);
      if (found && wrap.contains(found)) show(found);
    }, REST);
  });
  wrap.addEventListener("pointerleave", hide);
  const scrolled = () => (reached() ? place() : hide());
  wrap.addEventListener("scroll", scrolled, { passive: true });
  wrap.addEventListener("focusout", hide);
  wrap.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  return { tip, show, hide };
}
