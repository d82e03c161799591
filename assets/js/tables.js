/* Tables that sort, filter and download; without this script they are plain tables. */
(() => {
  "use strict";
  const SORTED = 4, FILTERED = 8, PAUSE = 200;
  const NUMBER = /^[<>≤≥~]?\s*([+−-]?[\d,]*\.?\d+)\s*%?(?:\s*(?:to|of|–)\s*([+−-]?[\d,]*\.?\d+)\s*%?|\s*\(.*\))?$/;
  const NOTHING = /^[–—-]?$/;
  const FORMULA = /^(?![+-][\d.,]+%?$)[=+\-@]/;
  const BLOCK = /^(LI|P|DD|DT|DIV|UL|OL|DL|SUMMARY|DETAILS)$/;
  const { compare } = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const version = document.documentElement.dataset.data;
  const tables = new Map();
  let pinned;

  const fold = (s) => s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const slug = (s) => fold(s).replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  const number = (s = "0") => Number(s.replace(/,/g, "").replace("−", "-"));
  const make = (name, properties, ...inside) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...inside);
    return element;
  };

  /** A short name that is not taken yet. */
  const unique = (name, taken) => {
    const short = (name.length > 40 ? name.slice(0, 40).replace(/-[^-]*$/, "") : name) || "x";
    let free = short;
    for (let n = 2; taken.has(free); n += 1) free = `${short}-${n}`;
    return free;
  };

  /** The words of a cell in one line, with entries of a list apart. */
  const words = (cell) => {
    const read = (node) => [...node.childNodes].map((child) =>
      BLOCK.test(child.tagName) ? `\0${read(child)}\0` : child.data ?? read(child)).join("");
    return (cell.firstElementChild ? read(cell) : cell.textContent).split("\0").map((s) => s.replace(/\s+/g, " ").trim()).filter(Boolean).join("; ");
  };

  /** Whether rows can change places: one head without links, one body, no merged cells. */
  const regular = (table) => {
    const rows = [...table.rows], [body, more] = table.tBodies;
    return body && !more && body.rows.length >= SORTED && table.tHead?.rows.length === 1
      && body.rows.length === rows.length - 1 && !table.querySelector("table, [rowspan], [colspan], thead a")
      && rows.every((row) => row.cells.length === rows[0].cells.length);
  };

  /** Give a table its tools. */
  const enhance = (box, table) => {
    const body = table.tBodies[0], heads = [...table.rows[0].cells];
    const names = heads.map(words), columns = new Map();
    const title = table.caption ? words(table.caption) : "";
    const key = unique(slug(title.replace(/\p{N}/gu, "")), tables);
    const rows = [...body.rows].map((row) => ({ row }));
    const search = make("input", { type: "search", className: "pc-field" }), count = make("output");
    let shown = rows, sort = -1, down = false, timer;

    /** The words of a row, read once. */
    const cells = (item) => {
      item.cells ??= [...item.row.cells].map(words);
      item.found ??= fold(item.cells.join("\n"));
      return item.cells;
    };

    /** Put rows in order: numbers by size, all else as words, empty cells last. */
    const arrange = () => {
      const all = rows.map((item) => ({ item, cell: sort < 0 ? "" : cells(item)[sort] }));
      const full = all.filter(({ cell }) => !NOTHING.test(cell));
      for (const one of full) one.n = NUMBER.exec(one.cell);
      const by = full.every((one) => one.n)
        ? (a, b) => number(a.n[1]) - number(b.n[1]) || number(a.n[2]) - number(b.n[2])
        : (a, b) => compare(a.cell, b.cell);
      full.sort(down ? (a, b) => by(b, a) : by);
      shown = [...full, ...all.filter(({ cell }) => NOTHING.test(cell))].map(({ item }) => item);
      body.append(...shown.map(({ row }) => row));
      heads.forEach((head, n) => {
        if (n === sort) head.setAttribute("aria-sort", down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
    };
    const paint = () => {
      const wanted = fold(search.value).split(/\s+/).filter(Boolean);
      let seen = 0;
      for (const item of rows) {
        if (wanted.length) cells(item);
        const keep = item.row === pinned || wanted.every((word) => item.found.includes(word));
        if (item.row.hidden === keep) item.row.hidden = !keep;
        seen += keep;
      }
      count.value = (seen < rows.length ? `${seen} of ` : "") + `${rows.length} rows`
        + (sort < 0 ? "" : `, by ${names[sort]}, ${down ? "descending" : "ascending"}`);
    };
    const changed = () => {
      paint();
      clearTimeout(timer);
      timer = setTimeout(() => {
        const all = sort < 0 ? [] : [`sort:${heads[sort].dataset.key}:${down ? "desc" : "asc"}`];
        if (search.value.trim()) all.push(`q:${search.value.trim()}`);
        write(`t.${key}`, all.join());
      }, PAUSE);
    };

    /** Show a state such as "sort:articles:desc,q:trust"; say whether it is one. */
    const restore = (text) => {
      const [told, column, way, q = ""] = /^(?:sort:([^:,]+):(asc|desc))?(?:(?:^|,)q:([^]*))?$/.exec(text) || [];
      sort = columns.get(column) ?? -1;
      down = way === "desc";
      search.value = q;
      arrange();
      paint();
      return told !== undefined && (!column || sort >= 0);
    };

    /** Download the rows that are seen, in their order; none of them runs as a formula. */
    const save = () => {
      const cell = (s) => `"${(FORMULA.test(s) ? `'${s}` : s).replace(/"/g, '""')}"`;
      const lines = [names, ...shown.filter(({ row }) => !row.hidden).map(cells)]
        .map((row) => `${row.map(cell).join()}\r\n`);
      const href = URL.createObjectURL(new Blob(lines, { type: "text/csv;charset=utf-8" }));
      make("a", { href, download: `${key}${version ? `-data-${version}` : ""}.csv` }).click();
      setTimeout(URL.revokeObjectURL, 9999, href);
    };

    heads.forEach((head, n) => {
      if (!names[n]) return;
      columns.set(head.dataset.key = unique(slug(names[n]), columns), n);
      const onclick = () => {
        down = sort === n && !down;
        sort = sort === n && !down ? -1 : n;
        arrange();
        changed();
      };
      head.append(make("button", { type: "button", onclick }, ...head.childNodes));
    });
    const large = rows.length >= FILTERED, className = `pc-table-tools${large ? "" : " pc-below"}`;
    const tools = make("div", { className, role: "group", ariaLabel: `Tools: ${title}` });
    search.onfocus = () => rows.forEach(cells);
    if (large) tools.append(make("label", { oninput: changed }, "Filter ", search));
    tools.append(count, make("button", { type: "button", className: "pc-button", onclick: save }, "Download as CSV"));
    box[large ? "before" : "after"](tools);
    paint();
    tables.set(`t.${key}`, { paint, restore });
  };

  /** What stands behind "#"; an ordinary anchor holds no state. */
  const state = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");

  /** Put the state of a table into the address, beside what is there. */
  const write = (key, value) => {
    const all = state();
    all.delete("data");
    all.delete(key);
    if (value) all.set(key, value);
    if (version && `${all}`) all.set("data", version);
    const hash = `${all}`.replace(/%3A/g, ":").replace(/%2C/g, ",").replace(/\+/g, "%20");
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  };

  /** Show what the address asks for; say in words what of it cannot be shown. */
  const read = () => {
    const all = state(), old = all.get("data");
    const asked = [...all.keys()].filter((key) => key.startsWith("t."));
    const id = new URLSearchParams(location.hash.replace("#", "id=")).get("id");
    pinned = !`${all}` && document.getElementById(id);
    for (let up = pinned; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    let good = asked.every((key) => tables.has(key));
    tables.forEach((table, key) => {
      if (pinned) table.paint();
      else good = table.restore(all.get(key) || "") && good;
    });
    if (pinned) pinned.scrollIntoView();
    notice.textContent = (good ? "" : "Part of this address is not known here; the tables show the rest. ")
      + (asked.length && version && old && old !== version
        ? `The link was made with version ${old} of the data, this is version ${version}.` : "");
  };

  const notice = make("p", { className: "pc-table-notice", role: "status" });
  for (const box of document.querySelectorAll(".pc-table")) {
    const table = box.querySelector("table");
    if (table && !box.closest("#pc-map") && regular(table)) enhance(box, table);
  }
  if (!tables.size) return;
  document.querySelector(".pc-table-tools").before(notice);
  if (location.hash) read();
  addEventListener("hashchange", read);
})();
