// A list that stands in the page.
function render({ model, el }) {
  ownKeys(el);
  el.classList.add("custdyn-list-box");
  const list = listOf((message) => model.send(message), model.get("label"));
  el.append(list.root);
  const show = () => {
    const listed = model.get("listed");
    list.update(listed.columns ? listed : null);
  };
  return listen(model, ["listed"], show);
}

export default { render: shown(render) };
