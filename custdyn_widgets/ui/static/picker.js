// A field that is searched as one types: chips for what is chosen, a list for what is found.
// The choices stay in Python; the page is given the first ones that match.
function render({ model, el }) {
  const name = unique("picker");
  const menu = model.get("mode") === "menu";
  const multiple = model.get("multiple");
  const free = model.get("mode") === "free";
  el.classList.add("custdyn-picker");
  ownKeys(el);

  const label = element("label", "custdyn-label", { for: name });
  const box = element("div", `custdyn-box ${multiple ? "" : "single"}`);
  const input = element("input", "custdyn-input", {
    id: name,
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "1000",
  });
  const popup = element("div", "custdyn-popup", { popover: "manual" });
  const list = element("div", "custdyn-list", {
    id: `${name}-list`,
    role: "listbox",
    tabindex: "-1", // a list that scrolls would be a stop for the Tab key
  });
  const words = element("div", "custdyn-more", { role: "status" });
  const button = element("button", "custdyn-press custdyn-add", {
    type: "button",
    "aria-haspopup": "dialog",
    "aria-expanded": "false",
  });
  if (!free) {
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");
  }
  popup.append(list, words);
  if (menu) {
    const bar = element("div", "custdyn-bar");
    bar.append(input);
    popup.prepend(bar);
    popup.setAttribute("role", "dialog");
    el.append(button, popup);
  } else {
    box.append(input);
    el.append(label, box, popup);
  }

  let shown = []; // the choices in the list
  let active = -1;
  let serial = 0; // of the newest search; older answers are not shown
  let waiting = false;
  let next = null; // what was typed while an answer was on its way
  let typed = false; // since the list was opened
  let enter = false; // Enter was pressed before the answer came

  const open = () => popup.matches(":popover-open");

  function place() {
    const over = (menu ? button : box).getBoundingClientRect();
    const width = Math.min(Math.max(over.width, 280), window.innerWidth - 16);
    const below = window.innerHeight - over.bottom;
    const up = below < 240 && over.top > below;
    popup.style.width = `${width}px`;
    const left = menu && over.left + width > window.innerWidth - 8 ? over.right - width : over.left;
    popup.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`;
    popup.style.top = up ? "auto" : `${over.bottom + 4}px`;
    popup.style.bottom = up ? `${window.innerHeight - over.top + 4}px` : "auto";
    list.style.maxHeight = `${Math.max(120, Math.min(320, (up ? over.top : below) - 70))}px`;
  }

  function show() {
    if (free || open() || !el.isConnected) return;
    popup.showPopover();
    place();
    (menu ? button : input).setAttribute("aria-expanded", "true");
    window.addEventListener("scroll", place, true);
    window.addEventListener("resize", place);
    document.addEventListener("pointerdown", outside, true);
  }

  function hide() {
    typed = false;
    enter = false;
    next = null;
    if (!open()) return;
    popup.hidePopover();
    (menu ? button : input).setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    window.removeEventListener("scroll", place, true);
    window.removeEventListener("resize", place);
    document.removeEventListener("pointerdown", outside, true);
  }

  function outside(event) {
    if (!el.contains(event.target)) leave();
  }

  function search() {
    if (free) return;
    const text = typed || menu ? input.value : "";
    if (waiting) {
      next = text;
      return;
    }
    waiting = true;
    model.send({ type: "search", text, serial: ++serial });
  }

  function mark(place_) {
    active = place_;
    [...list.querySelectorAll("[role=option]")].forEach((option, place) => {
      option.classList.toggle("active", place === active);
      if (place === active) {
        input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    });
    if (active < 0) input.removeAttribute("aria-activedescendant");
  }

  function fill(message) {
    shown = message.choices;
    const lines = [];
    let group = "";
    shown.forEach((choice, place) => {
      if (choice.group && choice.group !== group) {
        group = choice.group;
        lines.push(element("div", "custdyn-group", { role: "presentation" }, group));
      }
      const option = element("div", "custdyn-option", {
        role: "option",
        id: `${name}-${place}`,
        "aria-selected": String(Boolean(choice.chosen)),
      });
      option.append(element("span", "custdyn-name", {}, choice.label));
      if (choice.hint) option.append(element("span", "custdyn-hint", {}, choice.hint));
      option.addEventListener("pointermove", () => active === place || mark(place));
      option.addEventListener("click", () => choose(choice));
      lines.push(option);
    });
    list.replaceChildren(...lines);
    words.textContent = message.words;
    words.hidden = !message.words;
    const chosen = shown.findIndex((choice) => choice.chosen);
    mark(shown.length ? (!typed && !multiple && chosen >= 0 ? chosen : 0) : -1);
    if (open()) place();
  }

  function choose(choice) {
    model.send({ type: "choose", value: choice.value });
    typed = false;
    if (multiple) {
      input.value = "";
      input.focus();
      search();
    } else {
      hide();
      if (menu) button.focus();
      else input.value = choice.label;
    }
  }

  function add() {
    const text = input.value.trim();
    if (!text) return;
    model.send({ type: "add", text });
    input.value = "";
  }

  // What was typed and not chosen: kept where any text will do, else put back.
  function leave() {
    if (free) add();
    else if (menu) input.value = "";
    else if (multiple) input.value = "";
    else if (typed) model.send({ type: "add", text: input.value.trim() });
    hide();
  }

  function keyed(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && open()) {
      hide();
      draw();
      if (menu) button.focus();
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Tab") {
      leave();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (free) return;
      event.preventDefault();
      if (!open()) {
        show();
        search();
      } else if (shown.length) {
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark((active + step + shown.length) % shown.length);
      }
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      if (free) {
        event.preventDefault();
        add();
      } else if (open() && (waiting || next !== null)) {
        event.preventDefault();
        enter = true; // the answer is on its way
      } else if (open() && active >= 0) {
        event.preventDefault();
        choose(shown[active]);
      } else if (!multiple && !menu && typed) {
        leave();
      }
    } else if (free && [",", ";", " "].includes(event.key) && input.value.trim()) {
      event.preventDefault();
      add();
    } else if (event.key === "Backspace" && !input.value && multiple) {
      const last = model.get("chosen").at(-1);
      if (last) model.send({ type: "remove", value: last.value });
    }
  }

  function draw() {
    const chosen = model.get("chosen");
    label.textContent = model.get("label");
    label.title = model.get("help") ?? "";
    button.replaceChildren(element("span", "custdyn-text", {}, model.get("label")));
    button.setAttribute("aria-label", model.get("label"));
    button.title = model.get("icon") === "add" ? "" : model.get("label");
    button.prepend(icon(model.get("icon")));
    if (model.get("icon") !== "add") button.append(icon("down"));
    list.setAttribute("aria-label", model.get("label"));
    popup.setAttribute("aria-label", model.get("label"));
    input.placeholder = multiple && chosen.length ? "" : model.get("placeholder");
    input.setAttribute("aria-invalid", String(model.get("invalid")));
    if (menu) input.setAttribute("aria-label", model.get("placeholder"));
    label.classList.toggle("custdyn-unseen", model.get("quiet"));
    if (model.get("quiet")) input.title = `${model.get("label")}: ${model.get("help")}`;
    el.classList.toggle("invalid", model.get("invalid"));
    if (!multiple && !menu && !typed) input.value = chosen[0]?.label ?? "";
    box.querySelectorAll(".custdyn-chip").forEach((chip) => chip.remove());
    if (!multiple) return;
    for (const one of chosen) {
      const chip = element("span", `custdyn-chip ${one.fault ? "fault" : ""}`);
      chip.title = one.fault || one.hint || "";
      const cross = element("button", "custdyn-cross", {
        type: "button",
        "aria-label": tr("Remove {name}", { name: one.label }),
      });
      cross.append(icon("cross"));
      cross.addEventListener("click", () => {
        model.send({ type: "remove", value: one.value });
        input.focus({ preventScroll: true });
        hide();
      });
      chip.append(element("span", "custdyn-name", {}, one.label), cross);
      box.insertBefore(chip, input);
    }
  }

  function received(message) {
    if (message.type === "found" && message.serial === serial) {
      waiting = false;
      if (next !== null) {
        next = null;
        search();
        return;
      }
      fill(message);
      if (enter && active >= 0) choose(shown[active]);
      enter = false;
    } else if (message.type === "again" && open()) {
      search();
    } else if (message.type === "taken" && !typed) {
      input.value = message.text; // unless the next value is being typed already
      draw();
    } else if (message.type === "focus") {
      requestAnimationFrame(() => {
        (menu ? button : input).focus();
        if (menu || free) return;
        show(); // what there is to choose from is seen at once
        search();
      });
    }
  }

  input.addEventListener("input", () => {
    typed = true;
    show();
    search();
  });
  input.addEventListener("keydown", keyed);
  input.addEventListener("focus", () => {
    if (!multiple && !menu) input.select();
  });
  input.addEventListener("click", () => {
    if (free || open()) return;
    show();
    search();
  });
  input.addEventListener("blur", (event) => {
    if (!popup.contains(event.relatedTarget)) leave();
  });
  input.addEventListener("paste", () => free && setTimeout(add));
  popup.addEventListener("pointerdown", (event) => {
    if (event.target !== input) event.preventDefault(); // the field keeps the focus
  });
  box.addEventListener("pointerdown", (event) => {
    if (event.target === box) {
      event.preventDefault();
      input.focus();
    }
  });
  button.addEventListener("click", () => {
    if (open()) {
      hide();
      return;
    }
    input.value = "";
    show();
    search();
    input.focus();
  });
  const unlisten = listen(model, ["chosen", "label", "placeholder", "invalid", "help"], draw);
  model.on("msg:custom", received);
  return () => {
    hide();
    unlisten();
    model.off("msg:custom", received);
  };
}

export default { render: shown(render) };
