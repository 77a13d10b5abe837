// A colour to choose; the browser's own field for it.
function render({ model, el }) {
  el.classList.add("custdyn-swatch");
  const input = element("input", "", { type: "color" });
  input.addEventListener("change", () => {
    model.set("value", input.value);
    model.save_changes();
  });
  el.append(input);
  return listen(model, ["value", "label"], () => {
    input.value = model.get("value");
    input.setAttribute("aria-label", model.get("label"));
    input.title = model.get("label");
  });
}

export default { render: shown(render) };
