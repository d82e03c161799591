/* Nothing is stored or sent. The rules are those of personomics/plans: choose.py, tell.py,
   near.py and files.py, in the same order; the same selection gives the same bytes. */
(() => {
  "use strict";
  const root = document.getElementById("pc-plan");
  if (!root) return;
  const $ = (name) => document.getElementById(`pc-plan-${name}`);
  const D = JSON.parse($("data").textContent);
  const W = D.words;
  const all = (selector, from = root) => [...from.querySelectorAll(selector)];

  // Words
  /** A sentence with values in place of {0}, {1} and so on. */
  const say = (template, ...values) => template.replace(/\{(\d)\}/g, (_, n) => values[n]);
  const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  const joined = (rows, name = (row) => row) => rows.map(name).join("; ");
  const label = (row) => row.label;
  const short = (row) => row.short;
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

  // Which factor somebody may have meant (near.py)
  /** Words of a stranger, in one line and not too many. */
  const clipped = (words) => {
    const letters = [...words].filter((c) => !/[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/.test(c));
    return letters.slice(0, D.most).join("") + (letters.length > D.most ? "…" : "");
  };
  const pairs = (words) => {
    const letters = [...` ${words.toLowerCase()} `];
    return letters.slice(1).map((letter, n) => letters[n] + letter);
  };
  const likeness = (one, other) => {
    const left = pairs(one);
    const right = pairs(other);
    const total = left.length + right.length;
    let common = 0;
    left.forEach((pair) => {
      const at = right.indexOf(pair);
      if (at >= 0) { right.splice(at, 1); common += 1; }
    });
    return 2 * common / total;
  };
  const nearest = (words) => {
    const given = clipped(words);
    const found = D.factors
      .map((f) => ({ f, like: Math.max(likeness(given, f.id), likeness(given, f.label)) }))
      .filter((row) => row.like >= D.alike);
    const same = found.filter((row) => row.like === 1);
    return (same.length ? same : found).sort((a, b) => b.like - a.like).slice(0, D.near)
      .map((row) => row.f);
  };

  // What is wrong with a selection (choose.py)
  const rules = Object.keys(D.rules);
  const ruleProblems = (given) => {
    const several = [...new Set(given)];
    const allowed = rules.join(", ");
    if (several.length > 1) return [say(W["error rules"], several.map(clipped).join(" and "), allowed)];
    if (several.length && !rules.includes(several[0])) {
      return [say(W["error rule"], clipped(several[0]), allowed)];
    }
    return [];
  };
  const factorProblems = (ids) => {
    const some = D.factors.slice(0, 3).map((f) => f.id).join(", ");
    if (!ids.length) return [say(W["error none"], D.version, some)];
    const strange = [];
    [...new Set(ids)].forEach((key) => {
      if (Object.keys(D.deprecated).includes(key)) {
        strange.push(say(W.deprecated, key, D.deprecated[key]));
      } else if (!D.factors.some((f) => f.id === key)) {
        const near = nearest(key);
        strange.push(say(near.length ? W["strange near"] : W.strange, clipped(key),
          joined(near, (f) => `${f.id} ${f.label}`)));
      }
    });
    if (!strange.length) return [];
    return [say(W["error factors"], joined(strange), D.factors.length, D.version, some)];
  };

  // Which instrument measures which factor (choose.py)
  const [direct] = D.directness;
  const proxy = D.directness[D.directness.length - 1];
  const order = (link) => D.directness.indexOf(link.directness);
  const length = (tool) => (tool.n_items === null ? Infinity : tool.n_items);
  const tool = (link) => D.instruments[link.id];
  const measures = {
    directness: order,
    proxy: (link) => Number(link.directness === proxy),
    brief: (link) => Number(!tool(link).brief),
    items: (link) => length(tool(link)),
    id: (link) => link.id,
  };
  const less = (a, b) => (a < b ? -1 : Number(a > b));
  const ranked = (rule, links) => [...links].sort((a, b) => D.rules[rule].order
    .reduce((found, name) => found || less(measures[name](a), measures[name](b)), 0));
  const candidates = (rule, factor) => {
    const { only } = D.rules[rule];
    return ranked(rule, factor.links.filter((link) => !only || tool(link).licence_class === only));
  };
  const firstChoice = (rule, factors) => new Map(factors
    .map((f) => [f.id, candidates(rule, f)[0]]).filter(([, link]) => link));
  /** What is asked at each later time: lengths not seen, and items. */
  const later = (factors, taken) => {
    const moving = factors.filter((f) => taken.has(f.id) && f.stability !== "stable");
    const items = [...new Set(moving.map((f) => taken.get(f.id).id))]
      .map((key) => D.instruments[key].n_items);
    return [items.filter((n) => n === null).length, sum(items.filter((n) => n !== null))];
  };
  const more = ([a, b], [c, d]) => a > c || (a === c && b > d);
  const overlapped = (rule, factors, first) => {
    let taken = new Map(first);
    const allowed = new Map(factors.map((f) => [f.id, candidates(rule, f)]));
    let used = [...new Set([...taken.values()].map((link) => link.id))];
    [...used].map((key) => D.instruments[key])
      .sort((a, b) => less(length(b), length(a)) || less(b.id, a.id))
      .forEach(({ id }) => {
        const others = used.filter((key) => key !== id);
        const last = D.directness.length - 1;
        const firm = [...taken.values()].filter((link) => order(link) !== last).map((link) => link.id);
        const moved = [...taken].filter(([, link]) => link.id === id).map(([key]) => [key,
          allowed.get(key).find((link) => others.includes(link.id)
            && order(link) <= order(first.get(key))
            && (firm.includes(link.id) || order(first.get(key)) === last))]);
        if (moved.some(([, link]) => !link)) return;
        const after = new Map([...taken, ...moved]);
        if (more(later(factors, after), later(factors, taken))) return;
        taken = after;
        used = others;
      });
    return taken;
  };
  const alternatives = (rule, factor, first, taken) => {
    const allowed = candidates(rule, factor);
    const aside = ranked(rule, factor.links.filter((link) => !allowed.includes(link)));
    const mine = taken.get(factor.id);
    const best = first.get(factor.id);
    return [...allowed, ...aside].filter((link) => !mine || link.id !== mine.id).map((link) => {
      const one = tool(link);
      let reason;
      if (aside.includes(link)) reason = say(W.aside, one.licence_class);
      else if (link.id === best.id) reason = say(W.overlap, tool(mine).short);
      else {
        const name = D.rules[rule].order.find((n) => measures[n](link) !== measures[n](best));
        reason = W[name === "items" && one.n_items === null ? "unknown" : name];
      }
      return { id: one.id, short: one.short, directness: link.directness, n_items: one.n_items,
        licence_class: one.licence_class, set_aside: aside.includes(link), reason };
    });
  };

  // What the plan says (tell.py)
  const isDirect = (link) => link.directness === direct;
  const elsewhere = (factor, allowed) => {
    const here = allowed.filter(isDirect);
    if (here.length) return say(W["direct at hand"], joined(here, (x) => tool(x).short));
    const aside = factor.links.filter(isDirect);
    if (aside.length) return say(W["direct aside"], joined(aside, (x) => tool(x).short));
    return W["no direct"];
  };
  const gap = (factor, link, allowed) => {
    let kind = "none found";
    let text = W["none found"];
    if (link && isDirect(link)) kind = text = "";
    else if (link) {
      kind = link.directness === proxy ? "proxy only" : "part only";
      text = say(W[kind], tool(link).short) + elsewhere(factor, allowed);
    } else if (factor.links.length) {
      kind = "set aside";
      const classes = factor.links.map((x) => tool(x).licence_class);
      const told = Object.keys(D.licences).filter((c) => classes.includes(c))
        .map((c) => `${classes.filter((d) => d === c).length} ${c}`);
      text = say(W[kind], counted(classes.length, "instrument"), told.join(", "));
    }
    const needs = !allowed.some(isDirect);
    return { gap: kind, gap_text: text, needs_custom_item: needs,
      custom_item: needs ? say(W.custom, factor.definition.replace(/\.+$/, "")) : "" };
  };
  const REPEATED = "baseline and repeated";
  const timing = (factors) => {
    const kept = factors.filter((f) => f.stability === "stable");
    const moving = factors.filter((f) => f.stability !== "stable");
    if (!moving.length) {
      return { timing: "baseline", timing_text: say(W.stable, joined(kept, label)) };
    }
    const both = kept.length ? say(W.both, joined(kept, label)) : "";
    return { timing: REPEATED, timing_text: say(W.dynamic, joined(moving, label)) + both };
  };
  const burden = (tools, own) => {
    const parts = [];
    const sums = {};
    [["items", "item", "n_items"], ["minutes", "minute", "minutes"]].forEach(([name, noun, key]) => {
      const seen = tools.map((t) => t[key]).filter((n) => n !== null);
      const rest = tools.length - seen.length;
      sums[name] = seen.length ? sum(seen) : null;
      sums[`${name}_unknown`] = rest;
      if (seen.length) {
        parts.push(say(W[`${name} known`], counted(sum(seen), noun),
          counted(seen.length, "instrument")));
      }
      if (rest) parts.push(say(W[`${name} unseen for`], counted(rest, "instrument")));
    });
    if (!tools.length) parts.push(W["no instrument"]);
    if (own) parts.push(say(W["own items"], counted(own, "item")));
    return { instruments: tools.length, ...sums, own_items: own, text: `${joined(parts)}.` };
  };
  const howMany = (factors) => {
    const kinds = factors.map((f) => f.directness || "none");
    const told = Object.entries(D.measured).filter(([kind]) => kinds.includes(kind))
      .map(([kind, template]) => say(template, kinds.filter((k) => k === kind).length));
    return say(W.of, counted(factors.length, "factor"), told.join(", "));
  };
  const warnings = (factors, tools) => {
    const rows = [];
    const warn = (about, concerned, noted) => {
      if (!concerned.length) return;
      const names = joined(concerned,
        (t) => (about === "reporter" ? `${t.short} (${t.reporter})` : t.short));
      const text = about === "licence" ? say(W.licence, noted, names)
        : say(W[`${about} warning`], names);
      rows.push({ about, text, instruments: concerned.map((t) => t.id) });
    };
    Object.entries(D.licences).filter(([, told]) => told).forEach(([code, told]) => {
      warn("licence", tools.filter((t) => t.licence_class === code), told);
    });
    warn("reporter", tools.filter((t) => t.reporter_text));
    warn("length", tools.filter((t) => t.n_items === null));
    warn("minutes", tools.filter((t) => t.minutes === null));
    const open = factors.filter((f) => f.gap);
    if (open.length) {
      rows.push({ about: "gap", text: say(W["gap warning"], joined(open, label)), instruments: [] });
    }
    return rows;
  };
  const progress = (factors) => {
    const covered = [];
    const missed = [];
    D.characteristics.forEach((name) => {
      const by = new Map();
      factors.forEach((f) => f.progress_plus.forEach((c) => {
        if (c.characteristic === name) by.set(f.id, c.cover);
      }));
      const cover = [...by.values()].includes("whole") ? "whole" : "part";
      if (by.size) covered.push({ characteristic: name, cover, factors: [...by.keys()] });
      else missed.push(name);
    });
    const told = joined(covered, (c) => say(W[c.cover], c.characteristic));
    const text = (covered.length ? say(W.covered, told) : W["covered none"])
      + (missed.length ? say(W["not covered"], joined(missed)) : "");
    return { covered, not_covered: missed, text };
  };

  /** The plan for factors of the data (choose.py, plan). */
  const plan = (factors, rule) => {
    const first = firstChoice(rule, factors);
    const taken = overlapped(rule, factors, first);
    const measured = factors.map((factor) => {
      const { links, progress_plus: covers, ...told } = factor;
      const link = taken.get(factor.id);
      return {
        ...told,
        instrument: link ? link.id : null,
        directness: link ? link.directness : null,
        alternatives: alternatives(rule, factor, first, taken),
        ...gap(factor, link, candidates(rule, factor)),
        timing: timing([factor]).timing,
        progress_plus: covers,
      };
    });
    const keys = [...new Set(measured.map((f) => f.instrument).filter((key) => key !== null))];
    const tools = keys.map((key) => {
      const mine = measured.filter((f) => f.instrument === key);
      return {
        ...D.instruments[key],
        factors: mine.map((f) => ({ id: f.id, label: f.label, directness: f.directness })),
        ...timing(mine),
      };
    });
    const ids = factors.map((f) => f.id);
    const own = measured.filter((f) => f.needs_custom_item);
    return {
      format: "personomics-plan", notice: D.notice, title: D.title, version: D.version,
      link: `${D.link[0]}${ids.join(",")}&rule=${rule}${D.link[1]}`,
      rule, rule_text: D.rules[rule].text, overlap_text: D.overlap, custom_guide: D.custom,
      factors: measured,
      instruments: tools,
      totals: {
        factors: measured.length,
        measured: measured.filter((f) => f.instrument !== null).length,
        text: howMany(measured),
        instruments: tools.length,
        baseline: burden(tools, own.length),
        repeated: burden(tools.filter((t) => t.timing === REPEATED),
          own.filter((f) => f.timing === REPEATED).length),
      },
      progress_plus: progress(factors),
      warnings: warnings(measured, tools),
      questions: D.questions.filter((q) => ids.some((key) => q.factors.includes(key)))
        .map((q) => ({ id: q.id, question: q.question })),
    };
  };
  /** The plan for identifiers and a rule as anybody may give them; an error says why not. */
  const choose = (ids, given) => {
    const several = [].concat(given || []);
    const wrong = [...ruleProblems(several), ...factorProblems(ids)];
    if (wrong.length) throw new Error(wrong.join(" "));
    return plan(D.factors.filter((f) => ids.includes(f.id)), several[0] || D.default);
  };

  // The plan as files (files.py)
  const cell = (text) => {
    const safe = text.replace(/^(?![+-][\d.,]+%?$)[=+\-@\t\r\n]/, "'$&");
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  const csv = (rows) => rows.map((row) => `${row.map(cell).join()}\n`).join("");
  const number = (value) => (value === null ? "" : String(value));
  const alternative = (row) => `${row.short} (${row.directness}; ${row.reason})`;
  const byId = (made) => new Map(made.instruments.map((t) => [t.id, t]));
  const asCsv = (made) => {
    const tools = byId(made);
    return csv([D.columns, ...made.factors.map((f) => {
      const t = tools.get(f.instrument);
      return [
        f.id, f.label, f.level, f.com_b, f.stability, String(f.articles), String(f.cases), f.status,
        ...(t ? [t.id, t.short, t.name, f.directness, number(t.n_items), number(t.minutes),
          t.minutes_text, t.recall_period, t.reporter, t.timing, t.timing_text, t.licence_class,
          t.licence, t.loinc, t.doi,
          t.factors.map((one) => one.id).filter((id) => id !== f.id).join(" ")]
          : [...Array(9).fill(""), f.timing, ...Array(6).fill("")]),
        f.gap_text, f.custom_item,
        joined(f.progress_plus, (c) => say(W[c.cover], c.characteristic)),
        joined(f.alternatives, alternative), made.rule, made.version, made.link,
      ];
    })]);
  };
  const asJson = (made) => `${JSON.stringify(made, null, 2)}\n`;
  const plain = (text) => text.replace(/[\\`*_[\]<>#|~&]/g, "\\$&");
  const lines = (texts) => texts.map((text) => `- ${plain(text)}`).join("\n") || W.none;
  const table = (made) => {
    const heads = [W.factor, W.instrument, W.how, W["length heading"], W.minutes, W.when, W.terms];
    const tools = byId(made);
    return [heads, heads.map(() => "---"), ...made.factors.map((f) => {
      const t = tools.get(f.instrument);
      return [`${f.label} (${f.id})`, ...(t
        ? [t.short, f.directness, t.length_text, t.minutes_text, t.timing, t.licence_class]
        : [W["gap cell"], "", "", "", f.timing, ""])].map(plain);
    })].map((row) => `| ${row.join(" | ")} |`).join("\n");
  };
  const described = (t) => {
    const doi = t.doi ? `https://doi.org/${t.doi}` : "";
    const reference = [t.authors, number(t.year), t.journal, doi].filter(Boolean)
      .map((part) => part.replace(/\.+$/, "")).join(". ");
    const facts = [
      say(W.for, joined(t.factors, label)), t.length_text, t.minutes_text,
      t.recall_period ? say(W.recall, t.recall_period) : W["recall unseen"],
      say(W.answered, t.reporter),
      t.licence ? say(W["terms seen"], t.licence_class, t.licence)
        : say(W["terms class"], t.licence_class),
      t.loinc ? say(W.loinc, t.loinc) : "",
      reference ? say(W.reference, reference) : "",
    ];
    const name = t.name === t.short ? "" : ` (${t.name})`;
    return [`${t.short}${name}: ${joined(facts.filter(Boolean))}.`, t.reporter_text, t.timing_text]
      .filter(Boolean).join(" ");
  };
  const asMarkdown = (made) => {
    const gaps = made.factors.filter((f) => f.gap);
    return `${[
      `# ${W.heading}`,
      `**${made.notice}**`,
      `${plain(say(W.data, made.title, made.version, made.rule))} <${made.link}>`,
      `## ${W.measured}`, table(made),
      `## ${W.burden}`,
      lines([`${W["at baseline"]}: ${made.totals.baseline.text}`,
        `${W["at repeats"]}: ${made.totals.repeated.text}`]),
      `## ${W.warnings}`, lines(made.warnings.map((one) => one.text)),
      `## ${W.gaps}`,
      lines([...gaps.map((f) => `${f.label}: ${f.gap_text} ${f.custom_item}`.trimEnd()),
        ...(gaps.some((f) => f.custom_item) ? [made.custom_guide] : [])]),
      `## ${W.instruments}`, lines(made.instruments.map(described)),
      `## ${W.alternatives}`,
      lines(made.factors.filter((f) => f.alternatives.length)
        .map((f) => `${f.label}: ${joined(f.alternatives, alternative)}`)),
      `## ${W.progress}`, plain(made.progress_plus.text),
      `## ${W.questions}`, lines(made.questions.map((q) => `${q.id}: ${q.question}`)),
      `## ${W.rule}`,
      lines([`${D.rules[made.rule].name}: ${made.rule_text}`,
        `${W["overlap heading"]}: ${made.overlap_text}`]),
    ].join("\n\n")}\n`;
  };
  window.pcPlan = { choose, csv, plain, say, counted, asCsv, asJson, asMarkdown };

  // Showing
  const made = (kind, text = "", more = {}) => {
    const element = Object.assign(document.createElement(kind), more);
    element.append(...[].concat(text));
    return element;
  };
  const boxes = all("input[type=checkbox]");
  const radios = all("input[type=radio]");
  const rule = () => radios.find((radio) => radio.checked).value;
  const ticked = () => D.factors.filter((f) => boxes.some((b) => b.checked && b.value === f.id));
  const current = () => (ticked().length ? plan(ticked(), rule()) : null);
  /** A link to a page of this copy of the book. */
  const to = (page, text) => made("a", text, { href: page.slice(D.base.length) });
  const fill = (name, texts, none = W.none) => {
    const rows = texts.length ? texts : [none];
    $(name).replaceChildren(...rows.map((text) => made("li", text)));
  };
  const small = (text) => made("small", text);
  const folded = (f) => {
    if (!f.alternatives.length) return "";
    const head = made("summary", say(D.says.alternatives, f.alternatives.length));
    const rows = f.alternatives.map((one) => made("li", [
      to(D.instruments[one.id].page, one.short), ` ${alternative({ ...one, short: "" }).trim()}`]));
    return made("details", [head, made("ul", rows)]);
  };
  const rowOf = (f, t) => {
    const others = t ? t.factors.filter((one) => one.id !== f.id) : [];
    const name = t && t.name !== t.short ? small(t.name) : "";
    const shared = others.length ? small(say(D.says.shared, joined(others, label))) : "";
    const cells = [
      t ? [to(t.page, t.short), name, shared, folded(f)] : [made("em", W["gap cell"]), folded(f)],
      t ? f.directness : "–",
      t ? [t.length_text, small(t.minutes_text)] : "–",
      f.timing,
      t ? t.licence_class : "–",
    ];
    const head = made("th", [to(f.page, f.label), small(f.id)], { scope: "row" });
    const row = made("tr", [head, ...cells.map((content) => made("td", content))]);
    [...row.children].forEach((one, n) => {
      one.dataset.label = D.heads[n];
      one.setAttribute("role", n ? "cell" : "rowheader");
    });
    row.setAttribute("role", "row");
    return row;
  };
  const show = (one) => {
    const tools = byId(one);
    const { baseline, repeated, text, instruments } = one.totals;
    $("status").textContent = say(D.says.status, text, counted(instruments, "instrument"),
      baseline.text);
    $("rows").replaceChildren(...one.factors.map((f) => rowOf(f, tools.get(f.instrument))));
    $("baseline").textContent = baseline.text;
    $("repeats").textContent = repeated.text;
    fill("warnings", one.warnings.map((w) => w.text));
    fill("timing", one.instruments.map((t) => [made("b", t.short), `: ${t.timing_text}`]),
      D.says.untimed);
    const gaps = one.factors.filter((f) => f.gap);
    fill("gaps", gaps.map((f) => [made("b", f.label), `: ${f.gap_text} ${f.custom_item}`]),
      D.says.whole);
    $("guide").textContent = gaps.some((f) => f.custom_item) ? one.custom_guide : "";
    const others = one.instruments.filter((t) => t.reporter_text);
    fill("reporters", [...others.map((t) => [made("b", t.short), `: ${t.reporter_text}`]),
      ...(others.length && others.length < one.instruments.length ? [D.says.others] : [])],
    one.instruments.length ? D.says.patients : D.says.untimed);
    $("progress").textContent = one.progress_plus.text;
    fill("questions", one.questions.map((q) => `${q.id}: ${q.question}`));
    $("link").value = address(one);
    $("foot").textContent = say(D.says.foot, D.title, D.version, address(one));
    if ($("preview").open) read();
  };
  const draw = () => {
    const one = current();
    root.classList.toggle("pc-plan-some", Boolean(one));
    $("made").hidden = !one;
    $("count").textContent = say(D.says.count, ticked().length, D.factors.length);
    $("said").textContent = "";
    $("rule").textContent = D.rules[rule()].text;
    if (one) show(one);
    else $("status").textContent = D.says.nothing;
  };

  // The address
  const fragment = (one) => one.link.slice(one.link.indexOf("#"));
  /** Where this plan is found: in the published book, or where this page was loaded from. */
  const address = (one) => (D.base || !location.protocol.startsWith("http") ? one.link
    : location.origin + location.pathname + fragment(one));
  const remember = () => {
    const one = current();
    history.replaceState(null, "", one ? fragment(one) : location.pathname + location.search);
    $("notice").textContent = "";
    draw();
  };
  /** Tick what a link names; say what was not understood, as the command does. */
  const restore = () => {
    if (!location.hash.includes("=")) return;
    const given = new URLSearchParams(location.hash.slice(1));
    const several = given.getAll("rule");
    const ids = given.getAll("pick").join().split(",").map((id) => id.trim()).filter(Boolean);
    const from = given.get("data") || D.version;
    boxes.forEach((box) => { box.checked = ids.includes(box.value); });
    const known = several.find((name) => rules.includes(name)) || D.default;
    radios.forEach((radio) => { radio.checked = radio.value === known; });
    $("notice").textContent = [
      ...ruleProblems(several), ...factorProblems(ids),
      from === D.version ? "" : say(D.says.older, clipped(from), D.version),
    ].filter(Boolean).join(" ");
    draw();
  };

  // Taking it away
  const further = (name, one) => window.pcPlanFiles[name](one, D.exports);
  const saved = {
    redcap: ["-redcap.csv", "text/csv", (one) => further("redcap", one)],
    protocol: ["-protocol.md", "text/markdown", (one) => further("protocol", one)],
    csv: [".csv", "text/csv", asCsv],
    json: [".json", "application/json", asJson],
    md: [".md", "text/markdown", asMarkdown],
    bib: [".bib", "application/x-bibtex", (one) => further("bibtex", one)],
    ris: [".ris", "application/x-research-info-systems", (one) => further("ris", one)],
  };
  const save = (name) => {
    const [ending, type, write] = saved[name];
    const href = URL.createObjectURL(new Blob([write(current())], { type }));
    const download = D.file + ending;
    made("a", "", { href, download }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
    $("said").textContent = say(D.says.saved, download);
  };
  const read = () => { $("paragraph").value = current() ? further("protocol", current()) : ""; };
  const copy = async () => {
    read();
    try {
      await navigator.clipboard.writeText($("paragraph").value);
      $("said").textContent = D.says.copied;
    } catch {
      $("preview").open = true;
      $("paragraph").focus();
      $("paragraph").select();
      $("said").textContent = D.says.selected;
    }
  };

  // Finding
  const split = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
    .split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  /** Show factors in which words begin with all words typed. */
  const find = () => {
    const typed = split($("search").value);
    let left = 0;
    boxes.forEach((box) => {
      const row = box.closest("li");
      const own = split(`${box.value} ${row.textContent} ${row.dataset.words}`);
      row.hidden = !typed.every((part) => own.some((word) => word.startsWith(part)));
      left += !row.hidden;
    });
    all("#pc-plan-list fieldset").forEach((e) => {
      e.hidden = typed.length > 0 && !e.querySelector("li:not([hidden])");
    });
    $("found").textContent = typed.length ? say(left ? D.says.found : D.says.lost, left) : "";
  };

  // Listening
  const pick = (ids) => {
    boxes.forEach((box) => { box.checked = ids.includes(box.value); });
    remember();
  };
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const go = (name) => $(name).scrollIntoView({ behavior: calm ? "auto" : "smooth" });
  const clicks = {
    copy, print: () => print(), clear: () => pick([]),
    factors: () => go("list"), plan: () => go("result"),
  };
  Object.entries(clicks).forEach(([name, act]) => $(name).addEventListener("click", act));
  Object.keys(saved).forEach((name) => $(name).addEventListener("click", () => save(name)));
  all("[data-ids]").forEach((e) => e.addEventListener("click", () => pick(e.dataset.ids.split(" "))));
  [...boxes, ...radios].forEach((input) => input.addEventListener("change", remember));
  $("preview").addEventListener("toggle", () => $("preview").open && read());
  $("link").addEventListener("focus", () => $("link").select());
  $("search").addEventListener("input", find);
  window.addEventListener("hashchange", restore);
  root.classList.add("pc-plan-on");
  $("result").hidden = $("bar").hidden = false;
  draw();
  restore();
})();
