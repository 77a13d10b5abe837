// The query in one line of chips: what the form folds into.
function render({ model, el }) {
  ownKeys(el);
  el.classList.add("custdyn-summary");
  const press = (label, drawn, sent) => {
    const button = element("button", "custdyn-press quiet", { type: "button", "aria-label": label, title: label });
    button.append(icon(drawn));
    button.addEventListener("click", () => model.send(sent));
    return button;
  };
  const back = press(tr("Previous period"), "back", { type: "step", by: -1 });
  const next = press(tr("Next period"), "next", { type: "step", by: 1 });
  const now = element("button", "custdyn-press quiet", { type: "button" }, tr("to date"));
  now.title = tr("The same period up to today");
  now.addEventListener("click", () => model.send({ type: "step", by: 0 }));
  const chips = element("span", "custdyn-chips", { role: "group", "aria-label": tr("The query") });
  const edit = element("button", "custdyn-press custdyn-edit", { type: "button", title: "Alt+E" });
  edit.append(icon("edit"), element("span", "custdyn-text", {}, tr("Edit")));
  edit.addEventListener("click", () => model.send({ type: "fold", folded: !model.get("folded") }));
  let was = false;
  const show = () => {
    const folded = model.get("folded");
    const made = model.get("chips").map(([field, text]) => {
      const chip = element("button", "custdyn-chip", { type: "button", title: tr("Change it") }, text);
      chip.addEventListener("click", () => model.send({ type: "fold", folded: false, field }));
      return chip;
    });
    made[0]?.classList.add("custdyn-when");
    chips.replaceChildren(...made);
    now.hidden = !model.get("goes_on");
    edit.setAttribute("aria-expanded", String(!folded));
    edit.lastChild.textContent = folded ? tr("Edit") : tr("Fold");
    el.closest(".custdyn-app")?.classList.toggle("custdyn-folded", folded);
    chips.hidden = !folded;
    if (folded && !was) requestAnimationFrame(() => el.parentElement?.scrollIntoView({ block: "nearest" }));
    was = folded; // what is above the report in a notebook has become less
  };
  el.append(back, next, now, chips, edit);
  requestAnimationFrame(show); // the app is around it only then
  return listen(model, ["chips", "folded", "goes_on"], show);
}

export default { render: shown(render) };
