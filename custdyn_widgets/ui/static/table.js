// The table of a report: createElement and textContent only, so that a name is never markup.
function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function header(data) {
  const head = element("thead");
  data.header.forEach((spans, level) => {
    const last = level === data.header.length - 1;
    const row = element("tr");
    row.append(element("th", "", { scope: "col" }));
    if (!last) {
      for (const [label, width] of spans)
        row.append(element("th", label, { scope: "colgroup", colspan: width }));
    } else {
      data.labels.forEach((label, place) =>
        row.append(
          element("th", label, {
            scope: "col",
            class: data.states[place],
            title: data.intervals[place],
          }),
        ),
      );
    }
    head.append(row);
  });
  return head;
}

function body(data) {
  const rows = element("tbody");
  for (const line of data.rows) {
    const row = element("tr");
    if (line.title !== undefined) {
      row.className = "block";
      row.append(element("th", line.title, { scope: "rowgroup", title: line.words }));
      row.append(element("td", "", { colspan: Math.max(data.states.length, 1) }));
    } else {
      row.append(element("th", line.name, { scope: "row", title: line.words }));
      line.values.forEach((value, place) => {
        const look = value === "N/A" ? "na" : value.startsWith("-") ? "neg" : "";
        const cell = element("td", value, { class: `${look} ${data.states[place]}` });
        const reason = line.reasons[place];
        if (reason) cell.title = reason;
        row.append(cell);
      });
    }
    rows.append(row);
  }
  return rows;
}

function render({ model, el }) {
  const draw = () => {
    const data = model.get("data");
    el.replaceChildren();
    if (!data.rows) return;
    const wrap = element("div", undefined, {
      class: "custdyn-wrap",
      tabindex: "0",
      role: "region",
      "aria-label": data.caption,
    });
    const table = element("table", undefined, { class: "custdyn" });
    table.append(element("caption", data.caption), header(data), body(data));
    wrap.append(table);
    el.append(wrap);
  };
  draw();
  model.on("change:data", draw);
  return () => model.off("change:data", draw);
}

export default { render };
