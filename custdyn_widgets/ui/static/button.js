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

function render({ model, el }) {
  el.classList.add("custdyn-pressing");
  const button = element("button", "", { type: "button" });
  let busy = false;
  const show = () => {
    const label = model.get("label");
    const drawn = model.get("icon");
    button.className = `custdyn-press ${model.get("tone")}`;
    button.replaceChildren(...(drawn ? [icon(drawn)] : []), model.get("bare") ? "" : label);
    button.title = model.get("hint");
    if (model.get("bare")) button.setAttribute("aria-label", label);
    const expanded = model.get("expanded");
    if (expanded !== null) button.setAttribute("aria-expanded", String(expanded));
    if (model.get("on") !== null) button.setAttribute("aria-pressed", String(model.get("on")));
    button.disabled = busy || model.get("disabled");
  };
  button.addEventListener("click", () => {
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
