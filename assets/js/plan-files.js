/* A measurement plan as files for other programs. The rules are those of
   personomics/plans/{redcap,protocol,citations}.py; W holds their words. */
(() => {
  "use strict";
  const say = (template, ...values) => window.pcPlan.say(template, ...values);
  const plain = (text) => window.pcPlan.plain(text);
  const year = (tool) => tool.year === null ? "" : String(tool.year);
  const join = (texts) => texts.join("; ");
  const spaced = (texts) => texts.filter(Boolean).join(" ");

  // REDCap
  const STEM = 26 - "_reason".length, FORM_WORDS = 30, FORM_ID = 12, FORM = 60;
  const FIRST_FORM = "measurement_plan";
  const LOOKALIKE = { "<": "‹", ">": "›", "[": "(", "]": ")", "{": "(", "}": ")" };
  const bare = (text) => text.replace(/[<>[\]{}]/g, (c) => LOOKALIKE[c]);
  const harmless = (text) => bare(text).replace(/@/g, "(at)");
  const ends = (text) => text.replace(/^_+|_+$/g, "");
  const slug = (text) => ends(text.replace(/[^A-Za-z0-9]+/g, "_")).toLowerCase();

  const unused = (asked, taken, size) => {
    const wanted = asked.startsWith("redcap") ? `pc_${asked}` : asked;
    let name = ends(wanted.slice(0, size));
    for (let number = 2; taken.has(name); number += 1) {
      name = ends(wanted.slice(0, size - `_${number}`.length)) + `_${number}`;
    }
    taken.add(name);
    return name;
  };
  const formName = (key, name, timing, taken) => {
    const words = [slug(key).slice(0, FORM_ID), ends(slug(name).slice(0, FORM_WORDS))];
    const end = timing === "baseline" ? "baseline" : "repeated";
    return unused([...words, end].filter(Boolean).join("_"), taken, FORM);
  };
  const field = (name, form, type, label, more) => {
    const m = { section: "", choices: "", note: "", kind: "", branch: "", required: "", mark: "", ...more };
    return [name, form, m.section, type, label, m.choices, m.note, m.kind, "", "", "", m.branch, m.required, "", "", "", "", m.mark];
  };
  const annotation = (plan, what, w) => harmless(say(w.made, plan.version, what));

  /** The fields that hold when something was given, and why it was not. */
  const date = (stem, form, name, branch, mark, w) =>
    field(`${stem}_date`, form, "text", say(w.date, name), { kind: "date_ymd", branch, mark });
  const reason = (stem, form, name, branch, mark, w) =>
    field(`${stem}_reason`, form, "dropdown", say(w.reason, name), { choices: w["reason choices"], branch, mark });

  const instrumentForm = (plan, tool, taken, w) => {
    const stem = unused(`${slug(tool.id)}_${slug(tool.abbreviation)}`, taken, STEM);
    const form = formName(tool.id, tool.short, tool.timing, taken);
    const name = bare(tool.short), mark = annotation(plan, tool.id, w);
    const serves = tool.factors.map((f) => say(w[f.directness], f.label));
    const optional = tool.factors.every((f) => f.directness === "proxy");
    const used = optional ? `[${stem}_use] = '1'` : "";
    const [given, missed] = ["1", "0"].map((yes) => `${used}${used ? " and " : ""}[${stem}_given] = '${yes}'`);
    const facts = `${tool.length_text}; ${tool.minutes_text}. ${tool.timing_text}`;
    const near = join(tool.factors.map((f) => f.label));
    const loinc = tool.loinc ? say(w.loinc, tool.loinc) : "";
    const asked = w[tool.n_items === 1 ? "code" : "score"];
    const rows = [
      ...(optional ? [field(`${stem}_use`, form, "yesno", say(w.use, name), { note: bare(say(w["use note"], near)), mark })] : []),
      field(`${stem}_given`, form, "yesno", say(w.given, name), { note: bare(facts), branch: used, required: "y", mark }),
      date(stem, form, name, given, mark, w),
      ...(tool.reporter_text ? [field(`${stem}_by`, form, "radio", say(w.by, name),
        { choices: w["by choices"], note: bare(say(w["by note"], tool.reporter)), branch: given, mark })] : []),
      field(`${stem}_score`, form, "text", say(asked, name), {
        kind: "number", note: bare(say(w["score note"], loinc).replace(/ +$/, "")), branch: given,
        mark: join([mark, harmless(loinc)].filter(Boolean)),
      }),
      reason(stem, form, name, missed, mark, w),
    ];
    rows[0][2] = bare(say(w.section, tool.name, join(serves)));
    return rows;
  };

  const ownForm = (plan, factor, taken, w) => {
    const stem = unused(`${slug(factor.id)}_${slug(factor.label)}`, taken, STEM);
    const form = formName(factor.id, factor.label, factor.timing, taken);
    const label = bare(factor.label), mark = annotation(plan, factor.id, w);
    const name = say(w.own, label);
    const [given, missed] = ["1", "0"].map((yes) => `[${stem}_given] = '${yes}'`);
    return [
      field(`${stem}_given`, form, "yesno", say(w.given, name),
        { section: say(w["own section"], label), note: bare(factor.gap_text), required: "y", mark }),
      date(stem, form, name, given, mark, w),
      field(`${stem}_answer`, form, "notes", say(w.answer, label), { note: bare(factor.custom_item), branch: given, mark }),
      reason(stem, form, name, missed, mark, w),
    ];
  };

  const redcap = (plan, W) => {
    const w = W.redcap, taken = new Set([FIRST_FORM]);
    const about = say(w.plan, plan.title, plan.version, plan.rule, plan.link);
    const rows = [
      field("record_id", FIRST_FORM, "text", w.record, { mark: annotation(plan, plan.link.replace(/@/g, "%40"), w) }),
      field("plan_note", FIRST_FORM, "descriptive", bare(`${about}. ${plan.notice} ${w.how}`)),
    ];
    for (const tool of plan.instruments) rows.push(...instrumentForm(plan, tool, taken, w));
    for (const f of plan.factors) if (f.needs_custom_item) rows.push(...ownForm(plan, f, taken, w));
    return window.pcPlan.csv([w.columns.split("|"), ...rows]);
  };

  // References
  const TEX = {
    "\\": "\\textbackslash{}", "{": "\\textbraceleft{}", "}": "\\textbraceright{}", "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}", "<": "\\textless{}", ">": "\\textgreater{}", "|": "\\textbar{}",
  };
  const tex = (text) => text.replace(/[\\{}~^<>|&%$#_]/g, (c) => TEX[c] || `\\${c}`);
  const address = (url) => url.replace(/[\\{} "<>^`|]|%(?![0-9A-Fa-f]{2})/g, (c) => encodeURIComponent(c));
  const web = (urls) => urls.filter((u) => /^https?:\/\//.test(u)).map(address);

  const initials = (word) => {
    const parts = word.split("-"), letters = [...parts.join("")];
    const small = letters.some((c) => c === c.toLowerCase() || c !== c.toUpperCase());
    if (small || letters.length > 4 || !parts.every(Boolean)) return "";
    return parts.map((part) => [...part].map((c) => `${c}.`).join(" ")).join("-");
  };
  const authors = (recorded) => {
    const remark = / *\(([^()]*)\)$/, more = /,? *(?:et al\.?|and colleagues)$/;
    const text = recorded.replace(remark, "");
    const names = text.replace(more, "").split(",").map((name) => name.replace(/^ +| +$/g, "")).filter(Boolean);
    return {
      names: names.map((name) => {
        const at = name.lastIndexOf(" "), given = at > 0 ? initials(name.slice(at + 1)) : "";
        return given ? [name.slice(0, at), given] : [name, ""];
      }),
      more: more.test(text),
      remark: (remark.exec(recorded) || ["", ""])[1],
    };
  };
  const place = (journal) => {
    const found = /^(.+) ([0-9]+)(?:\(([^()]+)\))?:([A-Za-z]?[0-9]+(?:-[A-Za-z]?[0-9]+)?)$/.exec(journal);
    const [, name, volume, number, pages] = found || ["", journal];
    return { journal: name, volume: volume || "", number: number || "", pages: pages || "" };
  };
  const published = (tool) => tool.authors || tool.journal || tool.doi;
  const addresses = (tool) => published(tool) ? [] : web(tool.source_urls);
  const title = (tool, w) => published(tool) ? say(w.supplied, tool.name) : tool.name;
  const notes = (plan, tool, w) => {
    const { more, remark } = authors(tool.authors);
    const about = published(tool) ? web(tool.source_urls).join(" ") : "";
    return [
      published(tool) ? w["title note"] : w["no reference"],
      more ? w.others : "",
      remark ? say(w["authors note"], tool.authors) : "",
      tool.licence ? say(w.licence, tool.licence.replace(/\.+$/, "")) : "",
      say(w.from, plan.title, plan.version, tool.id),
      about ? say(w["read at"], about) : "",
    ];
  };
  const selection = (plan, w) => say(w.selection, plan.rule, plan.link, plan.notice);

  const entry = (kind, key, found) => {
    const lines = Object.entries(found).filter(([, value]) => value).map(([name, value]) => `  ${name} = {${value}},\n`);
    return `@${kind}{${key},\n${lines.join("")}}\n`;
  };
  const fields = (plan, tool, w) => {
    const { names, more } = authors(tool.authors), where = place(tool.journal);
    const people = names.map(([name, given]) => given ? `${tex(name)}, ${tex(given)}` : `{${tex(name)}}`);
    return {
      author: [...people, ...(more && people.length ? ["others"] : [])].join(" and "),
      title: `{${tex(title(tool, w))}}`,
      journal: tex(where.journal), volume: tex(where.volume), number: tex(where.number),
      pages: where.pages.replace(/-/g, "--"),
      year: year(tool),
      doi: address(tool.doi),
      url: addresses(tool)[0] || "",
      note: tex(spaced(notes(plan, tool, w))),
    };
  };
  const bibtex = (plan, W) => {
    const w = W.citations;
    const data = {
      title: `{${tex(plan.title)}}`, version: tex(say(w.version, plan.version)),
      url: web([plan.link]).join(""), note: tex(selection(plan, w)),
    };
    return [
      entry("misc", "personomics-data", data),
      ...plan.instruments.map((tool) => entry(tool.journal ? "article" : "misc", `personomics-${tool.id}`, fields(plan, tool, w))),
    ].join("\n");
  };

  const record = (found) => {
    const lines = found.filter(([, value]) => value).map(([tag, value]) => `${tag}  - ${value}\n`);
    return `${lines.join("")}ER  - \n`;
  };
  const ris = (plan, W) => {
    const w = W.citations;
    const made = [record([
      ["TY", "DATA"], ["ID", "personomics-data"], ["TI", plan.title], ["ET", say(w.version, plan.version)],
      ...web([plan.link]).map((url) => ["UR", url]), ["N1", selection(plan, w)],
    ])];
    for (const tool of plan.instruments) {
      const where = place(tool.journal), [first, last] = where.pages.split("-");
      made.push(record([
        ["TY", tool.journal ? "JOUR" : "GEN"], ["ID", `personomics-${tool.id}`], ["TI", title(tool, w)],
        ...authors(tool.authors).names.map(([name, given]) => ["AU", given ? `${name}, ${given}` : name]),
        ["PY", year(tool)], ["T2", where.journal], ["VL", where.volume], ["IS", where.number],
        ["SP", first], ["EP", last], ["DO", tool.doi],
        ...addresses(tool).map((url) => ["UR", url]),
        ...notes(plan, tool, w).map((note) => ["N1", note]),
      ]));
    }
    return made.join("\n");
  };
  const reference = (tool, w) => {
    const where = [tool.journal, year(tool)].filter(Boolean).join(", ");
    const source = tool.doi ? `doi:${tool.doi}` : addresses(tool)[0];
    const parts = [tool.authors, title(tool, w), where, source, published(tool) ? "" : w["no reference"]];
    return spaced(parts.map((part) => part && !part.endsWith(".") ? `${part}.` : part));
  };

  // Protocol
  const METHODS = ["1", "2", "3", "4", "5"];
  const link = (to) => /^https?:\/\/[^ <>\\]+$/.test(to) ? `<${to}>` : `\`${to.replace(/`/g, "")}\``;
  const bullets = (texts) => texts.map((text) => `- ${text}`).join("\n");
  const table = (rows) => [rows[0], rows[0].map(() => "---"), ...rows.slice(1)].map((row) => `| ${row.join(" | ")} |`).join("\n");

  const described = (tool, number, w) => say(
    w.instrument,
    plain(tool.abbreviation ? say(w.named, tool.name, tool.abbreviation) : tool.name),
    number,
    plain(join(tool.factors.map((f) => say(w[f.directness], f.label)))),
    plain(tool.length_text),
    plain(tool.minutes_text),
    plain(tool.recall_period ? say(w.recall, tool.recall_period) : w["no recall"]),
    plain(spaced([
      tool.reporter_text || w.self, w[tool.timing === "baseline" ? "once" : "again"],
      tool.loinc ? say(w.loinc, tool.loinc) : "",
    ])),
  );
  const instruments = (plan, w) => plan.instruments.length ? [
    say(w.how, plain(plan.rule_text)),
    bullets(plan.instruments.map((tool, n) => described(tool, METHODS.length + 1 + n, w))),
    w.quality,
  ] : [w.none];
  const gaps = (plan, w) => {
    const told = plan.factors.filter((f) => f.gap || f.needs_custom_item).map((f) => spaced([
      plain(say(w.gap, f.label, f.gap_text)), f.needs_custom_item ? say(w.item, plain(f.label)) : "",
    ]));
    const warned = plan.warnings.filter((one) => one.about !== "gap").map((one) => plain(one.text));
    return [
      ...(told.length ? [w.gaps, bullets(told)] : []),
      ...(warned.length ? [w.warnings, bullets(warned)] : []),
    ];
  };
  const timing = (plan, w) => ["stable", "dynamic"].map((name) => {
    const labels = plan.factors.filter((f) => f.stability === name).map((f) => f.label);
    return labels.length ? say(w[name], join(labels)) : "";
  });
  const timeline = (plan, w) => {
    const rows = plan.instruments.map((tool) => [tool.short, tool.timing]);
    for (const f of plan.factors) if (f.needs_custom_item) rows.push([say(w.own, f.label), f.timing]);
    return table([
      [w.measure, w.baseline, w.repeated],
      ...rows.map(([name, when]) => [plain(name), "X", when === "baseline" ? "" : "X"]),
    ]);
  };
  const interactions = (plan, w) => {
    const tools = Object.fromEntries(plan.instruments.map((tool) => [tool.id, tool.short]));
    return table([[w.factor, w.measured, w.direction], ...plan.factors.map((f) => {
      const short = f.instrument === null ? w["own item"] : tools[f.instrument];
      return [plain(f.label), plain(f.directness === "proxy" ? say(w["only near"], short) : short), w.expected];
    })]);
  };
  const progress = (plan, w) => {
    const labels = Object.fromEntries(plan.factors.map((f) => [f.id, f.label]));
    const found = plan.progress_plus, missed = join(found.not_covered);
    const covered = join(found.covered.map((c) => say(w[c.cover], c.characteristic, join(c.factors.map((f) => labels[f])))));
    const told = covered ? say(w.covered, plain(covered)) : w["nothing covered"];
    return missed ? `${told} ${say(w["not covered"], plain(missed))}` : told;
  };
  const protocol = (plan, W) => {
    const w = W.protocol, labels = join(plan.factors.map((f) => f.label)), sums = plan.totals;
    const power = link(plan.link.replace(/plan\.html(#.*)?$/, "power.html"));
    const cited = [...METHODS.map((name) => w[name]), ...plan.instruments.map((tool) => reference(tool, W.citations))];
    return `${[
      `# ${w.title}`,
      plain(say(w.from, plan.title, plan.version, plan.rule, "")) + link(plan.link),
      `${w.guide} ${plain(plan.notice)}`,
      `## ${w.collection}`,
      plain(say(w.what, labels)),
      ...instruments(plan, w),
      ...gaps(plan, w),
      `## ${w.timeline}`,
      plain(spaced([...timing(plan, w), say(w.burden, sums.baseline.text, sums.repeated.text)])),
      timeline(plan, w),
      `## ${w.analysis}`,
      w.test,
      say(w.count, plan.instruments.length),
      interactions(plan, w),
      `## ${w.size}`,
      say(w.power, plain(labels), power),
      w["no power"],
      `## ${w.missing}`,
      w["not given"],
      `## ${w.progress}`,
      progress(plan, w),
      `## ${w.references}`,
      cited.map((text, n) => `${n + 1}. ${plain(text)}`).join("\n"),
    ].join("\n\n")}\n`;
  };

  window.pcPlanFiles = { redcap, protocol, bibtex, ris };
})();
