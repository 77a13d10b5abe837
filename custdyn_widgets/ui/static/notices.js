// What the reader should know before the figures: each a title, words, and perhaps a list.
function render({ model, el }) {
  el.classList.add("custdyn-notices");
  const show = () => {
    el.replaceChildren(
      ...model.get("notices").map((notice) => {
        const alert = notice.tone === "failed";
        const made = element("div", `custdyn-notice ${notice.tone}`, {
          role: alert ? "alert" : "status",
        });
        made.append(icon(notice.tone === "info" || notice.tone === "welcome" ? "info" : "warn"));
        const text = element("div");
        text.append(element("strong", "", {}, notice.title), element("p", "", {}, notice.words));
        if (notice.items?.length) {
          const list = element("ul");
          list.append(...notice.items.map((item) => element("li", "", {}, item)));
          text.append(list);
        }
        if (notice.offer) {
          const button = element("button", "custdyn-press plain", { type: "button" }, notice.offer);
          button.addEventListener("click", () => model.send("taken"));
          text.append(button);
        }
        made.append(text);
        return made;
      }),
    );
  };
  return listen(model, ["notices"], show);
}

export default { render: shown(render) };
