/* What every page does with a script: colours, contents, search, cards, copying. */
(() => {
  "use strict";
  const html = document.documentElement;
  const root = html.dataset.root || "./";
  const one = (selector, below = document) => below.querySelector(selector);

  /** Return a new element with attributes and children. */
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  /** Load a script of data once; it calls the function of that name. */
  const loaded = {};
  const load = (name, file) => loaded[name] ??= new Promise((done, failed) => {
    window[name] = done;
    const script = make("script", { src: root + "_static/" + file });
    script.onerror = () => { delete loaded[name]; failed(new Error(file)); };
    document.head.append(script);
  });

  /* Light, dark, or as the system has it. The choice is the one thing kept. */
  const wish = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const themed = one(".pc-theme");
  const paint = () => {
    const chosen = kept();
    html.dataset.theme = chosen || (wish.matches ? "dark" : "light");
    const dark = html.dataset.theme === "dark";
    themed.textContent = dark ? "☾" : "☀";
    themed.setAttribute("aria-label", `Colours: ${chosen || "as the system"}; change`);
    themed.title = themed.getAttribute("aria-label");
  };
  themed.hidden = false;
  themed.addEventListener("click", () => {
    const next = html.dataset.theme === "dark" ? "light" : "dark";
    try {
      if ((next === "dark") === wish.matches) localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch { html.dataset.theme = next; return; }
    paint();
  });
  wish.addEventListener("change", paint);
  paint();

  /* The contents on a narrow screen. */
  const menu = one(".pc-menu"), contents = one("#contents");
  menu.setAttribute("role", "button");
  menu.setAttribute("aria-expanded", "false");
  const unfold = (open) => {
    contents.classList.toggle("pc-open", open);
    menu.setAttribute("aria-expanded", String(open));
    if (open) { scrollTo(0, 0); one("a", contents).focus(); }
  };
  menu.addEventListener("click", (event) => {
    event.preventDefault();
    unfold(menu.getAttribute("aria-expanded") === "false");
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === " ") { event.preventDefault(); menu.click(); }
  });
  contents.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && contents.classList.contains("pc-open")) { unfold(false); menu.focus(); }
  });

  /* Search. */
  const KINDS = { factor: "Factor", article: "Article", case: "Case", page: "Page", section: "Section" };
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const split = (text) => plain(text).match(/[\p{L}\p{N}]+/gu) || [];

  /** Return how well a text answers a word: whole word, beginning, or not. */
  const fit = (words, word) => words.includes(word) ? 2 : words.some((w) => w.startsWith(word)) ? 1 : 0;

  /** Return the entries that answer every word, the best first. */
  const search = (entries, asked) => {
    const words = split(asked);
    if (!words.length) return [];
    const hits = [];
    for (const entry of entries) {
      entry.split ??= [1, 3, 4].map((place) => split(entry[place]));
      let sum = 0;
      for (const word of words) {
        const [title, also, text] = entry.split.map((list) => fit(list, word));
        const best = Math.max(title * 10, also * 4, text);
        if (!best) { sum = 0; break; }
        sum += best;
      }
      if (sum && plain(entry[1]) === plain(asked.trim())) sum += 50;
      if (sum) hits.push([sum - (entry[0] === "section" ? 1 : 0), entry]);
    }
    return hits.sort((a, b) => b[0] - a[0]).map((hit) => hit[1]);
  };

  /** Return the words of an entry that made it answer: a synonym or a passage. */
  const because = (entry, words) => {
    const near = (text) => {
      const at = words.map((w) => plain(text).search(new RegExp("(?<![\\p{L}\\p{N}])" + w, "u"))).filter((n) => n >= 0);
      if (!at.length) return "";
      const from = Math.max(0, at[0] - 60);
      return (from ? "…" : "") + text.slice(from, at[0] + 100).trim() + (text.length > at[0] + 100 ? "…" : "");
    };
    if (["page", "section"].includes(entry[0])) return near(entry[4]);
    if (words.every((word) => fit(entry.split[0], word))) return entry[4];
    const term = entry[3].split(" · ").find((t) => words.some((w) => fit(split(t), w)));
    return term ? `“${term}”` : near(entry[4]) || entry[4];
  };

  let finders = 0;
  /** Fill a place with a search form and its answers. */
  const finder = (place, focus) => {
    const id = `pc-find-${++finders}`;
    const input = make("input", { type: "search", class: "pc-field", id, autocomplete: "off", spellcheck: "false" });
    const said = make("p", { class: "pc-said", role: "status" });
    const hits = make("ul", { class: "pc-hits" });
    const kinds = make("fieldset", { class: "pc-kinds" }, make("legend", { class: "pc-hidden" }, "Kind of result"));
    for (const [kind, name] of Object.entries({ "": "All", ...KINDS })) {
      const radio = make("input", { type: "radio", name: id, value: kind });
      radio.checked = !kind;
      kinds.append(make("label", {}, radio, name));
    }
    const form = make("form", { role: "search" },
      make("label", { for: id, class: "pc-hidden" }, "Search factors, articles, cases and pages"), input);
    place.append(form, kinds, said, hits);
    const show = async () => {
      const asked = input.value;
      if (!asked.trim()) { hits.replaceChildren(); said.textContent = "Words of the articles lead to factors too: try “trust” or “money”."; return; }
      let entries;
      try { entries = await load("pcFound", "found.js"); } catch { said.textContent = "The list to search could not be read."; return; }
      if (asked !== input.value) return;
      const kind = one("input:checked", kinds).value;
      const found = search(entries, asked).filter((entry) => !kind || entry[0] === kind);
      said.textContent = found.length ? `${found.length} found${found.length > 40 ? ", the first 40 shown" : ""}` : `Nothing found for “${asked.trim()}”${kind ? ` among ${KINDS[kind].toLowerCase()}s` : ""}.`;
      hits.replaceChildren(...found.slice(0, 40).map((entry) => make("li", {},
        make("span", { class: "pc-kind" }, KINDS[entry[0]] || entry[0]), " ",
        make("a", { href: root + entry[2] }, entry[1]),
        make("p", {}, [entry[0] === "section" ? entry[3] + ": " : "", because(entry, split(asked))].join("")))));
    };
    input.addEventListener("input", show);
    kinds.addEventListener("change", show);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const first = one("a", hits);
      if (first) first.click();
    });
    place.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      if (event.target.type === "radio") return;
      const links = [input, ...hits.querySelectorAll("a")];
      const now = links.indexOf(document.activeElement);
      const next = links[now + (event.key === "ArrowDown" ? 1 : -1)];
      if (now >= 0 && next) { event.preventDefault(); next.focus(); }
    });
    const given = new URLSearchParams(location.search).get("q");
    if (given && place.matches("[data-find]")) input.value = given;
    show();
    if (focus) input.focus();
    return input;
  };
  const standing = one("[data-find]");
  if (standing) finder(standing, true);

  const opener = one(".pc-search");
  opener.setAttribute("role", "button");
  opener.setAttribute("aria-haspopup", "dialog");
  opener.append(make("kbd", { "aria-hidden": "true" }, "/"));
  let dialog, field;
  const find = () => {
    if (!dialog) {
      const place = make("div", { class: "pc-find" });
      const close = make("button", { type: "button", class: "pc-button" }, "Close");
      dialog = make("dialog", { class: "pc-finder", "aria-label": "Search" }, place);
      close.addEventListener("click", () => dialog.close());
      document.body.append(dialog);
      field = finder(place, false);
      one("form", place).append(close);
      field.addEventListener("keydown", (event) => { // which would only empty the field
        if (event.key === "Escape") { event.preventDefault(); dialog.close(); }
      });
      dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest(".pc-hits a")) dialog.close(); });
    }
    dialog.showModal();
    field.focus();
    field.select();
  };
  opener.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (standing) one("input", standing).focus(); else find();
  });
  opener.addEventListener("keydown", (event) => {
    if (event.key === " ") { event.preventDefault(); opener.click(); }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const asked = (event.key === "/" && !typing && !event.ctrlKey && !event.altKey && !event.metaKey)
      || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey));
    if (asked && !dialog?.open) { event.preventDefault(); opener.click(); }
  });

  /* A small card for every mention of a factor, an article or a case. */
  const top = new URL(root, location.href).href;
  const THING = /^(factors|articles|cases)\/[^/]+\.html$/;
  const card = make("div", { class: "pc-hover", id: "pc-hover", role: "tooltip" });
  let over, timer;
  const drop = () => {
    clearTimeout(timer);
    card.remove();
    over?.removeAttribute("aria-describedby");
    over = undefined;
  };
  /** Return where a link leads below the top of the site, in text or in a drawing. */
  const target = (link) => {
    const href = link.getAttribute("href") || link.getAttribute("xlink:href") || "";
    const whole = new URL(href, location.href).href.split("#")[0];
    return whole.startsWith(top) ? whole.slice(top.length) : "";
  };
  const lift = async (link) => {
    const path = target(link);
    let all;
    try { all = await load("pcCards", "cards.js"); } catch { return; }
    if (over !== link || !all[path]) return;
    card.innerHTML = all[path]; // made, and escaped, when the book was built
    document.body.append(card);
    link.querySelector(":scope > title")?.remove(); // or the browser shows it as well
    const at = link.getClientRects()[0] || link.getBoundingClientRect(), width = card.offsetWidth, height = card.offsetHeight;
    const below = at.bottom + height + 8 < innerHeight || at.top < height + 8;
    card.style.left = `${scrollX + Math.max(8, Math.min(at.left, html.clientWidth - width - 8))}px`;
    card.style.top = `${scrollY + (below ? at.bottom + 6 : at.top - height - 6)}px`;
    link.setAttribute("aria-describedby", "pc-hover");
  };
  const quiet = document.getElementById("pc-apply"); // there nothing is asked for
  const meet = (event, wait) => {
    if (quiet) return;
    const link = event.target.closest?.("article a");
    if (!link || link === over) return;
    drop();
    if (!THING.test(target(link))) return;
    over = link;
    timer = setTimeout(lift, wait, link);
  };
  document.addEventListener("mouseover", (event) => {
    if (card.contains(event.target)) return clearTimeout(timer);
    meet(event, 350);
  });
  document.addEventListener("mouseout", (event) => {
    if (!over || card.contains(event.relatedTarget) || over.contains(event.relatedTarget)) return;
    clearTimeout(timer);
    timer = setTimeout(drop, 250);
  });
  document.addEventListener("focusin", (event) => { if (event.target.matches(":focus-visible")) meet(event, 150); });
  document.addEventListener("focusout", drop);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") drop(); });

  /* An address inside something folded opens it. */
  const reveal = () => {
    const there = location.hash && !location.hash.includes("=") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let fold = there?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (there) there.scrollIntoView();
  };
  try { reveal(); } catch { /* an address that is none */ }
  addEventListener("hashchange", () => { try { reveal(); } catch { /* likewise */ } });

  /* Commands can be copied. */
  if (navigator.clipboard) {
    for (const block of document.querySelectorAll("article .highlight > pre")) {
      const words = block.textContent;
      const button = make("button", { type: "button", class: "pc-button pc-copy" }, "Copy");
      button.addEventListener("click", async () => {
        try { await navigator.clipboard.writeText(words); button.textContent = "Copied"; } catch { button.textContent = "Not allowed"; }
      });
      block.append(button);
    }
  }
})();
