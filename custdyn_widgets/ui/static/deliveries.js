// What is made and sent: jobs, mails, the archive. What is done with them is decided in Python.
function render({ model, el }) {
  ownKeys(el);
  el.classList.add("custdyn-deliveries");
  el.setAttribute("role", "region");
  el.setAttribute("aria-label", tr("Sent reports"));
  const note = element("p", "custdyn-fault", { role: "status" });
  const chosen = [];

  const press = (label, named, message) => {
    const button = element("button", "custdyn-act", { type: "button", "aria-label": named }, label);
    button.dataset.key = named;
    button.addEventListener("click", () => model.send(message));
    return button;
  };
  const state = (name) => element("span", `custdyn-state ${name}`, {}, name);
  const table = (title, none, heads, rows) => {
    const part = element("section");
    part.append(element("h3", "", {}, title));
    if (!rows.length) {
      part.append(element("p", "custdyn-none", {}, none));
      return part;
    }
    const wrap = element("div", "custdyn-listing-wrap", { tabindex: "0", role: "region", "aria-label": title });
    const made = element("table", "custdyn-lines");
    const head = element("tr");
    head.append(...heads.map((text) => element("th", "", { scope: "col" }, text)));
    const top = element("thead");
    top.append(head);
    const body = element("tbody");
    for (const cells of rows) {
      const row = element("tr");
      for (const content of cells) {
        const cell = element("td");
        if (content !== null) cell.append(content);
        if (typeof content === "string") cell.title = content;
        row.append(cell);
      }
      body.append(row);
    }
    made.append(top, body);
    wrap.append(made);
    part.append(wrap);
    return part;
  };
  const done = (job) => {
    const bar = element("progress", "", { "aria-label": tr("{report}: how far it is", { report: job.title }), max: "1" });
    if (job.share !== null) bar.value = job.share;
    const words = element("span", "custdyn-doing");
    words.append(...(job.state === "running" ? [bar, " "] : []), job.words);
    return words;
  };
  const jobs = () => table(
    tr("In progress"), tr("Nothing in progress. To send a report, fill in Send to and press Query, or schedule a saved query."),
    [tr("Report"), tr("State"), tr("Asked"), "", ""],
    model.get("jobs").map((job) => [
      job.title, state(job.state), job.when, done(job),
      job.open ? press(tr("Cancel"), tr("Cancel {report}", { report: job.title }), { type: "cancel", name: job.id }) : null,
    ]),
  );
  const mails = () => table(
    tr("Deliveries"), tr("No delivery yet."), [tr("Recipient"), tr("State"), tr("Report"), tr("When"), tr("What the server said"), ""],
    model.get("mails").map((mail) => [
      mail.recipient, state(mail.state), mail.title, mail.when, mail.words,
      mail.state === "failed"
        ? press(tr("Retry"), tr("Retry {recipient}", { recipient: mail.recipient }), { type: "retry", name: mail.id }) : null,
    ]),
  );
  const choose = (run) => {
    const box = element("input", "", { type: "checkbox", "aria-label": tr("Compare {run}", { run: `${run.title}, ${run.when}` }) });
    box.checked = chosen.includes(run.id);
    box.dataset.key = `compare ${run.id}`;
    box.addEventListener("change", () => {
      if (box.checked) chosen.push(run.id);
      else chosen.splice(chosen.indexOf(run.id), 1);
      if (chosen.length > 2) chosen.shift();
      if (chosen.length === 2) model.send({ type: "compare", name: chosen[0], other: chosen[1] });
      show();
    });
    return box;
  };
  const runs = () => {
    const part = table(
      tr("Archive"), tr("No report has been sent yet."),
      ["", tr("Report"), tr("Made"), tr("As of"), tr("Mails"), tr("Result"), tr("File")],
      model.get("runs").map((run) => [
        choose(run), run.title, run.when, run.as_of, run.words, run.hash,
        press(run.file, tr("File {kind} of {run}", { kind: run.file, run: run.when }), { type: "file", name: run.id }),
      ]),
    );
    if (model.get("runs").length > 1) {
      part.children[0].after(element("p", "custdyn-none", {}, tr("Mark two runs to see what was restated between them.")));
    }
    return part;
  };
  const compared = () => {
    const { title, between, cells } = model.get("compared");
    if (!title || chosen.length !== 2) return [];
    const said = tr("Restated: {report}, as of {old} → {new}", { report: title, old: between[0], new: between[1] });
    return [table(
      said, tr("Nothing that was over was restated."), [tr("Block"), tr("Row"), tr("Bucket"), tr("Old"), tr("New")],
      cells.map((cell) => [cell.block, cell.row, cell.bucket, cell.old, cell.new]),
    )];
  };
  const show = () => {
    const focused = el.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    note.textContent = model.get("note");
    note.hidden = !note.textContent;
    const at = [...el.querySelectorAll(".custdyn-listing-wrap")].map((one) => one.scrollTop);
    el.replaceChildren(note, jobs(), mails(), runs(), ...compared());
    el.querySelectorAll(".custdyn-listing-wrap").forEach((one, number) => { one.scrollTop = at[number] ?? 0; });
    if (focused) el.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  };
  const received = (message, buffers) => {
    if (message.type === "file") save(message, buffers);
  };
  model.on("msg:custom", received);
  const unlisten = listen(model, ["jobs", "mails", "runs", "compared", "note"], show);
  return () => {
    unlisten();
    model.off("msg:custom", received);
  };
}

export default { render: shown(render) };
