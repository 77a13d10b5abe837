// A button with an icon of ours; what it does is decided in Python.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // a page that is not served from this machine or by https has no clipboard: the old way
    const area = element("textarea", "", { style: "position:fixed;opacity:0" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

// The buttons next to it, in a list below it that a click on one of them closes.
function opensMenu(button, el) {
  const list = el.parentElement?.querySelector(".custdyn-menu");
  if (!list) return requestAnimationFrame(() => el.isConnected && opensMenu(button, el));
  list.popover = "auto";
  button.popoverTargetElement = list;
  button.setAttribute("aria-expanded", "false");
  list.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", String(newState === "open"));
    if (newState === "open") under(list, button);
  });
  list.addEventListener("click", ({ target }) => target.closest("button") && list.hidePopover());
}

function render({ model, el }) {
  el.classList.add("custdyn-pressing");
  const button = element("button", "", { type: "button" });
  let busy = false;
  const show = () => {
    const label = model.get("label");
    const drawn = model.get("icon");
    button.className = `custdyn-press ${model.get("tone")}`;
    const text = model.get("bare") ? [] : [element("span", "custdyn-text", {}, model.get("short") || label)];
    const opens = model.get("act") === "menu" ? [icon("down")] : [];
    button.replaceChildren(...(drawn ? [icon(drawn)] : []), ...text, ...opens);
    button.title = model.get("hint") || (model.get("short") || model.get("icon") ? label : "");
    button.setAttribute("aria-label", label); // where it is narrow, its icon is all that is seen
    const expanded = model.get("expanded");
    if (expanded !== null) button.setAttribute("aria-expanded", String(expanded));
    if (model.get("on") !== null) button.setAttribute("aria-pressed", String(model.get("on")));
    button.disabled = busy || model.get("disabled");
  };
  const act = model.get("act");
  if (act === "menu") requestAnimationFrame(() => opensMenu(button, el));
  button.addEventListener("click", () => {
    if (act === "menu") return;
    if (act === "print") return window.print();
    busy = model.get("waits");
    show();
    if (model.get("tone") === "primary") el.dispatchEvent(new Event("custdyn-asked", { bubbles: true }));
    model.send({ type: "press", address: location.origin + location.pathname });
  });
  const focus = (idle) => (!idle || document.activeElement === document.body) && button.focus();
  const parts = [];
  const received = async (message, buffers) => {
    if (message.type === "part") {
      parts.push(new Blob(buffers));
      return model.send({ type: "taken" });
    }
    busy = false;
    show();
    if (message.type === "file") save(message, [...parts, ...buffers]);
    parts.length = 0;
    if (message.type === "focus") requestAnimationFrame(() => focus(message.idle));
    if (message.type === "copy") model.send({ type: "copied", done: await copy(message.text) });
  };
  const traits = ["label", "icon", "tone", "disabled", "expanded", "on", "hint"];
  const unlisten = listen(model, traits, show);
  model.on("msg:custom", received);
  el.append(button);
  return () => {
    unlisten();
    model.off("msg:custom", received);
  };
}

export default { render: shown(render) };
