// How the report was made.
function render({ model, el }) {
  const show = () => {
    el.classList.add("custdyn-facts");
    el.replaceChildren(...sectionsOf(model.get("sections")));
  };
  el.setAttribute("role", "region");
  el.setAttribute("aria-label", tr("About this report"));
  return listen(model, ["sections"], show);
}

export default { render: shown(render) };
