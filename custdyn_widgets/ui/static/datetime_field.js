// A wall-clock instant as text, to the second, in one form everywhere; a calendar to choose its day.
function render({ model, el }) {
  el.classList.add("custdyn-wallclock");
  ownKeys(el);
  const input = element("input", "custdyn-input", {
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "40",
    placeholder: "YYYY-MM-DD HH:MM:SS",
  });
  const calendar = element("button", "custdyn-calendar", { type: "button", title: tr("Choose a day") });
  calendar.append(icon("calendar"));
  const day = element("input", "custdyn-day", {
    type: "date",
    tabindex: "-1",
    "aria-hidden": "true",
  });

  let typed = false; // what is being typed is not written over
  const show = () => {
    input.setAttribute("aria-label", model.get("label"));
    calendar.setAttribute("aria-label", tr("{field}: choose a day", { field: model.get("label") }));
    input.setAttribute("aria-invalid", String(model.get("invalid")));
    el.classList.toggle("invalid", model.get("invalid"));
    if (!typed) input.value = model.get("value");
  };
  const give = (text) => {
    typed = false;
    if (text === model.get("value")) return;
    model.set("value", text);
    model.save_changes();
  };
  input.addEventListener("input", () => (typed = true));
  input.addEventListener("blur", () => typed && give(input.value.trim()));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && typed) give(input.value.trim());
  });
  calendar.addEventListener("click", () => {
    day.value = input.value.slice(0, 10);
    day.showPicker();
  });
  day.addEventListener("input", () => {
    if (!day.value) return;
    const clock = input.value.slice(10).trim() || model.get("clock");
    give(`${day.value} ${clock}`);
  });
  el.append(input, calendar, day);
  const unlisten = listen(model, ["value", "invalid", "label"], show);
  const received = (message) =>
    message.type === "focus" && requestAnimationFrame(() => input.focus());
  model.on("msg:custom", received);
  return () => {
    unlisten();
    model.off("msg:custom", received);
  };
}

export default { render: shown(render) };
