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
        const offers = element("div", "custdyn-offers");
        text.append(element("strong", "", {}, notice.title), element("p", "", {}, notice.words));
        for (const [taken, words] of notice.offers) {
          const button = element("button", "custdyn-press plain", { type: "button" }, words);
          button.addEventListener("click", () => model.send({ taken }));
          offers.append(button);
        }
        if (notice.offers.length) text.append(offers);
        if (notice.items?.length) {
          const list = element("ul");
          list.append(...notice.items.map((item) => element("li", "", {}, item)));
          text.append(list);
        }
        made.append(text);
        return made;
      }),
    );
  };
  return listen(model, ["notices"], show);
}

export default { render: shown(render) };
