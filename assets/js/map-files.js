/* What is seen of the map, as a file: SVG, PNG or CSV. Loaded when first asked for. */
(() => {
  "use strict";
  const LOOK = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "font-size", "font-weight", "paint-order", "text-anchor"];
  const CODES = ["level", "com_b", "stability", "origin", "articles", "cases", "instruments", "status"];

  const make = (name, more) => Object.assign(document.createElement(name), more);
  const save = (blob, download) => {
    const href = URL.createObjectURL(blob);
    make("a", { href, download }).click();
    setTimeout(URL.revokeObjectURL, 9999, href);
  };

  /** Return the factors shown as CSV; no cell of it runs as a formula. */
  const table = (data, rows) => {
    const cell = (v) => `"${String(v).replace(/^(?![+-][\d.,]+%?$)[=+\-@\t\r\n]/, "'$&").replace(/"/g, '""')}"`;
    const lines = rows.map((f) => [f.id, f.label, ...CODES.map((key) => f[key]), f.pick ? "yes" : "no", f.kind, data.version]);
    return [["factor_id", "label", ...CODES, "selected", "compared", "data_version"], ...lines]
      .map((line) => `${line.map(cell).join()}\r\n`).join("");
  };

  /** Return the drawing as it is seen, readable without a style sheet. */
  const picture = (data, svg, [left, top, wide, high]) => {
    const copy = svg.cloneNode(true), from = [svg, ...svg.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
      const css = getComputedStyle(from[i]), href = element.getAttribute("href");
      for (const name of LOOK) element.setAttribute(name, css.getPropertyValue(name));
      for (const name of ["style", "class", "tabindex", "id"]) element.removeAttribute(name);
      if (href && location.protocol === "file:") element.removeAttribute("href"); // says where it lay
      else if (href) element.setAttribute("href", new URL(href, location.href));
    });
    const add = (name, more, text = "") => {
      const made = document.createElementNS(svg.namespaceURI, name);
      for (const [key, value] of Object.entries(more)) made.setAttribute(key, value);
      made.textContent = text;
      return made;
    };
    const line = wide / 40, size = wide / 90;
    const colours = getComputedStyle(svg), fill = colours.getPropertyValue("--pc-paper").trim();
    const said = [...document.querySelectorAll("#pc-map-count, #pc-map-tokens li")].map((e) => e.textContent.replace(" ✕", ""));
    const form = document.querySelector("#pc-map form"), search = form.q.value;
    const pair = said[0].includes("only in A") ? ["a", "b"].map((n) => `${n.toUpperCase()} ${form[n].selectedOptions[0].text}`) : [];
    const words = [`Data ${data.version}`, ...said, ...pair, search && `“${search}”`].filter(Boolean);
    copy.prepend(add("rect", { x: left, y: top, width: wide, height: high, fill }));
    copy.append(
      add("rect", { x: left, y: top + high, width: wide, height: line, fill }),
      add("text", { x: left + line / 2, y: top + high + line * 0.6, "font-size": size, fill: colours.color, stroke: "none" },
        words.join(" · ").slice(0, 170)));
    copy.setAttribute("viewBox", [left, top, wide, high + line].join(" "));
    copy.setAttribute("width", 1200);
    copy.setAttribute("height", Math.round(1200 * (high + line) / wide));
    return new XMLSerializer().serializeToString(copy);
  };

  window.pcMapFile = (kind, data, svg, view, rows) => {
    const name = `personomics-map-data-${data.version}.${kind}`;
    const text = kind === "csv" ? table(data, rows) : picture(data, svg, view);
    const type = kind === "csv" ? "text/csv" : "image/svg+xml";
    if (kind !== "png") return save(new Blob([text], { type }), name);
    const image = new Image();
    image.onload = () => {
      const [width, height] = [image.width * 2, image.height * 2], canvas = make("canvas", { width, height });
      canvas.getContext("2d").drawImage(image, 0, 0, width, height);
      canvas.toBlob((blob) => save(blob, name));
    };
    image.src = `data:${type};charset=utf-8,${encodeURIComponent(text)}`;
  };
})();
