// A sheet of paper is not as wide as a table: it is printed in parts, each with its row names. It
// comes before the table's own script.
const ON_PAPER = 12; // columns that an A4 sheet holds
const BESIDE = [".custdyn-changes", ".custdyn-facts", ".custdyn-notes"];

// `made` draws the table with some of its columns; `around` is what else of the app is printed.
function papersOf(data, made, around) {
  const paper = element("div", "custdyn-paper");
  const said = saidOfLook(readLook());
  const printed = new Date().toISOString().slice(0, 16).replace("T", " ");
  // a table's header is printed on every sheet that it takes
  const headed = (table, first = false) => {
    const title = element("tr", "sheet");
    const cell = element("th", "", { colspan: ON_PAPER + 1 }, data.caption);
    cell.append(element("small", "", {}, `${data.source}. ${tr("Printed {instant} UTC", { instant: printed })}${said && `, ${said}`}.`));
    title.append(cell);
    (table.tHead ?? table.createTHead()).prepend(title);
    if (first) paper.append(...pictures());
    paper.append(table);
  };
  const shown = (name) => {
    const one = around?.querySelector(name);
    return one?.checkVisibility?.() && one.textContent.trim() ? one : null;
  };
  // The chart as it is on the screen, above the figures.
  const pictures = () => {
    const canvas = around?.querySelector(".custdyn-vega canvas");
    if (!canvas?.checkVisibility?.()) return [];
    return [element("img", "custdyn-picture", { src: canvas.toDataURL(), alt: "" })];
  };
  const count = Math.max(data.labels.length, 1);
  for (let first = 0; first < count; first += ON_PAPER) {
    const places = [...data.labels.keys()].slice(first, first + ON_PAPER);
    const table = made(places);
    const columns = element("colgroup");
    columns.append(element("col", "names"), element("col", "", { span: ON_PAPER }));
    table.prepend(columns);
    headed(table, first === 0);
  }
  // notes follow the last figures, on their sheet where there is room, else under its header
  const beside = BESIDE.map(shown).filter(Boolean);
  if (beside.length) {
    const cell = [...paper.querySelectorAll("table")].at(-1).createTBody().insertRow().insertCell();
    cell.className = "custdyn-foot-of-paper";
    cell.colSpan = ON_PAPER + 1;
    cell.append(...beside.map((one) => one.cloneNode(true)));
  }
  return paper;
}
