// Moving, selecting and copying in the table, as in a spreadsheet. It comes before the table's own
// script.
const PAGE = 10; // rows that PageUp and PageDown move
const TOTAL = -2; // the place of the total column, which is no bucket
const cellsOf = (row) => [...row.querySelectorAll("th, td:not(.spark)")];
const isBlock = (row) => row.classList.contains("block");
const placeOf = (cell) =>
  cell.classList.contains("total") ? TOTAL : cellsOf(cell.closest("tr")).indexOf(cell) - 1;

// Exact sums of figures as text: a sum of cents is no float.
function sumsOf(texts) {
  const all = texts.map(partsOf).filter(Boolean);
  const scale = Math.max(0, ...all.map((one) => one.decimals.length));
  const units = ({ sign, digits, decimals }) =>
    BigInt(sign === "-" ? `-${digits}${decimals.padEnd(scale, "0")}` : digits + decimals.padEnd(scale, "0"));
  const text = (sum, places) => {
    const shown = String(sum < 0n ? -sum : sum).padStart(places + 1, "0");
    const whole = shown.slice(0, shown.length - places);
    return `${sum < 0n ? "-" : ""}${whole}${places ? `.${shown.slice(-places)}` : ""}`;
  };
  const sum = all.reduce((so, one) => so + units(one), 0n);
  const [count, places] = [BigInt(all.length), scale || 2];
  const scaled = (sum < 0n ? -sum : sum) * 10n ** BigInt(places - scale);
  const average = count ? (2n * scaled + count) / (2n * count) : 0n;
  return { count: all.length, sum: text(sum, scale), average: text(sum < 0n ? -average : average, places) };
}

