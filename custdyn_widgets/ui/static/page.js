// The page as a whole: the query in the address bar, keys that work everywhere, paper.
const PRESET = ["theme", "template"]; // Voilà's own parameters stay in the address

function render({ model, el }) {
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
    if (event.altKey && event.code === "KeyQ" && !typing && app === meant()) {
      event.preventDefault();
      ask();
    }
  };
  const keyed = (event) => {
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
    gone.textContent = dead ? "The kernel was restarted. Run this cell again." : "";
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
    app.addEventListener("keydown", keyed);
    app.addEventListener("custdyn-asked", asked);
    for (const touch of ["focusin", "pointerdown"]) app.addEventListener(touch, used);
    document.addEventListener("keydown", anywhere);
    model.send({ type: "shown", link: ofVoila ? location.search : null });
  };
  requestAnimationFrame(attach);
  const unlisten = listen(model, ["link"], address);
  return () => {
    app?.removeEventListener("keydown", keyed);
    app?.removeEventListener("custdyn-asked", asked);
    for (const touch of ["focusin", "pointerdown"]) app?.removeEventListener(touch, used);
    document.removeEventListener("keydown", anywhere);
    life.disconnect();
    unlisten();
  };
}

export default { render: shown(render) };
