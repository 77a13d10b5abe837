// A button; the file comes as a buffer of a message and becomes a download of the browser.
function render({ model, el }) {
  const button = document.createElement("button");
  button.className = "jupyter-button widget-button custdyn-download";
  button.type = "button";
  const show = () => {
    button.textContent = model.get("label");
    button.disabled = model.get("disabled");
  };
  button.addEventListener("click", () => {
    button.disabled = true;
    model.send({ type: "get" });
  });
  const received = (message, buffers) => {
    button.disabled = model.get("disabled");
    if (message.type !== "file") return;
    const address = URL.createObjectURL(new Blob(buffers, { type: message.media }));
    const link = document.createElement("a");
    link.href = address;
    link.download = message.name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  };
  show();
  model.on("change:label change:disabled", show);
  model.on("msg:custom", received);
  el.append(button);
  return () => {
    model.off("change:label change:disabled", show);
    model.off("msg:custom", received);
  };
}

export default { render };