// `hooks`: `show` a cell's tip, `open` a figure by its row and column, `fold` a block, `said` at the
// foot. `before`: where the keyboard was in the table that this one replaces.
function gridOf(wrap, table, data, hooks, before) {
  const lines = [table.tHead.rows[table.tHead.rows.length - 1], ...table.tBodies[0].rows];
  const width = cellsOf(lines[0]).length;
  const range = element("div", "custdyn-range", { hidden: "", "aria-hidden": "true" });
  wrap.append(range);
  let at = before ?? [1, 0];
  let from = null; // the other corner of what is selected
  const cellAt = ([line, column]) =>
    lines[line] && cellsOf(lines[line])[isBlock(lines[line]) ? 0 : column];
  const seen = (line) => lines[line] && !lines[line].hidden;
  const land = (line, column, step, over) => {
    let aim = Math.max(0, Math.min(line, lines.length - 1));
    while (lines[aim] && (!seen(aim) || (over && column > 0 && isBlock(lines[aim])))) aim += step || 1;
    return seen(aim) ? aim : -1;
  };
  const go = (line, column, step = 0) => {
    const spot = Math.max(0, Math.min(column, width - 1));
    const aim = land(line, spot, step, Boolean(step));
    if (aim < 0 || (aim === 0 && spot === 0)) return;
    cellAt(at)?.setAttribute("tabindex", "-1");
    at = [aim, spot];
    const cell = cellAt(at);
    cell.setAttribute("tabindex", "0");
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    hooks.show(cell);
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

  // What is selected: the lines and columns between two corners, without titles.
  const chosen = () => {
    const [one, other] = [from ?? at, at];
    const sorted = (place) => [one[place], other[place]].sort((a, b) => a - b);
    const [[top, bottom], [left, right]] = [sorted(0), sorted(1)];
    const inside = [];
    for (let line = Math.max(top, 1); line <= bottom; line += 1)
      if (seen(line) && !isBlock(lines[line])) inside.push(data.rows[lines[line].dataset.row]);
    return { inside, first: left, last: right, top, bottom };
  };
  const textAt = (line, column) =>
    column === 0 ? line.name : (column > line.values.length ? line.total : line.values[column - 1]);
  const draw = () => {
    range.hidden = !from;
    if (!from) return hooks.said("");
    const { inside, first, last, top, bottom } = chosen();
    const ends = [[top, first], [bottom, last]].map((one) => cellAt(one).getBoundingClientRect());
    const base = table.getBoundingClientRect();
    const right = isBlock(lines[bottom]) || isBlock(lines[top]) ? cellAt([0, last]).getBoundingClientRect().right : ends[1].right;
    range.style.cssText = `left:${ends[0].left - base.left}px;top:${ends[0].top - base.top}px;width:${right - ends[0].left}px;height:${ends[1].bottom - ends[0].top}px`;
    const texts = inside.flatMap((line) => line.values.concat(line.total).slice(Math.max(first, 1) - 1, last));
    const units = new Set(inside.map((line) => (line.line === "percent" ? "percent" : line.unit)));
    const { count, sum, average } = sumsOf(texts);
    const look = readLook();
    const [unit] = units;
    const every = (name) => inside.every((line) => line[name]);
    const like = { line: "value", charge: every("charge"), scales: every("scales") };
    const shown = (text) => written(text, like, look);
    const figures = units.size === 1 && count ? [unit === "percent" ? "" : `${tr("Sum")} ${shown(sum)}`, `${tr("Average")} ${shown(average)}`] : [];
    hooks.said([...figures, `${tr("Count")} ${count}`].filter(Boolean).join(" · "));
  };
  const unselect = () => {
    if (!from) return false;
    from = null;
    draw();
    return true;
  };
  const extend = (move) => {
    from ??= at;
    move();
    draw();
  };

  const press = () => {
    const [line, column] = at;
    if (line > 0 && isBlock(lines[line])) hooks.fold(data.rows[lines[line].dataset.row].title);
    else if (line > 0 && column > 0 && placeOf(cellAt(at)) !== TOTAL)
      hooks.open(Number(lines[line].dataset.row), column - 1);
  };
  wrap.addEventListener("keydown", (event) => {
    // the button in the title of a block: to the right of it
    if (event.target.closest("button")) {
      if (event.key === "ArrowLeft") go(...at);
      return;
    }
    const button = event.key === "ArrowRight" && isBlock(lines[at[0]]) && lines[at[0]].querySelector("button");
    if (button) return button.focus();
    if ((event.key === "Enter" && !event.ctrlKey) || event.key === " ") {
      event.preventDefault();
      press();
    }
    if (event.key === "Escape" && unselect()) event.stopPropagation();
    if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      at = [lines.findLastIndex((_, line) => seen(line) && !isBlock(lines[line])), width - 1];
      from = [1, 1];
      draw();
    }
    const move = moves[event.key];
    if (!move || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (event.shiftKey) return extend(() => move(at, event.ctrlKey));
    unselect();
    move(at, event.ctrlKey);
  });

  const spotOf = (target) => {
    const cell = target?.closest?.("th, td");
    const line = cell ? lines.indexOf(cell.closest("tr")) : -1;
    return line < 0 ? null : [line, cellsOf(lines[line]).indexOf(cell)];
  };
  let held = null; // where a pointer went down
  let dragged = false;
  const drag = (event) => {
    const spot = spotOf(document.elementFromPoint(event.clientX, event.clientY));
    if (!spot || spot[1] < 1 || spot[0] < 1 || isBlock(lines[spot[0]])) return;
    if (!dragged && spot[0] === held[0] && spot[1] === held[1]) return;
    dragged = true;
    from = held;
    at = spot;
    cellAt(at).scrollIntoView({ block: "nearest", inline: "nearest" });
    draw();
  };
  wrap.addEventListener("pointerdown", (event) => {
    const spot = spotOf(event.target);
    dragged = false;
    if (!spot || event.button || event.pointerType === "touch" || spot[1] < 1 || spot[0] < 1) return;
    if (isBlock(lines[spot[0]]) || event.shiftKey) return;
    held = spot;
    const up = () => {
      wrap.removeEventListener("pointermove", drag);
      if (dragged) go(...at);
    };
    wrap.addEventListener("pointermove", drag);
    window.addEventListener("pointerup", up, { once: true });
  });
  wrap.addEventListener("click", (event) => {
    const spot = spotOf(event.target);
    if (!spot || spot[1] < 0 || dragged || event.target.closest("button")) return;
    if (event.shiftKey) return extend(() => go(...spot));
    unselect();
    go(...spot);
    press();
  });

  return {
    // the figure that is open is marked, and in sight; the keyboard comes to it where it is asked to
    mark(row, column, takes) {
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
    },
    redraw: draw,
    at: () => at,
    focus: () => go(...at),
    // Lines with tabs: plain numbers with the ledger's sign, and names where they are wished for.
    copied() {
      const { inside, first, last } = chosen();
      const named = readLook().headers || first === 0;
      const columns = Array.from({ length: last - Math.max(first, 1) + 1 }, (_, one) => one + Math.max(first, 1));
      const one = (text) => text.replace(/\s+/g, " ");
      const title = (line) => data.rows.findLast((row, place) => row.title !== undefined && place <= data.rows.indexOf(line)).title;
      const figure = (text) => plainNumber(text).replace(/^\+|\s*(%|pp)$/g, "");
      const made = inside.map((line) => [
        ...(named ? [one(`${title(line)}: ${line.name}`)] : []),
        ...columns.map((column) => figure(textAt(line, column))),
      ]);
      if (readLook().headers) made.unshift(["", ...columns.map((column) => data.labels[column - 1] ?? tr("Total"))]);
      return made.map((line) => line.join("\t")).join("\n");
    },
  };
}
