// The tools of the table on the page: what they say reaches it through the page around both.
function render({ el }) {
  ownKeys(el);
  const tell = (detail) => el.closest(".custdyn-app")?.dispatchEvent(new CustomEvent("custdyn-filter", { detail }));
  const { root, end } = viewTools(tell);
  el.append(root);
  return end;
}

export default { render: shown(render) };
