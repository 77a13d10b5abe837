// How the reader wants figures shown. Kept in this browser, for every page and notebook; copies and
// files keep the plain number with the ledger's sign.
const LOOK = "custdyn-look";
const MARKS = { "1 234.56": ["\u00a0", "."], "1,234.56": [",", "."], "1.234,56": [".", ","], "1 234,56": ["\u00a0", ","] };
const PLAIN_LOOK = {
  numbers: "1 234.56", // one of MARKS
  unit: "1", // "1000": amounts in thousands
  spending: false, // charges positive
  dense: false,
  sparks: false,
  total: false,
  pinned: true, // the names stay in sight
  empty: true, // rows without a figure are shown
  headers: false, // copies have names and buckets
  folded: [], // titles of blocks
  panel: 620, // pixels
};

function readLook() {
  if (!window.custdynLook) {
    let kept = {};
    try {
      kept = JSON.parse(localStorage.getItem(LOOK)) ?? {};
    } catch {} // no storage here, or nothing of ours in it
    const known = Object.entries(PLAIN_LOOK).filter(([name, plain]) => typeof kept[name] === typeof plain);
    window.custdynLook = Object.fromEntries(known.map(([name]) => [name, kept[name]]));
    if (!MARKS[window.custdynLook.numbers]) delete window.custdynLook.numbers;
    if (!Array.isArray(window.custdynLook.folded)) delete window.custdynLook.folded;
  }
  return { ...PLAIN_LOOK, ...window.custdynLook };
}

function setLook(change) {
  window.custdynLook = { ...readLook(), ...change };
  try {
    localStorage.setItem(LOOK, JSON.stringify(window.custdynLook));
  } catch {} // it is kept until the page is left
  window.dispatchEvent(new Event(LOOK));
}

function onLook(changed) {
  window.addEventListener(LOOK, changed);
  return () => window.removeEventListener(LOOK, changed);
}

// A figure as Python has written it, in parts; null where it is none.
function partsOf(text) {
  const found = /^([+-]?)([\d\s]+)(?:\.(\d+))?(\s?\D*)$/.exec(text);
  if (!found) return null;
  const [, sign, whole, decimals = "", unit] = found;
  return { sign, digits: whole.replace(/\s/g, ""), decimals, unit };
}

// As a machine takes it: `-11947.74`.
function plainNumber(text) {
  const parts = partsOf(text);
  if (!parts) return text;
  const { sign, digits, decimals, unit } = parts;
  return `${sign}${digits}${decimals && `.${decimals}`}${unit}`;
}

// Halves away from zero, as all rounding here.
function inThousands({ sign, digits, decimals, unit }) {
  const drop = 10n ** BigInt(decimals.length + 2);
  const tenths = String((BigInt(digits + decimals) + drop / 2n) / drop).padStart(2, "0");
  const some = tenths === "00" ? "" : sign;
  return { sign: some, digits: tenths.slice(0, -1), decimals: tenths.slice(-1), unit };
}

// A figure of a line as the reader wants it.
function asWanted(text, line, look) {
  const plain = look.numbers === PLAIN_LOOK.numbers && look.unit === "1" && !look.spending;
  return plain ? text : written(text, line, look); // as Python has written it
}

function written(text, line, look) {
  let parts = partsOf(text);
  if (!parts) return text;
  if (look.spending && line.charge && /[1-9]/.test(text)) {
    const change = line.line === "delta" || line.line === "percent";
    parts.sign = parts.sign === "-" ? (change ? "+" : "") : "-";
  }
  if (look.unit === "1000" && line.scales) parts = inThousands(parts);
  const [group, point] = MARKS[look.numbers];
  const whole = parts.digits.replace(/\B(?=(\d{3})+$)/g, group);
  return `${parts.sign}${whole}${parts.decimals && point + parts.decimals}${parts.unit}`;
}

// A figure of a list: its marks are the reader's, its sign and unit are the ledger's.
const asWritten = (text) => asWanted(text, {}, { ...readLook(), unit: "1", spending: false });

// What is said of figures that are not as the files have them.
function saidOfLook(look) {
  const said = [];
  if (look.unit === "1000") said.push(tr("totals and balances in thousands"));
  if (look.spending) said.push(tr("charges as spending"));
  return said.join(", ");
}

const CHOICES = [
  ["dense", tr("Compact rows")],
  ["sparks", tr("Sparklines")],
  ["total", tr("Total column")],
  ["pinned", tr("Keep row names in sight")],
  ["empty", tr("Rows without figures")],
  ["spending", tr("Charges as spending (positive)")],
  ["headers", tr("Copy with names and headers")],
];

// The menu of the look, and the field that filters rows: `filtered` receives its text.
function viewTools(filtered) {
  const root = element("div", "custdyn-view-tools");
  const find = element("input", "custdyn-input custdyn-find", { type: "search", placeholder: tr("Filter rows"), "aria-label": tr("Filter rows"), spellcheck: "false" });
  find.addEventListener("input", () => filtered(find.value));
  const button = element("button", "custdyn-press", { type: "button", "aria-expanded": "false", "aria-label": tr("View") });
  button.append(icon("view"), element("span", "custdyn-text", {}, tr("View")), icon("down"));
  const menu = element("div", "custdyn-popup custdyn-view-menu", { popover: "auto", role: "dialog", "aria-label": tr("View") });
  const boxes = CHOICES.map(([name, label]) => {
    const box = element("input", "", { type: "checkbox" });
    box.addEventListener("change", () => setLook({ [name]: box.checked }));
    const line = element("label");
    line.append(box, label);
    menu.append(line);
    return [name, box];
  });
  const lists = [
    ["numbers", tr("Numbers"), Object.keys(MARKS).map((one) => [one, one])],
    ["unit", tr("Totals in"), [["1", tr("whole units")], ["1000", tr("thousands")]]],
  ].map(([name, label, options]) => {
    const list = element("select");
    list.append(...options.map(([value, words]) => element("option", "", { value }, words)));
    list.addEventListener("change", () => setLook({ [name]: list.value }));
    const line = element("label");
    line.append(`${label} `, list);
    menu.append(line);
    return [name, list];
  });
  const show = () => {
    const look = readLook();
    for (const [name, box] of boxes) box.checked = look[name];
    for (const [name, list] of lists) list.value = look[name];
  };
  menu.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    button.setAttribute("aria-expanded", String(open));
    if (open) under(menu, button);
    else if (menu.contains(document.activeElement)) button.focus();
  });
  button.popoverTargetElement = menu;
  root.append(find, button, menu);
  show();
  return { root, end: onLook(show) };
}
