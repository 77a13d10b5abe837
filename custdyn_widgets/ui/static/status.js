// What is being done, for how long and how much of it; or what has been done.
function render({ model, el }) {
  el.classList.add("custdyn-status");
  const words = element("span", "custdyn-words", { role: "status" });
  const elapsed = element("span", "custdyn-elapsed", { "aria-hidden": "true" });
  const bar = element("div", "custdyn-progress", { role: "progressbar" });
  const fill = element("div");
  bar.append(fill);
  el.append(words, elapsed, bar);
  let since = 0;
  let ticking = 0;
  let waiting = 0;

  const tick = () => {
    const seconds = (performance.now() - since) / 1000;
    const share = model.get("share");
    const left = (seconds * (1 - share)) / share;
    const more = seconds > 2 && share > 0.02 && share < 1 ? tr(", about {seconds} s left", { seconds: Math.ceil(left) }) : "";
    elapsed.textContent = `${seconds.toFixed(1)} s${more}`;
  };
  const show = () => {
    const running = model.get("running");
    clearTimeout(waiting);
    words.textContent = model.get("words");
    bar.setAttribute("aria-label", model.get("words") || tr("Progress"));
    const share = model.get("share");
    bar.classList.toggle("unknown", share < 0);
    fill.style.width = share < 0 ? "" : `${Math.round(share * 100)}%`;
    if (share < 0) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    if (running && !ticking) {
      since = performance.now();
      ticking = setInterval(tick, 100);
      tick();
    } else if (!running && ticking) {
      clearInterval(ticking);
      ticking = 0;
    }
    el.classList.toggle("running", running);
  };
  const again = (message) => {
    clearTimeout(waiting);
    if (message.type === "restart") since = performance.now();
  };
  // Query was pressed: where the kernel does not answer, it runs a cell.
  const asked = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      words.textContent = tr("Waiting for the kernel, which runs a cell …");
    }, 700);
  };
  let app = null;
  requestAnimationFrame(() => {
    app = el.closest(".custdyn-app");
    app?.addEventListener("custdyn-asked", asked);
  });
  model.on("msg:custom", again);
  const unlisten = listen(model, ["running", "words", "share"], show);
  return () => {
    clearInterval(ticking);
    clearTimeout(waiting);
    app?.removeEventListener("custdyn-asked", asked);
    model.off("msg:custom", again);
    unlisten();
  };
}

export default { render: shown(render) };
