// A row drawn as small as its text. It comes before the table's own script, after look.js.
const SPARK = { wide: 96, high: 22, edge: 3 }; // a sparkline, in pixels

const number = (text) => (partsOf(text) ? Number.parseFloat(plainNumber(text)) : null);

// A row as a line as small as its text: N/A is a gap, the period compared with is dashed.
function spark(line, other) {
  const drawn = [line, other].filter(Boolean).map((one) => one.values.map(number));
  const all = drawn.flat().filter((value) => value !== null);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const count = line.values.length;
  const across = (place) =>
    SPARK.edge + ((SPARK.wide - 2 * SPARK.edge) * place) / Math.max(count - 1, 1);
  const up = (value) =>
    high === low ? SPARK.high / 2 : SPARK.edge + ((SPARK.high - 2 * SPARK.edge) * (high - value)) / (high - low);
  const shapes = []; // numbers only: nothing in this markup comes from the data
  drawn.reverse().forEach((values, turn) => {
    const look = turn === drawn.length - 1 ? "own" : "other";
    let way = "";
    let last = null;
    values.forEach((value, place) => {
      if (value !== null) {
        const alone = (values[place - 1] ?? null) === null && (values[place + 1] ?? null) === null;
        const to = `${across(place).toFixed(1)},${up(value).toFixed(1)}`;
        way += `${(values[place - 1] ?? null) === null ? "M" : "L"}${to}`;
        if (alone) way += "h.01"; // a dot
        last = [across(place), up(value)];
      }
    });
    shapes.push(`<path class="${look}" d="${way}"/>`);
    if (last && look === "own") shapes.push(`<circle cx="${last[0]}" cy="${last[1]}" r="2"/>`);
  });
  const cell = element("td", "spark", { role: "presentation" });
  const size = `width="${SPARK.wide}" height="${SPARK.high}"`;
  cell.innerHTML = `<svg ${size} aria-hidden="true">${shapes.join("")}</svg>`;
  return cell;
}

