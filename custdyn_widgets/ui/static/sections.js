// Sections of facts, each a label and a text: how a report was made, what a cell is.
const MOST = 8; // more of one label are folded away

function pairs(facts) {
  const list = element("dl");
  let before = null; // a label that stays is said once
  for (const [label, text] of facts) {
    list.append(element("dt", "", {}, label === before ? "" : label), element("dd", "", {}, text));
    before = label;
  }
  return list;
}

function sectionsOf(listed) {
  return listed.map(([title, facts]) => {
    const section = element("section");
    section.append(element("h3", "", {}, title));
    const count = {};
    for (const [label] of facts) count[label] = (count[label] ?? 0) + 1;
    section.append(pairs(facts.filter(([label]) => count[label] <= MOST)));
    for (const label of Object.keys(count).filter((one) => count[one] > MOST)) {
      const fold = element("details");
      fold.append(element("summary", "", {}, `${label} (${count[label]})`));
      fold.append(pairs(facts.filter((fact) => fact[0] === label)));
      section.append(fold);
    }
    return section;
  });
}

