/* Nothing is stored or sent. The rules are those of apply_data.py. */
(() => {
  "use strict";
  const root = document.getElementById("pc-apply");
  if (!root) return;
  const $ = (name) => document.getElementById(`pc-apply-${name}`);
  const D = JSON.parse($("data").textContent);
  const all = (selector, from = root) => [...from.querySelectorAll(selector)];
  const boxes = all("input[type=checkbox]");
  const modes = all("input[type=radio]");
  const chips = all("#pc-apply-chips > li");
  const measures = all("#pc-apply-measures li");
  const lines = { cases: all("#pc-apply-cases li"), overlooked: all("#pc-apply-overlooked li") };
  const codes = D.com_b;
  const sum = (pair) => pair.articles[0] + pair.cases[0];

  const mode = () => modes.find((radio) => radio.checked).value;
  const ticked = () => D.factors.filter((_, n) => boxes[n].checked);
  const labels = (factors) => factors.map((f) => f.label).join("; ") || D.says.none;
  /** A sentence with values in place of {0}, {1} and so on. */
  const say = (key, ...values) => (D.words[mode()][key] || D.says[key])
    .replace(/\{(\d)\}/g, (_, n) => values[n]);
  /** How many factors have each code. */
  const counts = (factors, key, names) => Object.fromEntries(
    names.map((name) => [name, factors.filter((f) => f[key] === name).length]));

  /** Cases by factors shared, then by their own share. */
  const similar = (on) => D.cases
    .map((one, n) => ({ one, n, shared: on.filter((f) => one.factors.includes(f.id)) }))
    .filter((row) => row.shared.length)
    .sort((a, b) => b.shared.length - a.shared.length
      || a.one.factors.length - b.one.factors.length);

  /** Factors that articles or cases hold together with a ticked one. */
  const overlooked = (on) => {
    const count = (sets, f) => {
      const held = sets.filter((set) => set.includes(f.id));
      return [held.filter((set) => on.some((g) => set.includes(g.id))).length, held.length];
    };
    const cases = D.cases.map((one) => one.factors);
    return D.factors
      .map((f, n) => ({ f, n, articles: count(D.articles, f), cases: count(cases, f) }))
      .filter((row) => !on.includes(row.f) && sum(row))
      .sort((a, b) => sum(b) - sum(a));
  };

  /** What to say of systems in which nothing is ticked. */
  const silence = (on) => {
    const open = D.levels.filter((level) => !on.some((f) => f.level === level));
    if (!open.length) return say("all");
    const inner = open.length === D.levels.length - 1 && !open.includes(D.levels[0]);
    return inner ? say("inner", D.levels[0]) : say("open", open.join(", "));
  };

  // Showing
  /** Show lines in this order, the first few open. */
  const place = (name, order, none) => {
    const made = order.map((row) => lines[name][row.n]);
    const [first, more] = all("ol", $(name));
    first.replaceChildren(...made.slice(0, D.first));
    more.replaceChildren(...made.slice(D.first));
    more.parentNode.hidden = made.length <= D.first;
    more.previousElementSibling.textContent = say("more", made.length - D.first);
    $(name).firstElementChild.textContent = made.length ? "" : none;
  };
  const drawGrid = (on) => all("td[data-of]").forEach((cell) => {
    const { level, part, fill, of } = cell.dataset;
    const here = on.filter((f) => f.level === level && f.com_b === part);
    cell.className = here.length ? `pc-${fill}` : "";
    cell.firstChild.textContent = here.map((f) => D.stability[f.stability]).join("");
    cell.lastChild.textContent = `${here.length} of ${of}`;
  });
  const drawParts = (on) => {
    const open = codes.filter((code) => !on.some((f) => f.com_b === code));
    all("#pc-apply-com-b > li").forEach((line, n) => {
      line.hidden = open.includes(codes[n]);
      line.children[1].textContent = labels(on.filter((f) => f.com_b === codes[n]));
    });
    $("com-b-open").textContent = open.length ? say("untouched", open.join(", ")) : "";
  };
  const drawMeasures = (on) => {
    const fine = (f) => f.status === D.fine;
    $("measures").hidden = mode() !== "protocol";
    measures.forEach((line, n) => { line.hidden = !boxes[n].checked; });
    $("measured").textContent = say("measured", on.filter(fine).length, on.length,
      labels(on.filter((f) => !fine(f))));
    $("brief").textContent = say("brief",
      labels(D.factors.filter((f) => fine(f) && !on.includes(f))));
  };
  /** Show what the ticks give. */
  const draw = () => {
    const on = ticked();
    const near = similar(on);
    const levels = counts(on, "level", D.levels);
    const some = (key) => new Set(on.map((f) => f[key])).size;
    all("[data-word]").forEach((e) => { e.textContent = say(e.dataset.word); });
    $("status").textContent = say(on.length ? "status" : "nothing", on.length,
      some("level"), some("com_b"), near.length);
    $("count").textContent = say("count", on.length);
    all(".pc-apply-n").forEach((e, n) => { e.textContent = levels[D.levels[n]]; });
    chips.forEach((chip, n) => { chip.hidden = !boxes[n].checked; });
    drawGrid(on);
    drawParts(on);
    near.forEach(({ one, n, shared }) => {
      lines.cases[n].children[1].textContent = say("shared", shared.length,
        one.factors.length, labels(shared));
    });
    place("cases", near, say("unlike"));
    $("open").textContent = silence(on);
    const others = overlooked(on);
    others.forEach(({ n, articles, cases, f }) => {
      lines.overlooked[n].lastChild.textContent = say("beside", ...articles, ...cases,
        f.status);
    });
    place("overlooked", others, say("alone"));
    drawMeasures(on);
    for (const page of ["map", "plan"]) $(page).href = `${page}.html#${state(on).replace(/for=\w+&/, "")}`;
    $("made").hidden = true;
    $("heading").textContent = $("title").value;
    $("foot").textContent = say("foot", `${address()}#${state(on)}`);
  };

  // The address
  const state = (on) => `pick=${on.map((f) => f.id).join(",")}&for=${mode()}`
    + `&data=${encodeURIComponent(D.version)}`;
  /** Where the book is; of a copy on a disk only the name of the page. */
  const address = () => (location.protocol.startsWith("http")
    ? location.origin + location.pathname : "apply.html");
  /** Tick what a link names; say what was not understood. */
  const restore = () => {
    if (!location.hash.includes("=")) return;
    const given = new URLSearchParams(location.hash.slice(1));
    const wanted = (given.get("pick") || "").split(",").map((id) => id.trim());
    const strange = wanted.filter((id) => id && !D.factors.some((f) => f.id === id));
    const made = given.get("data") || D.version;
    const known = modes.find((radio) => radio.value === given.get("for"));
    boxes.forEach((box) => { box.checked = wanted.includes(box.value); });
    (known || modes[0]).checked = true;
    $("notice").textContent = [
      given.has("pick") ? "" : say("unread"),
      strange.length ? say("strange", strange.join(", ").slice(0, 80)) : "",
      made === D.version ? "" : say("older", made.slice(0, 9)),
      known || !given.get("for") ? "" : say("neither"),
    ].filter(Boolean).join(" ");
    draw();
  };
  const move = (to) => history.replaceState(null, "", to);

  // Taking it away
  /** All the page tells, for other programs. */
  const report = () => {
    const on = ticked();
    return {
      format: "personomics-profile", notice: D.notice, about: say("about"),
      title: $("title").value, book: address(), link: `${address()}#${state(on)}`,
      data: { title: D.title, version: D.version },
      factors: on.map(({ words, ...told }) => told),
      profile: {
        levels: counts(on, "level", D.levels), com_b: counts(on, "com_b", codes),
        stability: counts(on, "stability", Object.keys(D.stability)),
        cells: Object.fromEntries(D.levels.map((level) => [level,
          counts(on.filter((f) => f.level === level), "com_b", codes)])),
      },
      systems: silence(on),
      similar: { rule: D.rules.similar, of: D.cases.length, cases: similar(on)
        .map(({ one, shared }) => ({ ...one, shared: shared.map((f) => f.id) })) },
      overlooked: { rule: D.rules.overlooked, factors: overlooked(on)
        .map(({ f, articles, cases }) => ({ id: f.id, label: f.label, articles, cases })) },
    };
  };
  /** The same to read; no word of the data becomes markup. */
  const note = () => {
    const r = report();
    const plain = (words) => words.replace(/[\\`*_[\]<>#|~&]/g, "\\$&");
    const list = (rows, line) => rows.map((row) => `- ${line(row)}`).join("\n");
    const name = (id) => D.factors.find((f) => f.id === id).label;
    return [
      `# ${plain(r.title || say("profile"))}`, `**${r.notice}**`,
      `${plain(say("foot", ""))}<${r.link}>`,
      `## ${say("tick")}`,
      list(r.factors, (f) => plain(`${f.label} (${f.id}): ${f.level}, ${f.com_b}, `
        + `${f.stability}; ${say("best")}: ${f.status}. ${f.instruments}`)),
      r.systems,
      `## ${say("cases")}`, r.similar.rule,
      list(r.similar.cases, (c) => plain(`${c.label}. `
        + `${say("shared", c.shared.length, c.factors.length, c.shared.map(name).join("; "))}. `
        + `${c.adaptation} (${c.types.join("; ")}; ${c.target}). ${c.citation} `)
        + (c.url && `<${c.url}>`)),
      `## ${say("overlooked")}`, r.overlooked.rule,
      list(r.overlooked.factors, (f) => plain(`${f.label} (${f.id})`
        + say("beside", ...f.articles, ...f.cases, ""))), "",
    ].join("\n\n");
  };
  const save = (ending, kind, words) => {
    const made = document.createElement("a");
    made.href = URL.createObjectURL(new Blob([words], { type: kind }));
    made.download = `${D.file}.${ending}`;
    made.click();
    setTimeout(() => URL.revokeObjectURL(made.href), 1000);
    $("said").textContent = say("saved", made.download);
  };

  // Finding
  const split = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
    .split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const begins = (words, part) => split(words).some((word) => word.startsWith(part));
  /** Show factors in which words begin with all words typed. */
  const find = () => {
    const typed = split($("search").value);
    let left = 0;
    boxes.forEach((box, n) => {
      const row = box.closest("li");
      const own = box.parentNode.textContent;
      const { words } = D.factors[n];
      row.hidden = !typed.every((part) => begins(`${own} ${words.join(" ")}`, part));
      left += !row.hidden;
      row.lastChild.textContent = words.slice(1).find((phrase) => typed.some(
        (part) => !begins(own, part) && begins(phrase, part))) || "";
    });
    all("#pc-apply-list :is(fieldset, [role=group])").forEach((e) => {
      e.hidden = typed.length && !e.querySelector("li:not([hidden])");
    });
    $("found").textContent = typed.length ? say(left ? "found" : "lost", left) : "";
  };

  // Listening
  const clicks = {
    json: () => save("json", "application/json", `${JSON.stringify(report(), null, 2)}\n`),
    md: () => save("md", "text/markdown", note()),
    print: () => print(),
    make: () => {
      move(`#${state(ticked())}`);
      $("link").value = location.href;
      $("made").hidden = false;
      $("link").select();
    },
    reset: () => {
      boxes.forEach((box) => { box.checked = false; });
      modes[0].checked = true;
      $("search").value = $("title").value = $("notice").textContent = "";
      if (location.hash.includes("=")) move(location.pathname);
      find();
      draw();
      $("said").textContent = say("cleared");
    },
    factors: () => $("list").scrollIntoView(),
    profile: () => $("result").scrollIntoView(),
  };
  Object.entries(clicks).forEach(([name, act]) => $(name).addEventListener("click", act));
  chips.forEach((chip, n) => chip.querySelector("button").addEventListener("click", () => {
    boxes[n].checked = false;
    draw();
    $("result").querySelector("li:not([hidden]) > button, a:not(li a)").focus();
  }));
  [...boxes, ...modes].forEach((input) => input.addEventListener("change", draw));
  $("title").addEventListener("input", draw);
  $("search").addEventListener("input", find);
  window.addEventListener("hashchange", restore);
  root.classList.add("pc-apply-on");
  $("result").hidden = $("bar").hidden = false;
  draw();
  restore();
})();
