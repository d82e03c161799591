/* The map; its state: the fragment. */
(() => {
"use strict";
const root = document.getElementById("pc-map"), script = document.currentScript.src;
const data = JSON.parse(document.getElementById("pc-map-data").textContent), all = data.factors;
const one = (css) => root.querySelector(css), every = (css) => [...root.querySelectorAll(css)];
const form = one("form"), frame = one(".pc-map-frame"), svg = one(".pc-map-frame svg");
const count = one("#pc-map-count"), told = one("#pc-map-told");
const FACETS = ["level", "com_b", "stability", "origin", "tool"], FROM = ["article", "case"];
const KEYS = ["q", ...FACETS, ...FROM, "vs", "pick", "view", "sort"];
const COLUMNS = ["label", ...FACETS.slice(0, 4), "articles", "cases", "instruments", "tool"];
const IN = { A: "only in A", B: "only in B", "A+B": "in both" };
const fold = (s) => s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const clip = (s) => (s.length > 40 ? `${s.slice(0, 40)}…` : s);
const many = (n) => `${n} factor${n === 1 ? "" : "s"}`;
const make = (name, more, ...inside) => {
  const element = Object.assign(document.createElement(name), more);
  element.append(...inside);
  return element;
};
const link = ([label, href]) => make("a", { href }, label);

/* What each key may hold; the elements of each factor and group. */
const values = (key) => every(`input[name=${key}], [name=${key}] option`).map((e) => e.value).filter(Boolean);
const known = Object.fromEntries(KEYS.map((key) => [key, values(key)]));
known.vs = values("a");
known.pick = all.map((f) => f.id);
known.sort = COLUMNS.flatMap((c) => [c, `-${c}`]);
const factor = (element) => all[known.pick.indexOf(element.dataset.factor)];
for (const f of all) {
  f.words = fold([f.id, f.label, f.about, ...f.terms].join("\n"));
  f.from = [...f.article, ...f.case];
  [f.articles, f.cases, f.rows] = [f.article.length, f.case.length, []];
}
for (const place of every("[data-factor]")) {
  const f = factor(place);
  if (place.ownerSVGElement) [f.chip, f.sign, f.name] = [place, place.lastElementChild, place.getAttribute("aria-label")];
  else f.rows.push({ place, row: place.closest("tr[id]") || place, box: place.querySelector("input") });
}
const groups = every("[data-group]:has([data-n])").map((group) => ({
  number: group.querySelector("[data-n]"), inside: [...group.querySelectorAll("[data-factor]")].map(factor),
}));
const blank = () => Object.fromEntries(KEYS.map((key) => [key, []]));
let state = blank(), words = [], sorted = "", timer;

/** Take the state from the fragment; name what is not known. */
const read = () => {
  const hash = location.hash.slice(1), bad = [];
  let made = data.version;
  if (hash && !hash.includes("=")) return paint();
  state = blank();
  form.reset();
  for (const [key, value] of new URLSearchParams(hash)) {
    if (key === "data") made = value;
    else if (key === "q") state.q = [value.slice(0, 100)].filter(Boolean);
    else if (!KEYS.includes(key)) bad.push(key);
    else for (const v of new Set(value.split(",").filter(Boolean))) (known[key].includes(v) ? state[key] : bad).push(v);
  }
  if (state.vs.length % 2 || state.vs[2]) bad.push("a comparison of other than two");
  if (state.vs.length !== 2) state.vs = [];
  const names = bad.slice(0, 5).map(clip).join(", ") + (bad[5] ? " …" : "");
  warn(made !== data.version ? `This link was made with data ${clip(made)}; you see ${data.version}.${
    names && ` ${names} ${bad[1] ? "are" : "is"} no longer there.`}`
    : names && `This link asks for what is not here: ${names}. The rest of it is shown.`);
  paint();
  form.address.value = location.href;
};
const warn = (text) => { one("#pc-map-notice p").textContent = text; };
const write = () => {
  const out = new URLSearchParams(KEYS.filter((key) => state[key].length).map((key) => [key, state[key]]));
  if (`${out}`) out.set("data", data.version);
  const hash = `${out}`.replace(/%2C/g, ",").replace(/\+/g, "%20");
  if (document.activeElement === document.body) count.focus({ preventScroll: true });
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  form.address.value = location.href;
};
const change = (more) => {
  Object.assign(state, more);
  paint();
  clearTimeout(timer);
  timer = setTimeout(write, 150);
};
const toggle = (key, v) => change({ [key]: state[key].includes(v) ? state[key].filter((x) => x !== v) : [...state[key], v] });

/** Whether a factor answers all filters but one. */
const hit = (f, but) => words.every((w) => f.words.includes(w))
  && FACETS.every((k) => k === but || !state[k].length || state[k].includes(f[k]))
  && [...FROM, "vs"].every((k) => !state[k].length || state[k].some((id) => (f[k] || f.from).includes(id)));

/** Show the state in every view; touch only what has changed. */
const paint = () => {
  words = fold(state.q.join()).split(/\s+/).filter(Boolean);
  const [a, b] = state.vs, tally = { A: 0, B: 0, "A+B": 0 };
  const found = (text) => words.every((w) => fold(text).includes(w));
  let shown = 0;
  for (const f of all) {
    const out = !hit(f), pick = state.pick.includes(f.id);
    const kind = out || !a ? "" : [f.from.includes(a) && "A", f.from.includes(b) && "B"].filter(Boolean).join("+");
    const via = words[0] && !out && !found(f.label) ? f.terms.find(found) : "";
    shown += !out;
    tally[kind] += 1;
    if (out !== f.out) {
      f.chip.classList.toggle("pc-out", out);
      f.chip.tabIndex = out ? -1 : 0;
      for (const { row } of f.rows) row.hidden = out;
    }
    const same = kind === f.kind && pick === f.pick && via === f.via;
    Object.assign(f, { out, kind, pick, via });
    if (!same) mark(f);
  }
  for (const { number, inside } of groups) {
    const n = inside.filter((f) => !f.out).length;
    number.textContent = n === inside.length ? n : `${n} of ${inside.length}`;
  }
  for (const key of FACETS) {
    const among = all.filter((f) => hit(f, key));
    for (const box of every(`[name=${key}]`)) {
      box.checked = state[key].includes(box.value);
      box.parentElement.lastChild.textContent = among.filter((f) => f[key] === box.value).length;
    }
  }
  count.textContent = `${shown} of ${many(all.length)} shown${shown ? "" : ": nothing answers all of these filters"}${
    a ? Object.keys(IN).map((kind) => `; ${IN[kind]} ${tally[kind]}`).join("") : ""}`;
  controls();
  tell();
  arrange();
};

/** Mark a factor: selected, in A or B, found by a phrase. */
const mark = (f) => {
  f.chip.classList.toggle("pc-picked", f.pick);
  f.chip.dataset.vs = f.kind;
  f.chip.setAttribute("aria-label", [f.name, f.pick && "selected", IN[f.kind]].filter(Boolean).join(", "));
  f.sign.textContent = `${f.pick ? "✓ " : ""}${f.kind}`;
  const text = [IN[f.kind], f.via && `“${clip(f.via)}”`].filter(Boolean).join(" · ");
  for (const { place, box } of f.rows.filter((r) => r.box)) {
    box.checked = f.pick;
    place.dataset.vs = f.kind;
    place.querySelector(".pc-sign")?.remove();
    if (text) place.append(make("span", { className: "pc-sign" }, text));
  }
};
const narrow = matchMedia("(max-width: 60rem)");
const controls = () => {
  root.dataset.view = form.view.value = state.view[0] || (narrow.matches ? "nested" : "map");
  if (form.q.value !== state.q.join()) form.q.value = state.q;
  for (const key of FROM) form[key].value = state[key][1] ? "" : state[key];
  if (state.vs[0]) [form.a.value, form.b.value] = state.vs;
  const token = (key, v, text, href) => make("li", {}, href ? link([text, href]) : text, " ",
    make("button", { type: "button", ariaLabel: `Remove ${text}`, onclick: () => toggle(key, v) }, "✕"));
  one("#pc-map-tokens").replaceChildren(...[...FACETS, ...FROM].flatMap((key) => state[key].map((v) =>
    token(key, v, clip(data[key] ? data[key][v][0] : one(`[name=${key}][value="${CSS.escape(v)}"]`).dataset.name)))));
  one(".pc-basket ul").replaceChildren(...state.pick.map((id) => {
    const { label, href } = all[known.pick.indexOf(id)];
    return token("pick", id, clip(label), href);
  }));
  one("[data-picked]").textContent = state.pick.length;
  for (const a of every("[data-on]")) a.hash = `pick=${state.pick}&data=${data.version}`;
};

/** Say what one source contributes, or how two differ. */
const tell = () => {
  const [a, b] = state.vs, key = FROM.find((k) => state[k].length === 1), [id] = state[key] || [];
  const line = (kind, ...from) => {
    const found = all.filter((f) => f.kind === kind), sign = make("span", { className: "pc-sign" }, kind);
    sign.dataset.vs = kind;
    return make("p", {}, sign, ` ${IN[kind]} `, ...from.map(link), ` (${many(found.length)}): `,
      ...found.flatMap((f, i) => [i ? "; " : "", link([f.label, f.href])]));
  };
  const source = (i) => data.article[i] || data.case[i];
  const whole = all.filter((f) => f.from.includes(id)), alone = whole.filter((f) => !f[key][1]);
  told.replaceChildren(...a ? [make("h2", {}, "What two have in common"), line("A", source(a)), line("B", source(b)), line("A+B")]
    : key ? [make("h2", {}, "What ", link(source(id)), " contributes"),
      make("p", {}, `${many(whole.length)}; ${alone.length} of them in no other ${key}.`)] : []);
};

/* The table in order: codes as in the codebook. */
const { compare } = new Intl.Collator("en", { numeric: true }), heads = every("[data-is=table] thead th");
const order = () => {
  const [column = ""] = state.sort, key = column.replace("-", ""), sign = key === column ? 1 : -1;
  const value = (f) => (known[key] ? known[key].indexOf(f[key]) : f[key]);
  return key ? [...all].sort((x, y) => sign * compare(value(x), value(y))) : all;
};
const arrange = () => {
  const [column = ""] = state.sort;
  if (column === sorted) return;
  sorted = column;
  one("[data-is=table] tbody").append(...order().map((f) => f.rows.find(({ row, place }) => row !== place).row));
  heads.forEach((head, i) => {
    head.ariaSort = { [COLUMNS[i]]: "ascending", [`-${COLUMNS[i]}`]: "descending" }[column] || null;
  });
};
heads.forEach((head, i) => {
  const turns = [COLUMNS[i], `-${COLUMNS[i]}`];
  const onclick = () => change({ sort: [turns[turns.indexOf(sorted) + 1]].filter(Boolean) });
  head.append(make("button", { type: "button", onclick }, ...head.childNodes));
});

/* Zoom and movement of the drawing. */
const full = svg.getAttribute("viewBox").split(" ").map(Number);
const middle = (element) => {
  const box = element.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
};
const between = (low, x, high) => Math.max(low, Math.min(high, x));
let [left, top, wide] = full, grip = null, moved = 0;
const view = () => [left, top, wide, wide * full[3] / full[2]];
const zoomed = () => wide < full[2];
const pan = (x, y) => {
  const scale = wide / svg.getBoundingClientRect().width;
  left = between(full[0], left + x * scale, full[0] + full[2] - wide);
  top = between(full[1], top + y * scale, full[1] + full[3] - view()[3]);
  svg.setAttribute("viewBox", view().join(" "));
  frame.classList.toggle("pc-zoomed", zoomed());
};
const zoom = (by, ...at) => {
  const box = svg.getBoundingClientRect(), [x, y] = at[1] ? at : middle(svg), before = view();
  wide = between(full[2] / 6, wide / by, full[2]);
  left += (x - box.left) / box.width * (before[2] - wide);
  top += (y - box.top) / box.height * (before[3] - view()[3]);
  pan(0, 0);
};
const hold = ([p, q = p]) => {
  const x = p.clientX - q.clientX, y = p.clientY - q.clientY;
  grip = { x: p.clientX - x / 2, y: p.clientY - y / 2, d: Math.hypot(x, y) };
};
const drag = (points) => {
  const { x, y, d } = grip;
  hold(points);
  moved += Math.abs(grip.x - x) + Math.abs(grip.y - y) + Math.abs(grip.d - d);
  if (d && grip.d) zoom(grip.d / d, grip.x, grip.y);
  pan(x - grip.x, y - grip.y);
};
const on = (names, act) => names.split(" ").forEach((name) => frame.addEventListener(name, act, { passive: false, capture: true }));
on("touchstart touchend pointerdown", (e) => {
  const points = e.touches || (e.pointerType === "mouse" && !e.button && zoomed() ? [e] : []);
  if (points[0]) hold(points);
  if (e.type !== "touchend") moved = 0;
});
on("touchmove", (e) => {
  if (!e.cancelable || !e.touches[1] && !zoomed()) return;
  e.preventDefault();
  drag(e.touches);
});
addEventListener("pointermove", (e) => {
  if (grip && e.pointerType === "mouse") if (e.buttons) drag([e]); else grip = null;
});
on("dragstart", (e) => e.preventDefault());
on("click", (e) => moved > 5 && e.detail && e.preventDefault());
on("wheel", (e) => {
  if (!e.ctrlKey) return;
  e.preventDefault();
  zoom(Math.exp(-e.deltaY / 300), e.clientX, e.clientY);
});
const STEPS = { "+": 1.4, "=": 1.4, "-": 1 / 1.4, 0: 0.01 };

/** The nearest chip shown in a direction. */
const next = (from, x, y) => {
  const [u, v] = middle(from);
  const far = ({ chip }) => {
    const [p, q] = middle(chip), along = (p - u) * x + (q - v) * y;
    return along > 4 ? along + 3 * Math.abs((p - u) * y + (q - v) * x) : Infinity;
  };
  return all.filter((f) => !f.out && far(f) < Infinity).sort((f, g) => far(f) - far(g))[0]?.chip;
};
on("keydown", (e) => {
  const chip = e.target.closest("[data-factor]");
  const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (STEPS[e.key]) zoom(STEPS[e.key]);
  else if (chip && /^s$/i.test(e.key)) toggle("pick", chip.dataset.factor);
  else if (chip && arrow) next(chip, ...arrow)?.focus();
  else if (arrow && zoomed()) pan(60 * arrow[0], 60 * arrow[1]);
  else return;
  e.preventDefault();
});
on("focusin", (e) => {
  const chip = e.target.closest("[data-factor]"), box = svg.getBoundingClientRect();
  if (!chip || !zoomed()) return;
  const [x, y] = middle(chip), [u, v] = middle(svg);
  if (Math.abs(x - u) > box.width / 2 || Math.abs(y - v) > box.height / 2) pan(x - u, y - v);
});

/* Controls; the script that makes files is loaded on demand. */
const save = (kind) => {
  if (window.pcMapFile) window.pcMapFile(kind, data, svg, view(), order().filter((f) => !f.out));
  else document.head.append(make("script", { src: script.replace("map.js", "map-files.js"), onload: () => save(kind) }));
};
const acts = {
  reset: () => {
    form.reset();
    zoom(STEPS[0]);
    warn("");
    change({ ...blank(), pick: state.pick, view: state.view });
  },
  clear: () => change({ pick: [] }),
  dismiss: () => { warn(""); form.q.focus(); },
  copy: () => {
    write();
    form.address.select();
    count.textContent = document.execCommand("copy") ? "Link copied" : "Copy the address from its field";
  },
};
root.addEventListener("click", (e) => {
  const { do: act, zoom: step } = e.target.dataset;
  if (acts[act]) acts[act](); else if (act) save(act);
  if (step) zoom(STEPS[step]);
});
root.addEventListener("input", ({ target: { name, value, type, dataset } }) => {
  const [a, b] = [form.a.value, form.b.value];
  if (dataset.pick) toggle("pick", dataset.pick);
  else if (type === "checkbox") toggle(name, value);
  else if (KEYS.includes(name)) change({ [name]: value ? [value] : [] });
  else if (name !== "address") {
    if (a === b) form.b.value = "";
    change({ vs: a && b && a !== b ? [a, b] : [] });
  }
});
narrow.onchange = controls;
addEventListener("hashchange", () => {
  const { pick } = state;
  read();
  if (location.hash.includes("=")) change(state.pick[0] ? {} : { pick });
});
read();
})();
