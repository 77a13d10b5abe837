// What is behind a cell: its clients, their entries, and the cell in words, in a panel at the side.
const views = new Set(); // of one panel, where an output has another view
const LEAST = 340; // pixels, of the panel, and of the figures next to it
const ROOM = 1000; // below that it lies over them
const LISTS = ".custdyn-popup:popover-open, .custdyn-menu:popover-open";
const FIGURES = ".custdyn-wrap, .custdyn-vega, .custdyn-popup, .custdyn-menu, .custdyn-foot";
const STEPS = [
  [tr("Row above"), "up", -1, 0, "Up"],
  [tr("Row below"), "down", 1, 0, "Down"],
  [tr("Bucket before"), "back", 0, -1, "Left"],
  [tr("Next bucket"), "next", 0, 1, "Right"],
];

function render({ model, el }) {
  ownKeys(el);
  // by itself it is where it was put; on the page it opens over it, at the side
  const inline = model.get("alone");
  const kind = inline ? { role: "region" } : { popover: "manual", role: "dialog" };
  const panel = element("aside", inline ? "custdyn-drill inline" : "custdyn-drill", { ...kind, id: unique("drill") });
  panel.hidden = inline;
  const isOpen = () => (inline ? !panel.hidden : panel.matches(":popover-open"));
  const head = element("header");
  const title = element("h2", "", { id: unique("title"), tabindex: "-1" });
  panel.setAttribute("aria-labelledby", title.id);
  const value = element("output", "value");
  const shut = element("button", "custdyn-press quiet", { type: "button", "aria-label": tr("Close") });
  shut.append(icon("cross"));
  const words = element("div");
  words.append(title, value);
  const steps = element("div", "custdyn-steps", { role: "group", "aria-label": tr("Neighbouring figures") });
  for (const [label, drawn, down, right] of STEPS) {
    const button = element("button", "custdyn-press quiet", { type: "button", "aria-label": label, title: label });
    button.append(icon(drawn));
    button.addEventListener("click", () => model.send({ type: "step", down, right }));
    steps.append(button);
  }
  head.append(words, steps, shut);
  const tabs = element("div", "custdyn-tabs", { role: "tablist", "aria-label": tr("What is shown") });
  const crumb = element("button", "custdyn-press quiet custdyn-crumb", { type: "button" });
  const proof = element("p", "custdyn-proof", { role: "status" });
  const said = element("div", "custdyn-beside");
  const body = element("div", "custdyn-drill-body", { role: "tabpanel" });
  const list = listOf((message) => model.send(message), tr("Lines"));
  const facts = element("div", "custdyn-explained");
  body.append(list.root, facts);
  const foot = element("footer");
  for (const [kind, label] of [["csv", tr("Export to CSV")], ["xlsx", tr("Export to XLSx")]]) {
    const button = element("button", "custdyn-press", { type: "button" });
    button.append(icon("save"), label);
    button.addEventListener("click", () => model.send({ type: "file", kind }));
    foot.append(button);
  }
  const grip = element("div", "custdyn-grip", { role: "separator", "aria-orientation": "vertical", "aria-label": tr("Width of the panel"), tabindex: "0" });
  panel.append(...(inline ? [] : [grip]), head, tabs, crumb, proof, said, body, foot);
  el.append(panel);

  const narrow = matchMedia("(max-width: 600px)"); // where it would open a keyboard on the screen
  let opener = null;
  let shown = -1;
  const close = () => {
    beside(0);
    if (!isOpen()) return;
    if (inline) panel.hidden = true;
    else panel.hidePopover();
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    opener = null;
  };
  shut.addEventListener("click", () => model.send({ type: "close" }));
  crumb.addEventListener("click", () => model.send({ type: "back" }));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      model.send({ type: model.get("view").crumb ? "back" : "close" });
    }
    const aimed = event.target === title || steps.contains(event.target);
    const moved = STEPS.find((one) => `Arrow${one[4]}` === event.key);
    if (aimed && moved && !steps.hidden) {
      event.preventDefault();
      model.send({ type: "step", down: moved[2], right: moved[3] });
    }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step && event.target.getAttribute("role") === "tab") {
      const all = [...tabs.children];
      const aim = all[(all.indexOf(event.target) + step + all.length) % all.length];
      model.send({ type: "tab", key: aim.dataset.key });
    }
  });

  const tab = ([key, label], chosen) => {
    const own = key === chosen;
    const button = element("button", "custdyn-tab", {
      type: "button", role: "tab", "aria-selected": String(own), tabindex: own ? "0" : "-1",
    }, label);
    button.dataset.key = key;
    button.addEventListener("click", () => model.send({ type: "tab", key }));
    return button;
  };
  const since = (view) => {
    const section = element("section");
    section.append(element("h3", "", {}, view.since.title), pairs(view.since.facts));
    for (const [name, text] of view.since.changes) {
      const button = element("button", "custdyn-press custdyn-change", { type: "button" });
      button.append(element("strong", "", {}, name), element("span", "", {}, text));
      button.addEventListener("click", () => model.send({ type: "change", name }));
      section.append(button);
    }
    return section;
  };
  // In a notebook it stays within the output, as far as that can be seen.
  const inNotebook = document.body.dataset.voila === undefined;
  const app = () => el.closest(".custdyn-app");
  // Where there is room the figures make way for it, and all of them can still be reached.
  const wide = () => {
    const room = app()?.clientWidth ?? innerWidth;
    return room < ROOM ? 0 : Math.max(LEAST, Math.min(readLook().panel, room - LEAST));
  };
  const beside = (room) => {
    if (inline || !app()) return;
    app().style.paddingRight = room ? `${room + 12}px` : "";
    app().classList.toggle("custdyn-narrowed", room > 0);
  };
  const broad = () => {
    const room = wide();
    panel.style.width = room ? `${room}px` : "";
    beside(isOpen() ? room : 0);
    grip.setAttribute("aria-valuenow", String(room));
    grip.setAttribute("aria-valuemin", String(LEAST));
    grip.setAttribute("aria-valuemax", String((app()?.clientWidth ?? innerWidth) - LEAST));
  };
  const widen = (by) => setLook({ panel: Math.max(LEAST, Math.min(wide() + by, innerWidth - LEAST)) });
  grip.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: 40, ArrowRight: -40 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    widen(by);
  });
  grip.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    const right = panel.getBoundingClientRect().right;
    const move = ({ clientX }) => setLook({ panel: Math.max(LEAST, right - clientX) });
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", () => grip.removeEventListener("pointermove", move), { once: true });
  });
  const place = () => {
    if (inline) return;
    broad();
    if (!inNotebook || !app()) return;
    const around = app().getBoundingClientRect();
    const pane = (app().closest(".jp-WindowedPanel-outer, .jp-Notebook, .jp-LinkedOutputView") ?? document.body).getBoundingClientRect();
    const top = Math.max(around.top, pane.top, 0);
    const bottom = Math.min(around.bottom, pane.bottom, innerHeight);
    panel.style.inset = `${top}px ${innerWidth - Math.min(around.right, pane.right)}px auto auto`;
    panel.style.height = `${Math.max(bottom - top, 240)}px`;
    panel.style.maxWidth = `${around.width}px`;
  };
  const used = (one) => Number(one.closest(".custdyn-app")?.dataset.used ?? 0);
  const show = () => {
    const view = model.get("view");
    const other = [...views].some((one) => one !== el && one.isConnected && used(one) > used(el));
    if (!view.open || (other && !inline)) return close();
    const was = document.activeElement;
    title.textContent = view.title;
    value.textContent = asWritten(view.value);
    steps.hidden = !view.steps;
    value.className = view.value.startsWith("-") ? "value neg" : "value";
    const inTabs = tabs.contains(was);
    tabs.replaceChildren(...view.tabs.map((one) => tab(one, view.tab)));
    tabs.hidden = Boolean(view.crumb);
    crumb.hidden = !view.crumb;
    crumb.replaceChildren(icon("back"), view.crumb);
    proof.textContent = view.failure || (view.busy ? tr("Reading …") : view.proof);
    proof.className = `custdyn-proof ${view.failure || view.disproven ? "failed" : view.busy ? "busy" : "holds"}`;
    proof.hidden = !proof.textContent;
    said.replaceChildren(...(view.busy ? [] : view.beside).map((one) => element("p", "", {}, one)));
    list.update(view.busy || view.failure ? null : view.list);
    facts.replaceChildren(...(view.busy ? [] : sectionsOf(view.sections)));
    if (!view.busy && view.since) facts.append(since(view));
    facts.hidden = !facts.childElementCount;
    foot.hidden = view.busy || !view.list;
    if (inline) panel.hidden = false;
    else if (!isOpen()) {
      opener = was;
      panel.showPopover();
      place();
    } else if (view.ticket !== shown && !panel.contains(was)) opener = was;
    if (inline && !panel.contains(was)) shown = view.ticket; // the keyboard stays where it is
    else if (view.ticket !== shown && !steps.contains(was)) title.focus({ preventScroll: true });
    else if (inTabs && !view.crumb) tabs.querySelector("[aria-selected=true]").focus();
    else if (!panel.contains(document.activeElement)) (view.crumb ? crumb : title).focus({ preventScroll: true });
    else if (document.activeElement === title && view.list?.searches && !view.busy && !narrow.matches)
      list.root.querySelector("input").focus({ preventScroll: true });
    shown = view.ticket;
  };
  const received = (message, buffers) => {
    if (message.type === "file") save(message, buffers);
  };
  // Escape closes it wherever the keyboard is, and so does a click that is not on the figures.
  const anywhere = (event) => {
    if (inline || !isOpen() || event.defaultPrevented || panel.contains(event.target)) return;
    if (event.key === "Escape" && !document.querySelector(LISTS)) model.send({ type: "close" });
  };
  const outside = ({ target }) => {
    if (inline || !isOpen() || panel.contains(target)) return;
    if (!target.closest?.(FIGURES) && target !== document.documentElement) model.send({ type: "close" });
  };
  document.addEventListener("keydown", anywhere);
  document.addEventListener("pointerdown", outside);
  const unlook = onLook(() => (show(), place()));
  views.add(el);
  for (const move of ["scroll", "resize"]) window.addEventListener(move, place, true);
  model.on("msg:custom", received);
  const busy = () => panel.setAttribute("aria-busy", String(model.get("view").busy || model.get("turning")));
  const unlisten = listen(model, ["view"], show);
  const unlistenBusy = listen(model, ["view", "turning"], busy);
  return () => {
    close();
    unlook();
    document.removeEventListener("keydown", anywhere);
    document.removeEventListener("pointerdown", outside);
    views.delete(el);
    for (const move of ["scroll", "resize"]) window.removeEventListener(move, place, true);
    model.off("msg:custom", received);
    unlisten();
    unlistenBusy();
  };
}

export default { render: shown(render) };
