// The page as a whole: the query in the address bar, keys that work everywhere, paper.
const PRESET = ["theme", "template"]; // Voilà's own parameters stay in the address

const KEYS = [
  ["Alt+Q", tr("Query, from anywhere")],
  ["Ctrl+Enter", tr("Query, in the form")],
  ["Alt+E", tr("Open or fold the form")],
  [tr("Arrows, Home, End, Page Up, Page Down"), tr("Move through the figures; with Ctrl to the ends")],
  [tr("Shift+arrows, Ctrl+A"), tr("Select figures")],
  ["Ctrl+C", tr("Copy them, for a spreadsheet")],
  ["Enter", tr("Details of a figure; on a block: fold it")],
  [tr("→ on a package's block"), tr("Its card")],
  [tr("Arrows in the panel's title"), tr("The neighbouring figure")],
  ["Escape", tr("Close what is open")],
  ["?", tr("These keys")],
];

function keysHelp() {
  const help = element("div", "custdyn-popup custdyn-keys", { popover: "auto", role: "dialog", "aria-label": tr("Keys"), tabindex: "-1" });
  const list = element("dl");
  for (const [keys, words] of KEYS) list.append(element("dt", "", {}, keys), element("dd", "", {}, words));
  help.append(element("h2", "", {}, tr("Keys")), list);
  return help;
}

function render({ model, el }) {
  const help = keysHelp();
  el.append(help);
  el.classList.add("custdyn-page-state");
  const ofVoila = document.body.dataset.voila !== undefined;
  let app = null;

  const address = () => {
    if (!ofVoila || model.get("link") === null) return;
    const kept = [...new URLSearchParams(location.search)].filter(([name]) => PRESET.includes(name));
    const parts = [new URLSearchParams(kept).toString(), model.get("link")].filter(Boolean);
    const wanted = parts.length ? `?${parts.join("&")}` : "";
    if (wanted !== location.search)
      history.replaceState(null, "", location.pathname + wanted + location.hash);
  };
  // In a notebook the first report lies below the form: its cell scrolls there, once.
  let first = !ofVoila;
  const asked = () => {
    if (first) app.dataset.scrolls = "once";
    first = false;
  };
  const ask = () => {
    app.dispatchEvent(new Event("custdyn-asked"));
    model.send({ type: "query" });
  };
  const used = () => (app.dataset.used = Date.now());
  // Of several forms the one that holds the keyboard, else the one used last, else none.
  const meant = () => {
    const all = [...document.querySelectorAll(".custdyn-app:has(.custdyn-page-state)")].filter((one) => one.offsetParent);
    const lately = all.filter((one) => one.dataset.used);
    lately.sort((one, other) => other.dataset.used - one.dataset.used);
    return all.find((one) => one.contains(document.activeElement)) ?? lately[0] ?? (all.length === 1 ? all[0] : null);
  };
  const anywhere = (event) => {
    const typing = !app.contains(event.target) && event.target.closest?.("input, textarea, [contenteditable=true]");
    if (typing || app !== meant()) return;
    if (event.altKey && event.code === "KeyQ") {
      event.preventDefault();
      ask();
    } else if (event.altKey && event.code === "KeyE") {
      event.preventDefault();
      app.querySelector(".custdyn-edit")?.click();
    } else if (event.key === "?" && !event.target.closest?.("input, textarea, select")) {
      event.preventDefault();
      help.togglePopover();
      if (help.matches(":popover-open")) help.focus();
    }
  };
  const keyed = (event) => {
    // a sheet at the side: Escape presses its cross
    const sheet = event.key === "Escape" && event.target.closest?.(".custdyn-template, .custdyn-sent");
    if (sheet && !document.querySelector(".custdyn-popup:popover-open")) sheet.querySelector("[aria-label^=Close]")?.click();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      document.activeElement?.blur?.(); // a field that is being typed in gives its value first
      ask();
    }
  };
  // A form without its kernel takes no click: it says what to do instead.
  const gone = element("div", "custdyn-gone", { role: "alert" });
  const living = () => {
    const dead = app.classList.contains("jupyter-widgets-disconnected");
    if (dead === gone.isConnected) return;
    gone.textContent = dead ? tr("The kernel was restarted. Run this cell again.") : "";
    for (const child of app.children) child.inert = dead;
    if (dead) app.prepend(gone);
    else gone.remove();
  };
  const life = new MutationObserver(living);
  const attach = () => {
    app = el.closest(".custdyn-app");
    if (!app) {
      requestAnimationFrame(attach);
      return;
    }
    ownKeys(app);
    if (ofVoila) app.setAttribute("role", "main");
    life.observe(app, { attributeFilter: ["class"] });
    living();
    app.addEventListener("keydown", keyed, true); // fields of ipywidgets keep their keys to themselves
    app.addEventListener("custdyn-asked", asked);
    for (const touch of ["focusin", "pointerdown"]) app.addEventListener(touch, used);
    document.addEventListener("keydown", anywhere);
    model.send({ type: "shown", link: ofVoila ? location.search : null });
  };
  requestAnimationFrame(attach);
  const unlisten = listen(model, ["link"], address);
  return () => {
    app?.removeEventListener("keydown", keyed, true);
    app?.removeEventListener("custdyn-asked", asked);
    for (const touch of ["focusin", "pointerdown"]) app?.removeEventListener(touch, used);
    document.removeEventListener("keydown", anywhere);
    life.disconnect();
    unlisten();
  };
}

export default { render: shown(render) };
