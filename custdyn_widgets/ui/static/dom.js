// What every front end here shares: `script` of assets.py puts it before each of them, and before
// it WORDS, the texts that have another form in the reader's language.
const tr = (text, values = {}) =>
  (WORDS[text] ?? text).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

function element(name, className = "", attributes = {}, text = undefined) {
  const made = document.createElement(name);
  if (className) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text; // names are only ever text
  return made;
}

const ICONS = {
  card: "M2.5 3.5h11v9h-11zM5 6.5h6M5 9.5h3.5",
  chart: "M2.5 13.5h11M4.5 11V8M8 11V4M11.5 11V6",
  check: "M2.5 8.5l3.5 3.5 7.5-8",
  code: "M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5",
  compare: "M5.5 3L2.5 6l3 3M2.5 6h8M10.5 7l3 3-3 3M13.5 10h-8",
  edit: "M3 13l.6-2.8 7.3-7.3a1 1 0 0 1 1.4 0l.8.8a1 1 0 0 1 0 1.4L5.8 12.4z",
  spark: "M2 11l3.5-4 3 2.5L14 4",
  add: "M8 3v10M3 8h10",
  back: "M9.5 3.5L5 8l4.5 4.5",
  next: "M6.5 3.5L11 8l-4.5 4.5",
  calendar: "M2.5 3.5h11v10h-11zM2.5 6.5h11M5.3 2v3M10.7 2v3",
  cross: "M3.5 3.5l9 9m0-9l-9 9",
  down: "M3.5 6l4.5 4.5L12.5 6",
  up: "M3.5 10l4.5-4.5L12.5 10",
  info: "M8 7.2v4M8 4.8v.1M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4z",
  link: "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2a2.6 2.6 0 0 0-3.7-3.7l-1 1m1.2 2.5a2.6 2.6 0 0 0-3.7 0L3.3 9a2.6 2.6 0 0 0 3.7 3.7l1-1",
  mail: "M2 3.5h12v9H2zM2 4l6 5 6-5",
  open: "M2.5 12.5v-9h4l1.5 2h5.5v7z",
  print: "M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7v4h-7z",
  play: "M5 3.2v9.6L12.8 8z",
  save: "M8 2.5v7m-3-2.8L8 9.8l3-3.1M2.8 12.8h10.4",
  stop: "M4.5 4.5h7v7h-7z",
  view: "M1.5 8s2.5-4.5 6.5-4.5S14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  warn: "M8 2.2L14.3 13H1.7zM8 6.3v3.2M8 11.2v.1",
};

function icon(name) {
  const holder = document.createElement("template");
  holder.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true" class="icon-${name}"><path/></svg>`;
  holder.content.querySelector("path").setAttribute("d", ICONS[name]);
  return holder.content.firstChild;
}

// Each widget is a module of its own: a counter would begin anew in each.
function unique(name) {
  return `custdyn-${name}-${Math.random().toString(36).slice(2)}`;
}

function download(address, name) {
  const link = element("a", "", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

// A file that Python has sent: each view of a widget gets the message, and one hands it over.
const handedOver = new WeakSet();

function save(message, buffers) {
  if (handedOver.has(message)) return;
  handedOver.add(message);
  const address = URL.createObjectURL(new Blob(buffers, { type: message.media }));
  download(address, message.name);
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

// JupyterLab's single-key commands are not for those who work in here. It looks for the mark on
// the element that has the focus, and its selectors match that before they look at what is around.
function ownKeys(el) {
  el.addEventListener("focusin", ({ target }) => (target.dataset.lmSuppressShortcuts = "true"));
}

function listen(model, traits, show) {
  const names = traits.map((trait) => `change:${trait}`).join(" ");
  show();
  model.on(names, show);
  return () => model.off(names, show);
}

// A widget that can be hidden: classes set in Python do not reach the view of an anywidget, which
// drops the listeners of ipywidgets.
function shown(render) {
  return ({ model, el }) => {
    const show = () => el.classList.toggle("custdyn-hidden", model.get("hidden"));
    const unlisten = listen(model, ["hidden"], show);
    if (model.get("alone")) el.classList.add("custdyn-app", "custdyn-part", "custdyn-live");
    const end = render({ model, el });
    return () => {
      unlisten();
      end?.();
    };
  };
}

// A popup below a button, within the window.
function under(popup, button) {
  const at = button.getBoundingClientRect();
  const size = popup.getBoundingClientRect();
  const below = at.bottom + 4 + size.height < innerHeight || at.top < size.height;
  popup.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  popup.style.top = `${below ? at.bottom + 4 : at.top - size.height - 4}px`;
}
