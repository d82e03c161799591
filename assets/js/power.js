/* How large a trial: the formulas of personomics.power, and the page that shows them.
   Nothing is stored or sent. */
const pcPower = (() => {
  "use strict";
  const data = document.getElementById("pc-power-data");
  if (!data) return null;
  const D = JSON.parse(data.textContent);
  const { legendre, max_n: LARGEST } = D;
  const hermite = D.hermite.filter(([, weight]) => weight > 1e-18);
  const sum = (list, value = (x) => x) => list.reduce((all, x, i) => all + value(x, i), 0);

  // Distributions. Probabilities above a value are added up, never 1 minus another.
  const small = new Map();
  /** What Stirling's formula leaves out of log n!. */
  const stirling = (n) => {
    if (n < 16) {
      if (!small.has(n)) small.set(n, stirling(n + 1) + (n + 0.5) * Math.log1p(1 / n) - 1);
      return small.get(n);
    }
    const s = 1 / (n * n);
    return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / n;
  };
  /** x log(x / m) + m - x, without loss where x and m are close (Loader 2000). */
  const deviance = (x, m) => {
    if (Math.abs(x - m) > 0.1 * (x + m)) return x * Math.log(x / m) + m - x;
    const v = (x - m) / (x + m);
    let all = (x - m) * v;
    for (let k = 3, power = 2 * x * v, last; all !== last; k += 2) {
      last = all;
      all += (power *= v * v) / k;
    }
    return all;
  };
  /** m^j e^-m / j!, also for a j that is not whole. */
  const poisson = (j, m) => (j
    ? Math.exp(-stirling(j) - deviance(j, m)) / Math.sqrt(2 * Math.PI * j) : Math.exp(-m));
  /** x^a y^b / (a B(a, b)), where y is 1 - x. */
  const lead = (a, b, x, y) => {
    const n = a + b;
    return b / n * Math.sqrt(n / (2 * Math.PI * a * b)) * Math.exp(stirling(n)
      - stirling(a) - stirling(b) - deviance(a, n * x) - deviance(b, n * y));
  };
  /** The regularised incomplete beta function at x, where y is 1 - x. */
  const beta = (a, b, x, y) => {
    if (x <= 0 || y <= 0) return x <= 0 ? 0 : 1;
    if (x > (a + 1) / (a + b + 2)) return 1 - beta(b, a, y, x);
    let c = 1;
    let d = 1 / (1 - (a + b) * x / (a + 1));
    let all = d;
    for (let m = 1, change = 0; Math.abs(change - 1) > 1e-16 && m < 1e5; m += 1) {
      const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / (1 + even * d);
      c = 1 + even / c;
      all *= d * c;
      const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 / (1 + odd * d);
      c = 1 + odd / c;
      all *= (change = d * c);
    }
    return lead(a, b, x, y) * all;
  };
  /** The probability that a standard normal number lies above z. */
  const upper = (z) => {
    if (z < 0) return 1 - upper(-z);
    const height = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    if (z > 3) {
      let deep = z;
      for (let k = 120; k > 0; k -= 1) deep = z + k / deep;
      return height / deep;
    }
    let all = z;
    for (let k = 3, term = z; term > all * 1e-17; k += 2) all += (term *= z * z / k);
    return 0.5 - height * all;
  };

  /** F with d1 and d2 degrees of freedom at value f: where to begin the mixture. */
  const ofF = (d1, d2) => (f) => {
    const x = d1 * f / (d1 * f + d2);
    const y = d2 / (d1 * f + d2);
    return {
      tail: (j) => beta(d2 / 2, d1 / 2 + j, y, x), // above f, given j
      step: (j) => lead(d1 / 2 + j, d2 / 2, x, y), // tail(j + 1) - tail(j)
      next: (j) => x * (d1 / 2 + j + d2 / 2) / (d1 / 2 + j + 1), // of one step to another
    };
  };
  /** The same of chi-squared with d1 degrees of freedom, a whole number. */
  const ofChi = (d1) => (value) => {
    const m = value / 2;
    const tail = (j) => {
      let all = d1 % 2 ? 2 * upper(Math.sqrt(value)) : Math.exp(-m);
      for (let a = d1 % 2 ? 0.5 : 1; a < d1 / 2 + j; a += 1) all += poisson(a, m);
      return all;
    };
    return { tail, step: (j) => poisson(d1 / 2 + j, m), next: (j) => m / (d1 / 2 + j + 1) };
  };
  /** The value above which lies a probability: Newton's method on logarithms. */
  const critical = (p, d1, of, guess = 1) => {
    let [low, high, at] = [-50, 50, Math.log(guess)];
    for (let turn = 0, change = 1; Math.abs(change) > 1e-14 && turn < 200; turn += 1) {
      const here = of(Math.exp(at));
      const tail = here.tail(0);
      if (tail > p) low = at; else high = at;
      let to = at + Math.log(tail / p) * tail / (here.step(0) * d1 / 2);
      if (!(to > low && to < high)) to = (low + high) / 2;
      change = to - at;
      at = to;
    }
    return Math.exp(at);
  };
  /** The probability above a value if the noncentrality is lambda: a Poisson mixture. */
  const beyond = (value, d1, of, lambda) => {
    const m = Math.min(lambda, 1e6) / 2;
    let j = Math.max(0, Math.floor(m - 10 * Math.sqrt(m) - 40));
    const here = of(value);
    let tail = here.tail(j);
    let step = here.step(j);
    let all = 0;
    for (let weight = poisson(j, m); j <= m || weight > 1e-18; weight *= m / j) {
      all += weight * tail;
      tail += step;
      step *= here.next(j);
      j += 1;
    }
    return Math.min(all, 1);
  };

  // Checks, in the words of Python
  /** A number with so many digits at most, as Python's "%g" writes it. */
  const general = (value, digits = 10) => {
    const [head, tail] = value.toExponential(digits - 1).split("e");
    const power = Number(tail);
    const plain = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
    if (power >= -4 && power < digits) return plain(value.toFixed(digits - 1 - power));
    return `${plain(head)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  };
  const commas = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const found = (value) => {
    if (value === null || value === undefined || value.length === 0) return "missing";
    if (Array.isArray(value)) return value.map(found).join(", ");
    return typeof value === "number" ? general(value) : String(value).slice(0, 40);
  };
  /** An error knows the field at which it is shown. */
  const fail = (field, words) => Object.assign(new Error(words), { field });
  const failed = (field, code, words = {}) => fail(field,
    D.words.errors[code].replace(/\{(\w+)\}/g, (_, key) => words[key]));
  const applies = (limit, { outcome, moderator }) => (!limit.outcomes
    || limit.outcomes.includes(outcome)) && (!limit.moderators
    || limit.moderators.includes(moderator));
  const holds = (limit, value) => {
    if (typeof value !== "number" || !Number.isFinite(value)) return false;
    const size = limit.kind === "size" ? Math.abs(value) : value;
    return (limit.low_open ? size > limit.low : size >= limit.low)
      && (limit.high_open ? size < limit.high : size <= limit.high)
      && (limit.kind !== "whole" || Number.isInteger(value))
      && !(limit.kind === "ratio" && value === 1);
  };
  /** A value in the form in which it is used, or an error. */
  const checked = (name, limit, value) => {
    const refusal = () => fail(name, D.words.errors.refusal.replace("{name}", name)
      .replace("{words}", limit.words).replace("{found}", () => found(value)));
    if (limit.kind === "choice") {
      if (!limit.choices.includes(value)) throw refusal();
    } else if (limit.kind === "shares") {
      const total = Array.isArray(value) ? sum(value) : NaN;
      if (!(Math.abs(total - 1) <= 0.001) || !value.every((one) => one > 0)
        || value.length < 2 || value.length > 8) throw refusal();
      return value.map((one) => one / total);
    } else if (!holds(limit, value)) throw refusal();
    return value;
  };
  const empty = (value) => value === null || value === undefined || value.length === 0;
  const limitOf = (name, d) => D.limits[
    name === "effect" && d.outcome !== "continuous" ? "effect_ratio" : name];
  /** A whole design from the settings given, or the first error. */
  const design = (settings) => {
    const d = { ...D.defaults, ...settings };
    D.order.forEach((name) => {
      const limit = limitOf(name, d);
      const here = applies(limit, d);
      if (limit.default === null && empty(d[name]) && !(limit.outcomes && here)) d[name] = null;
      else if (limit.kind !== "shares" || here || !empty(d[name])) {
        d[name] = checked(name, limit, d[name]);
      }
    });
    D.order.forEach((name) => {
      const limit = limitOf(name, d);
      const usual = limit.kind === "shares" ? empty(d[name]) : d[name] === limit.default;
      if (!applies(limit, d) && !usual) throw failed(name, "where", { name, where: limit.where });
    });
    const given = ["effect", "n", "power"].filter((name) => d[name] !== null);
    if (given.length !== 2) {
      const last = given.pop();
      throw failed(null, "two", { given: given.length ? `${given.join(", ")} and ${last}`
        : last || "nothing" });
    }
    if (Math.min(d.sensitivity, d.specificity) < 1) {
      if (d.reliability < 1) throw failed("reliability", "twice");
      const total = d.sensitivity + d.specificity;
      if (total <= 1) throw failed("sensitivity", "chance", { total: general(total) });
    }
    return d;
  };

  // Formulas
  /** Correlation of true and measured group where a score is cut at a share. */
  const phi = (reliability, p) => {
    const h = critical(Math.min(p, 1 - p) * 2, 1, ofChi(1)); // h squared
    const end = Math.asin(Math.sqrt(reliability));
    return sum(legendre, ([x, w]) => w * end / 2
      * Math.exp(-h / (1 + Math.sin(end * (x + 1) / 2)))) / (2 * Math.PI * p * (1 - p));
  };
  /** Groups as measured: their shares, and who is in them in truth. */
  const measured = (d) => {
    const t = d.moderator === "binary" ? [1 - d.prevalence, d.prevalence] : d.shares;
    const p = t[1];
    const { sensitivity: se, specificity: sp } = d;
    if (Math.min(se, sp) < 1) {
      const q = Math.max(p * se + (1 - p) * (1 - sp), 1e-300);
      const rest = p * (1 - se) + (1 - p) * sp;
      const high = p * se / q;
      const low = p * (1 - se) / rest;
      return { q: [rest, q], mix: [[1 - low, low], [1 - high, high]],
        attenuation: (high - low) * Math.sqrt(q * rest / (p * (1 - p))) };
    }
    let c = Math.sqrt(d.reliability);
    if (d.moderator === "binary" && d.reliability < 1) c = phi(d.reliability, p);
    return { q: t, attenuation: c,
      mix: t.map((_, j) => t.map((share, i) => c * (i === j) + (1 - c) * share)) };
  };
  /** A risk is a pair: with what it leaves to 1, or with the time at risk. */
  const ratio = ([yes, to]) => Math.log(yes) - Math.log(to);
  /** The weighted mean of risks. */
  const blend = (list, of) => [0, 1].map((k) => sum(list, (item, i) => {
    const [part, risk] = of(item, i);
    return part * risk[k];
  }));
  /** From a share to the scale of its ratio, and to a risk; information; the rarer. */
  const links = {
    binary: { start: (p) => Math.log(p) - Math.log1p(-p),
      from: (x) => [x, -x].map((one) => Math.max(1 / (1 + Math.exp(-one)), 1e-12)),
      spread: ([yes, no]) => yes * no, rare: (risk) => Math.min(...risk) },
    "time-to-event": { start: (p) => Math.log(-Math.log1p(-p)),
      from: (x) => {
        const hazard = Math.max(Math.exp(x), 1e-12);
        const yes = -Math.expm1(-hazard);
        return [yes, yes / hazard];
      },
      spread: ([yes]) => yes, rare: ([yes]) => yes },
  };
  /** Noncentrality for each participant analysed, and the smallest group among them. */
  const signal = (d, m, effect) => {
    const r = d.allocation;
    const arms = [1 - r, r];
    const link = links[d.outcome];
    const start = link && link.start(d.baseline_risk);
    const [before, change, more] = [d.prognosis, d.treatment, effect].map(Math.log);
    const risk = (arm, at) => link.from(start + at * before + arm * (change + at * more));
    if (!m.mix) { // a score
      const a = m.attenuation;
      if (!link) return [r * (1 - r) * (a * effect / d.sd) ** 2, Math.min(r, 1 - r)];
      const blur = Math.sqrt(1 - d.reliability);
      const line = (arm) => { // through what error leaves of the risks
        const seen = hermite.map(([x]) => (blur
          ? blend(hermite, ([e, w]) => [w, risk(arm, a * x + blur * e)]) : risk(arm, x)));
        const mass = hermite.map(([, w], i) => w * link.spread(seen[i]));
        const total = sum(mass);
        const centre = sum(hermite, ([x], i) => mass[i] * x) / total;
        const spread = sum(hermite, ([x], i) => mass[i] * x * x) - centre * centre * total;
        return { variance: 1 / (arms[arm] * spread),
          slope: sum(hermite, ([x], i) => mass[i] * (x - centre) * ratio(seen[i])) / spread,
          rare: arms[arm] * link.rare(blend(hermite, ([, w], i) => [w, seen[i]])) };
      };
      m.control = m.control || line(0); // the same for every effect
      const treated = line(1);
      return [(treated.slope - m.control.slope) ** 2 / (treated.variance + m.control.variance),
        Math.min(treated.rare, m.control.rare)];
    }
    const last = m.q.length - 1;
    let rarest = Infinity;
    const groups = m.q.map((share, j) => {
      const mixed = (value) => sum(m.mix[j], (part, i) => part * value(i / last));
      if (!link) {
        rarest = Math.min(rarest, share * Math.min(r, 1 - r));
        return { d: mixed((at) => effect * at), w: r * (1 - r) * share / d.sd ** 2 };
      }
      const risks = arms.map((_, arm) => blend(m.mix[j], (part, i) => [part, risk(arm, i / last)]));
      arms.forEach((part, arm) => {
        rarest = Math.min(rarest, part * share * link.rare(risks[arm]));
      });
      return { d: ratio(risks[1]) - ratio(risks[0]),
        w: 1 / sum(arms, (part, arm) => 1 / (part * share * link.spread(risks[arm]))) };
    });
    const mean = sum(groups, (g) => g.w * g.d) / sum(groups, (g) => g.w);
    return [sum(groups, (g) => g.w * (g.d - mean) ** 2), rarest];
  };
  /** What does not depend on effect, n and power. */
  const prepared = (d) => {
    const score = d.moderator === "continuous";
    const m = score ? { attenuation: Math.sqrt(d.reliability), q: [] } : measured(d);
    const K = m.q.length || 2;
    const { cluster_size: size, icc, allocation: r, moderators } = d;
    const kept = 1 - d.dropout;
    const alpha = d.correction === "none" ? d.alpha : d.correction === "bonferroni"
      ? d.alpha / moderators : -Math.expm1(Math.log1p(-d.alpha) / moderators);
    const deff = size === 1 ? 1 : (1 - icc) * (1 + (size - 1) * icc)
      / (1 - icc + (size - 1) * icc * (1 - d.moderator_icc));
    const least = score ? Math.min(r, 1 - r) / 2 : Math.min(r, 1 - r) * Math.min(...m.q);
    const analysed = Math.max(2 * K + 1, 1 / Math.max(least, 1e-9));
    let minimum = Math.ceil(analysed / kept - 1e-9);
    if (size > 1) minimum = Math.max(2 * K * size, Math.ceil((minimum - 1e-9) / size) * size);
    return { ...m, K, df1: score ? 1 : K - 1, kept, alpha, deff, minimum, factor: (1 - d.r2) / deff,
      exactly: d.outcome === "continuous" && size === 1 };
  };
  /** The test at a number of participants; its critical value is a guess at the next. */
  const test = (m, n) => {
    const df2 = m.exactly ? n * m.kept - 2 * m.K : null;
    const of = m.exactly ? ofF(m.df1, df2) : ofChi(m.df1);
    if (m.exactly || !m.critical) m.critical = critical(m.alpha, m.df1, of, m.critical);
    const value = m.critical;
    return { df2, critical: value, power: (lambda) => beyond(value, m.df1, of, lambda) };
  };
  /** The smallest sample, in whole clusters, with a power; null where none has it. */
  const solveN = (m, unit, target, size) => {
    const most = Math.floor(LARGEST / size);
    const enough = (n) => test(m, n * size).power(unit * n * size) >= target - 1e-10;
    let low = Math.ceil(m.minimum / size) - 1;
    let high = low + 1;
    while (!enough(high)) {
      if (high >= most) return null;
      low = high;
      high = Math.min(2 * high, most);
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (enough(middle)) high = middle; else low = middle;
    }
    return high * size;
  };
  /** The end of a range at which something begins to hold, to the last digit. */
  const bisect = (low, high, enough) => {
    for (;;) {
      const middle = (low + high) / 2;
      if (middle <= low || middle >= high) return high;
      if (enough(middle)) high = middle; else low = middle;
    }
  };
  const solveRatio = (unit, sign, enough) => {
    const holdsAt = (log) => enough(unit(Math.exp(sign * log)));
    for (let k = 1; k <= 92; k += 1) {
      const end = Math.min(0.05 * k, Math.log(100));
      if (holdsAt(end)) return Math.exp(sign * bisect(0.05 * (k - 1), end, holdsAt));
    }
    return null;
  };
  /** Everything about a trial: personomics.power.evaluate. */
  const evaluate = (settings) => {
    const d = design(settings);
    const m = prepared(d);
    let { n, power, effect } = d;
    let below = null;
    const size = d.cluster_size;
    const solved = ["effect", "n", "power"].find((name) => d[name] === null);
    const unit = (value) => signal(d, m, value)[0] * m.kept * m.factor;
    if (m.minimum > LARGEST) throw failed("n", "rare");
    if (power !== null && power <= m.alpha) {
      throw failed("power", "alpha", { alpha: general(m.alpha), power: general(power) });
    }
    if (n !== null && n < m.minimum) {
      throw failed("n", "minimum", { minimum: commas(m.minimum), n: commas(n) });
    }
    if (solved === "n") {
      n = solveN(m, unit(effect), power, size);
      if (n === null) throw failed("effect", "effect");
    }
    const at = test(m, n);
    if (solved === "effect") {
      const enough = (lambda) => at.power(lambda) >= power;
      if (d.outcome === "continuous") {
        let end = 1;
        while (!enough(end) && end < 1e6) end *= 2;
        const lambda = bisect(0, end, enough);
        const { high } = D.limits.effect;
        if (!enough(lambda) || lambda > n * unit(high)) {
          throw failed("n", "n", { sizes: `difference up to ${commas(high)}`, n: commas(n) });
        }
        effect = Math.sqrt(lambda / (unit(1) * n));
      } else {
        const alone = at.power(unit(1) * n);
        if (alone >= power) {
          throw failed("power", "alone", { alone: general(alone, 3), n: commas(n),
            power: general(power) });
        }
        effect = solveRatio((value) => unit(value) * n, 1, enough);
        below = solveRatio((value) => unit(value) * n, -1, enough);
        if (effect === null && below === null) {
          throw failed("n", "n", { sizes: "ratio from 0.01 to 100", n: commas(n) });
        }
      }
    }
    const [each, rarest] = signal(d, m, effect === null ? below : effect);
    const analysed = n * m.kept;
    const lambda = each * analysed * m.factor;
    const smallest = rarest * analysed;
    const clusters = size === 1 ? null : Math.ceil(n / size);
    const unsure = { binary: "cut", categorical: "misread", continuous: "blurred" };
    const notes = [
      d.outcome !== "continuous" && smallest < 5 && "few",
      size > 1 && n / size < 40 && "clusters",
      d.reliability < 1 && unsure[d.moderator],
      d.outcome !== "continuous" && m.attenuation < 1
        && at.power(unit(1) * n) > 1.1 * m.alpha && "alone",
      size > 1 && d.outcome !== "continuous" && "borrowed",
      d.moderators > 1 && d.correction === "none" && "many",
    ].filter(Boolean);
    return {
      solved, n, effect, effect_below: below, analysed, clusters,
      power: solved === "effect" ? power : at.power(lambda),
      alpha: m.alpha, df1: m.df1, df2: at.df2, critical: at.critical, noncentrality: lambda,
      attenuation: m.attenuation, measured_shares: m.q, design_effect: m.deff,
      inflation: 1 / (1 - d.r2), smallest_cell: smallest, minimum_n: m.minimum,
      method: m.exactly ? "noncentral F" : "Wald chi-squared",
      exact: m.exactly && d.moderator !== "continuous" && m.attenuation === 1 && d.r2 === 0,
      notes,
    };
  };

  // Lines of the pictures
  const whole = (d, m) => (effect) => signal(d, m, effect)[0] * m.kept * m.factor;
  const line = (m, unit, size) => ({
    power: (n) => (n >= m.minimum ? test(m, n).power(unit * n) : null),
    needs: (target) => (target > m.alpha ? solveN(m, unit, target, size) : null),
  });
  /** Power to find the interaction; other settings may take the place of the design's. */
  const interaction = (d, effect, other = {}) => {
    const changed = { ...d, ...other };
    const m = prepared(changed);
    return line(m, whole(changed, m)(effect), d.cluster_size);
  };
  /** Power to find a treatment effect of the size of the interaction in everyone. */
  const main = (d, effect) => {
    const { allocation: r, cluster_size: size } = d;
    const link = links[d.outcome];
    const kept = 1 - d.dropout;
    let unit = r * (1 - r) * (effect / d.sd) ** 2;
    if (link) {
      const start = link.start(d.baseline_risk);
      const spread = (log) => link.spread(link.from(start + log));
      unit = Math.log(effect) ** 2
        / (1 / (r * spread(Math.log(effect))) + 1 / ((1 - r) * spread(0)));
    }
    const exactly = !link && size === 1;
    const minimum = exactly ? Math.ceil(3 / kept - 1e-9) : 1;
    return line({ df1: 1, K: 1, kept, alpha: d.alpha, exactly, minimum },
      unit * kept / (1 + (size - 1) * d.icc), size);
  };
  return { D, evaluate, design, interaction, main, general, commas, applies, limitOf,
    numbers: { upper, beta, ofF, ofChi, critical, beyond } };
})();

/* The page */
(() => {
  "use strict";
  if (!pcPower) return;
  const { D, evaluate, design, interaction, main, general, commas, applies, limitOf } = pcPower;
  const root = document.getElementById("pc-power");
  const $ = (name) => document.getElementById(`pc-power-${name}`);
  const all = (selector, from = root) => [...from.querySelectorAll(selector)];
  const FREE = ["n", "effect", "power"];
  const CHOICES = ["solve", "outcome", "moderator", "correction"];
  const fields = D.order.filter((name) => !CHOICES.includes(name));
  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const say = (key, values = {}) => fill(D.says[key], values);

  // What is entered
  /** What was last typed where one of the three is worked out. */
  const typed = Object.fromEntries(FREE.map((name) => [name, $(name).value]));
  const radios = (name) => all(`input[name=pc-power-${name}]`);
  const chosen = (name) => radios(name).find((radio) => radio.checked).value;
  const choose = (name, value) => radios(name).forEach((r) => { r.checked = r.value === value; });
  const number = (text) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text);
  const parse = (name, typed) => {
    const text = typed.trim().replace(/\u2212/g, "-");
    const { kind } = D.limits[name];
    if (kind === "shares") return text.split(/[\s,;]+/).filter(Boolean).map(number);
    if (!text) return null;
    return number(kind === "whole" ? text.replace(/(\d),(?=\d{3}(,|$))/g, "$1") : text);
  };
  const kinds = () => ({ outcome: chosen("outcome"), moderator: chosen("moderator") });
  /** The settings that apply; what is worked out is left out. */
  const collect = () => {
    const here = kinds();
    const d = { ...here, correction: chosen("correction") };
    fields.filter((name) => applies(D.limits[name], here) && name !== chosen("solve"))
      .forEach((name) => { d[name] = parse(name, $(name).value); });
    return d;
  };
  /** Those that differ from the usual ones. */
  const told = (d) => Object.fromEntries(Object.entries(d).filter(([name, value]) => value !== null
    && (["outcome", "moderator"].includes(name) || value !== D.defaults[name])));

  // Words
  const percent = (share) => (share >= 0.9995 ? say("sure") : `${general(100 * share, share > 0.99
    || share < 0.1 ? 3 : 2)}%`);
  const short = (value) => general(value, 3);
  /** What is found: its size in words, and in how many groups. */
  const found = (d, r) => {
    const sizes = [r.effect, r.effect_below].filter((one) => one !== null).map(short);
    const size = sizes.length === 2 ? say("both", { above: sizes[0], below: sizes[1] }) : sizes[0];
    const effect = d.outcome !== "continuous" ? size
      : say(d.sd === 1 ? "one_sd" : "sd", { effect: size, sd: short(d.sd) });
    return { effect, groups: d.shares.length };
  };
  const finding = (d, r) => fill(D.findings[d.outcome][d.moderator], found(d, r));
  const assumed = (d, r) => {
    const score = d.moderator === "continuous";
    const where = D.assumed[score ? "mean" : "groups"];
    const parts = [];
    const add = (key, values = {}) => parts.push(fill(D.assumed[key], { where, ...values }));
    add(d.correction === "none" ? "alpha" : "corrected", { alpha: short(d.alpha),
      corrected: short(r.alpha), moderators: d.moderators });
    add(d.allocation === 0.5 ? "equal" : "unequal", { share: percent(d.allocation) });
    if (d.moderator === "binary") add("prevalence", { share: percent(d.prevalence) });
    if (d.moderator === "categorical") add("shares", { shares: d.shares.map(short).join(", ") });
    if (score) add("score");
    if (d.outcome !== "continuous") {
      add(d.outcome, { risk: percent(d.baseline_risk) });
      if (d.treatment !== 1) add("treatment", { ratio: short(d.treatment) });
      if (d.prognosis !== 1) add("prognosis", { ratio: short(d.prognosis) });
    }
    if (Math.min(d.sensitivity, d.specificity) < 1) {
      add("screen", { sensitivity: short(d.sensitivity), specificity: short(d.specificity) });
    } else add(d.reliability < 1 ? "reliability" : "exact", { reliability: short(d.reliability) });
    if (d.r2) add("r2", { share: percent(d.r2) });
    if (d.cluster_size > 1) {
      add("clusters", { size: commas(d.cluster_size), icc: short(d.icc),
        of_factor: short(d.moderator_icc) });
    }
    add(d.dropout ? "dropout" : "stay", { share: percent(d.dropout) });
    return parts.join("; ");
  };
  /** A sentence with one of its values in bold type. */
  const spoken = (element, template, values, bold) => {
    const parts = template.split(/(\{\w+\})/).filter(Boolean).map((piece) => {
      const key = /^\{\w+\}$/.test(piece) ? piece.slice(1, -1) : null;
      if (key === null) return piece;
      if (key !== bold) return values[key];
      const strong = document.createElement("strong");
      strong.textContent = values[key];
      return strong;
    });
    element.replaceChildren(...parts);
  };

  // Pictures
  const NS = "http://www.w3.org/2000/svg";
  const shape = (parent, name, attributes, text) => {
    const made = document.createElementNS(NS, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    if (text) made.textContent = text;
    parent.append(made);
    return made;
  };
  /** The smallest round number that is large enough for an axis. */
  const axisEnd = (need) => {
    const scale = 10 ** Math.floor(Math.log10(Math.max(10, need)));
    const end = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((one) => one * scale >= need * (1 - 1e-12));
    return Math.min(D.max_n, Math.round(end * scale));
  };
  let wide = $("curve").clientWidth; // read seldom: reading it lays out the page
  const LEFT = 44;
  const RIGHT = 14;
  /** Draw lines of power by number of participants; return where things lie. */
  const draw = (host, lines, end, level, alt) => {
    const box = host.querySelector(".pc-picture");
    const width = Math.max(260, Math.min(760, wide || 360));
    const height = Math.round(Math.max(220, Math.min(340, width * 0.56)));
    const [top, bottom] = [24, height - 40];
    const x = (n) => LEFT + (n / end) * (width - LEFT - RIGHT);
    const y = (power) => bottom - power * (bottom - top);
    const svg = document.createElementNS(NS, "svg");
    const put = (name, attributes, text) => shape(svg, name, attributes, text);
    Object.entries({ viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": alt,
      "data-end": end, style: `max-width:${width}px` })
      .forEach(([key, value]) => svg.setAttribute(key, value));
    [0, 0.2, 0.4, 0.6, 0.8, 1].forEach((tick) => {
      put("line", { x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick), class: "pc-power-grid" });
      put("text", { x: LEFT - 7, y: y(tick) + 4, "text-anchor": "end" }, `${Math.round(100 * tick)}%`);
    });
    [0, 1, 2, 3, 4, 5].forEach((tick) => {
      const n = Math.round(end * tick / 5);
      put("text", { x: x(n), y: bottom + 17, "text-anchor": tick === 5 ? "end" : "middle",
        ...(tick === 5 && { x: width - RIGHT + 8 }) }, commas(n));
    });
    put("text", { x: (LEFT + width - RIGHT) / 2, y: height - 5, "text-anchor": "middle" }, say("x"));
    put("text", { x: 4, y: 13 }, say("y"));
    if (level) {
      put("line", { x1: LEFT, x2: width - RIGHT, y1: y(level), y2: y(level), class: "pc-power-level" });
    }
    lines.forEach((line) => {
      const points = [];
      for (let k = 1; k <= 40; k += 1) {
        const n = Math.round(end * k / 40);
        const power = line.power(n);
        if (power !== null) points.push(`${x(n).toFixed(2)},${y(power).toFixed(2)}`);
      }
      put("polyline", { points: points.join(" "), class: `pc-power-line pc-power-${line.name}` });
    });
    box.replaceChildren(svg);
    return { put, x, y, width, top, bottom, end };
  };
  const label = (at, n, power, text, line, shift = {}) => at.put("text", {
    x: at.x(n) + (shift.x || 0), y: at.y(power) + (shift.y || 0), class: `pc-power-${line} pc-power-label`,
    "text-anchor": shift.anchor || "start" }, text);
  /** The n at which a line has a power, as far as it is in the picture. */
  const inside = (line, level, end) => {
    const n = line.needs(level);
    return n !== null && n <= end ? n : null;
  };
  const drawCurve = (d, r, lines, level, needs, end) => {
    const alt = say("curve", { outcome: d.outcome, level: percent(level), n_here: commas(r.n),
      main: needs[0] === null ? say("none") : commas(needs[0]), power: percent(r.power),
      n: needs[1] === null ? say("none") : commas(needs[1]) });
    const at = draw($("curve"), lines, end, level, alt);
    const [first, second] = needs.map((n) => (n !== null && n <= end ? n : null));
    const near = at.x(r.n) - at.x(first) < 60 && Math.abs(r.power - level) < 0.15;
    at.put("path", { d: `M${at.x(r.n)},${at.bottom}V${at.y(r.power)}`, class: "pc-power-drop" });
    label(at, end, 1, say("main"), "main", { anchor: "end", y: -8 });
    const place = [0.5, 0.25, 0.65].find((p) => Math.abs(p - r.power) > 0.16
      && inside(lines[1], p, end * 0.8));
    if (place) label(at, lines[1].needs(place), place, say("interaction"), "interaction", { x: 12, y: 14 });
    if (first && second && second / first >= 1.15 && at.x(second) - at.x(first) > 46) {
      const high = at.y(level);
      at.put("path", { d: `M${at.x(first) + 8},${high}H${at.x(second) - 8}`, class: "pc-power-span" });
      at.put("text", { x: (at.x(first) + at.x(second)) / 2, y: high + 17, class: "pc-power-label pc-power-times",
        "text-anchor": "middle" }, `× ${short2(second / first)}`);
    }
    if (first) {
      at.put("rect", { x: at.x(first) - 5, y: at.y(level) - 5, width: 10, height: 10, class: "pc-power-mark pc-power-main" });
      label(at, first, level, commas(first), "main", near ? { x: -9, y: -6, anchor: "end" }
        : { x: 4, y: 19 });
    }
    if (second && second !== r.n) {
      at.put("circle", { cx: at.x(second), cy: at.y(level), r: 5, class: "pc-power-mark pc-power-open" });
    }
    at.put("circle", { cx: at.x(r.n), cy: at.y(r.power), r: 7, class: "pc-power-mark pc-power-here" });
    const late = at.x(r.n) > at.width - 130 && !near;
    label(at, r.n, r.power, `${commas(r.n)} · ${percent(r.power)}`, "here",
      { x: late ? -12 : 10, y: 18, anchor: late ? "end" : "start" });
  };
  const short2 = (value) => general(value, value < 10 ? 2 : 3);
  /** A name at each line; where lines lie too close for that, a key with their dashes. */
  const costLabels = (at, lines, end) => {
    const names = lines.map(({ reliability }) => say("reliability", { reliability }));
    const places = [0.9, 0.9, 0.4].map((power, k) => inside(lines[k], power, end));
    const room = places[0] && places[1] ? at.x(places[1]) - at.x(places[0]) : 0;
    if (room < 128 || !places[2] || at.x(places[0]) < LEFT + 96) {
      names.forEach((name, k) => {
        const y = at.bottom - 54 + 19 * k;
        const x = at.width - RIGHT - 140;
        at.put("path", { d: `M${x},${y}h34`, class: `pc-power-line pc-power-${lines[k].name}` });
        at.put("text", { x: x + 41, y: y + 4, class: `pc-power-${lines[k].name} pc-power-label` }, name);
      });
      return;
    }
    names.forEach((name, k) => label(at, places[k], lines[k].power(places[k]), name, lines[k].name,
      k < 2 ? { x: -7, y: -1, anchor: "end" } : { x: 9, y: 12 }));
  };
  const drawCost = (d, effect, level) => {
    const lines = D.reliability.map((reliability, k) => ({ name: `cost${k}`, reliability,
      ...interaction(d, effect, { reliability, sensitivity: 1, specificity: 1 }) }));
    const needs = lines.map((line) => line.needs(level));
    const takes = needs.map((n) => (n === null ? say("none") : commas(n))).join(", ");
    const most = Math.max(...needs.map((n) => n || 0)) || D.max_n;
    const end = axisEnd(1.15 * most);
    const at = draw($("cost"), lines, end, level, say("cost", { level: percent(level), takes }));
    lines.forEach((line, k) => {
      if (needs[k] === null || needs[k] > end) return;
      at.put("circle", { cx: at.x(needs[k]), cy: at.y(level), r: 5, class: `pc-power-mark pc-power-${line.name}` });
    });
    costLabels(at, lines, end);
    $("costs").textContent = say("costs", { level: percent(level), takes })
      + (Math.min(d.sensitivity, d.specificity) < 1 ? say("screened") : "");
    return { lines, end };
  };
  /** The numbers of a picture: n, then the power of each line. */
  const numbers = (lines, end, here) => {
    const at = new Set([...Array(10).keys()].map((k) => Math.round(end * (k + 1) / 10)));
    if (here && here <= end) at.add(here);
    return [...at].sort((a, b) => a - b).map((n) => [n, ...lines.map((line) => line.power(n))]);
  };
  const tabulate = (host, rows, here) => {
    const cell = (name, text, attributes = {}) => {
      const made = document.createElement(name);
      made.textContent = text;
      Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
      return made;
    };
    host.querySelector("tbody").replaceChildren(...rows.map(([n, ...powers]) => {
      const row = document.createElement("tr");
      const name = cell("th", commas(n), { scope: "row" });
      if (n === here) {
        row.className = "pc-power-row";
        name.append(" ", cell("small", say("here")));
      }
      row.append(name, ...powers.map((p) => cell("td", p === null ? "–" : `${(100 * p).toFixed(1)}%`)));
      return row;
    }));
  };

  // Showing
  let last = null; // the last valid answer
  let timer = 0;
  const announce = (words) => {
    clearTimeout(timer);
    timer = setTimeout(() => { $("live").textContent = words; }, 400);
  };
  const showFields = () => {
    const here = kinds();
    all("[data-field]").forEach((box) => {
      const limit = D.limits[box.dataset.field];
      box.hidden = Boolean(limit) && !applies(limit, here);
    });
    all(".pc-power-group").forEach((group) => {
      group.hidden = !group.querySelector("[data-field]:not([hidden])");
    });
    const limit = limitOf("effect", here);
    $("effect-help").textContent = [limit.help, limit.words]
      .map((text) => `${text[0].toUpperCase()}${text.slice(1)}.`).join(" ");
  };
  const showError = (error) => {
    all(".pc-power-error").forEach((place) => { place.hidden = true; });
    all("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
    root.classList.toggle("pc-power-wrong", Boolean(error));
    ["copy", "json", "csv", "link"].forEach((name) => { $(name).disabled = Boolean(error); });
    $("done").textContent = "";
    $("old").hidden = !error;
    if (!error) return;
    const missing = FREE.find((name) => name !== chosen("solve") && !$(name).value.trim());
    const field = error.field || missing || "solve";
    const place = $(`${field}-error`);
    place.textContent = error.message;
    place.hidden = false;
    if ($(field)) $(field).setAttribute("aria-invalid", "true");
    if (place.closest("details")) place.closest("details").open = true;
    $("old").textContent = say("old");
    announce(error.message);
  };
  const slider = (name, low, high, step, value, words) => Object.entries({ min: low, max: high, step,
    value, "aria-valuetext": words }).forEach(([key, v]) => {
    const input = $(`${name}-slide`);
    if (key === "value") input.value = v; else input.setAttribute(key, v);
  });
  const showSliders = (d, r, end) => {
    const solved = chosen("solve");
    if (solved === "n") $("n").value = commas(r.n);
    if (solved === "power") $("power").value = general(r.power, 4);
    const effect = r.effect === null ? r.effect_below : r.effect;
    if (solved === "effect") $("effect").value = general(effect, 4);
    all(".pc-power-trio > [data-field]").forEach((box) => {
      box.classList.toggle("pc-power-solved", box.dataset.field === solved);
    });
    const fine = 10 ** Math.floor(Math.log10(Math.max(10, end / 100)));
    slider("n", 0, end, Math.max(1, fine), r.n, say("n", { n: commas(r.n) }));
    const size = d.outcome === "continuous" ? Math.abs(effect) / d.sd : Math.abs(Math.log(effect));
    slider("effect", 5, 160, 1, Math.round(100 * size), short(effect));
  };
  /** The value of the interaction at a place of its slider; its sign stays. */
  const slid = (place) => {
    const now = parse("effect", $("effect").value);
    if (chosen("outcome") !== "continuous") return short(Math.exp((now < 1 ? -1 : 1) * place / 100));
    const sd = parse("sd", $("sd").value);
    return general((now < 0 ? -1 : 1) * place / 100 * (sd > 0 ? sd : 1), 6);
  };
  /** How it was worked out, and the sources: the words of the command. */
  const basis = (d, r) => {
    const { methods, sources } = D.words;
    const mixed = d.outcome === "continuous" && d.cluster_size > 1;
    const rough = d.outcome === "continuous" && !mixed && !r.exact;
    const used = [d.outcome, r.attenuation < 1 && "reliability", d.r2 > 0 && "r2",
      d.cluster_size > 1 && "clusters", d.correction === "sidak" && "sidak"].filter(Boolean);
    return [methods[mixed ? "clusters" : d.outcome] + (rough ? methods.rough : ""),
      used.map((name) => sources[name]).join("; ")];
  };
  /** Whether share, risk and effect are those that were derived from a published trial. */
  const derived = (d) => D.example && Object.entries(D.example.settings)
    .every(([name, value]) => ["n", "effect"].includes(name) || d[name] === value);
  const protocol = (d, r) => {
    const many = d.moderators > 1 && d.correction === "none"
      ? fill(D.protocol.many, { moderators: commas(d.moderators) }) : "";
    const analysed = d.dropout
      ? fill(D.protocol.analysed, { analysed: commas(Math.round(r.analysed)) }) : "";
    const values = { analysed,  n: commas(r.n), power: percent(r.power), finding: finding(d, r), clusters: r.clusters
      ? fill(D.protocol.clusters, { clusters: commas(r.clusters) }) : "" };
    const test = fill(D.protocol[r.method], { df1: r.df1, df2: r.df2 === null ? "" : commas(Math.round(r.df2)) });
    return (derived(d) ? D.example.prefix : "") + fill(D.protocol[r.solved], values)
      + fill(D.protocol.rest, { assumed: assumed(d, r), test, many,
        version: D.version, link: link() });
  };
  const show = (settings, r) => {
    const d = design(settings);
    const effect = r.effect === null ? r.effect_below : r.effect;
    const target = d.power || 0.8;
    const level = target > Math.max(r.alpha, d.alpha) ? target : (1 + Math.max(r.alpha, d.alpha)) / 2;
    const lines = [{ name: "main", ...main(d, effect) }, { name: "interaction", ...interaction(d, effect) }];
    const needs = lines.map((line) => line.needs(level));
    const usual = level === 0.8 ? needs[1] : lines[1].needs(0.8);
    const end = axisEnd(Math.max(1.7 * (usual || 0), 1.25 * r.n));
    const values = { n: commas(r.n), power: percent(r.power), ...found(d, r) };
    spoken($("said"), fill(D.answers[r.solved], { n: "{n}", power: "{power}",
      finding: D.findings[d.outcome][d.moderator] }), values, r.solved);
    const alike = needs[0] && needs[1] / needs[0] < 1.15;
    $("compared").textContent = r.solved === "power"
      ? fill(D.compared.power, { main: percent(lines[0].power(r.n)) })
      : needs[0] === null || needs[1] === null ? ""
        : fill(D.compared[alike ? "alike" : "times"],
          { main: commas(needs[0]), times: short2(needs[1] / needs[0]) });
    if ($("compared").textContent && (r.attenuation < 1 || r.alpha < d.alpha || d.r2)) {
      $("compared").textContent += D.compared.unlike;
    }
    $("assumed").textContent = say("assumes", { assumed: assumed(d, r) });
    $("notes").replaceChildren(...r.notes.map((code) => {
      const item = document.createElement("li");
      item.textContent = D.words.notes[code];
      return item;
    }));
    $("notes").hidden = !r.notes.length;
    const [method, sources] = basis(d, r);
    $("method").textContent = `${method[0].toUpperCase()}${method.slice(1)} (${sources}). `
      + say("version", { version: D.version });
    drawCurve(d, r, lines, level, needs, end);
    const cost = drawCost(d, effect, level);
    const rows = { curve: numbers(lines, end, r.n), cost: numbers(cost.lines, cost.end, null) };
    tabulate($("curve"), rows.curve, r.n);
    tabulate($("cost"), rows.cost, null);
    showSliders(d, r, end);
    last = { settings, result: r, rows };
    $("text").value = protocol(d, r);
    announce($("said").textContent);
  };
  const update = () => {
    const settings = collect();
    try {
      show(settings, evaluate(settings));
      showError(null);
    } catch (error) {
      if (!("field" in error)) throw error;
      showError(error);
    }
  };

  // The address
  const address = () => (location.protocol.startsWith("http")
    ? location.origin + location.pathname : `${D.book}power.html`);
  const fragment = (settings) => new URLSearchParams(Object.entries(told(settings))
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value])).toString();
  const link = () => `${address()}#${fragment(collect())}`;
  let moved = 0;
  const settle = () => {
    clearTimeout(moved);
    history.replaceState(null, "", `#${fragment(collect())}`);
  };
  const remember = () => {
    clearTimeout(moved);
    moved = setTimeout(settle, 250);
  };
  /** Take over settings: from a link as text, from an example as they are. */
  const take = (given) => {
    const text = (value) => (Array.isArray(value) ? value.join(", ") : String(value));
    FREE.forEach((name) => { typed[name] = name in given ? text(given[name]) : `${D.start[name]}`; });
    CHOICES.slice(1).forEach((name) => {
      choose(name, D.limits[name].choices.includes(given[name]) ? given[name] : D.defaults[name]);
    });
    fields.forEach((name) => {
      const value = name in given ? given[name] : D.defaults[name];
      $(name).value = name in typed ? typed[name]
        : value === null || value === undefined ? "" : text(value);
    });
    start("effect" in given);
    const open = ["n", "power", "effect"].find((name) => !(name in given));
    choose("solve", open || "n");
    if (Object.keys(given).some((name) => $(name) && $(name).closest("details")
      && String(given[name]) !== String(D.defaults[name]))) $("options").open = true;
  };
  /** Fill in an example where a field that must be given is empty. */
  const start = (keep = false) => {
    const { outcome } = kinds();
    ["baseline_risk", "shares"].forEach((name) => {
      if (!$(name).value) $(name).value = [D.start[name]].flat().join(", ");
    });
    const kind = outcome === "continuous" ? "effect" : "effect_ratio";
    if ($("effect").dataset.kind !== kind && !keep) {
      $("effect").value = typed.effect = `${D.start[kind]}`;
    }
    $("effect").dataset.kind = kind;
  };
  const restore = () => {
    $("notice").textContent = "";
    if (!location.hash.includes("=")) return;
    const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    const known = Object.fromEntries(Object.entries(given).filter(([name]) => D.order.includes(name)));
    const here = { ...D.defaults, ...known };
    const wrong = Object.keys(known).find((name) => !applies(D.limits[name], here));
    const bad = ["outcome", "moderator", "correction"].find((name) => name in known
      && !D.limits[name].choices.includes(known[name]));
    const strange = Object.keys(given).filter((name) => !(name in known));
    const three = FREE.every((name) => name in known);
    let refused = "";
    try {
      if (bad || wrong || three) design({ ...Object.fromEntries(Object.entries(known).map(
        ([name, value]) => [name, CHOICES.includes(name) ? value : parse(name, value)])) });
    } catch (error) {
      refused = `${error.message}.`;
    }
    $("notice").textContent = [
      Object.keys(known).length ? "" : say("unread"),
      strange.length && Object.keys(known).length
        ? say("strange", { names: strange.join(", ").slice(0, 80) }) : "",
      refused,
    ].filter(Boolean).join(" ");
    if (!Object.keys(known).length) return;
    take(known);
    showFields();
    update();
  };

  // Taking it away
  const save = (ending, kind, words) => {
    const made = document.createElement("a");
    made.href = URL.createObjectURL(new Blob([words], { type: kind }));
    made.download = `personomics-power.${ending}`;
    made.click();
    setTimeout(() => URL.revokeObjectURL(made.href), 1000);
    $("done").textContent = say("saved", { file: made.download });
  };
  const copy = async (words, field) => {
    try {
      await navigator.clipboard.writeText(words);
      $("done").textContent = say("copied");
    } catch {
      field.value = words;
      field.select();
      $("done").textContent = say("marked");
    }
  };
  const report = () => ({
    format: "personomics-power", version: D.version, link: link(), settings: told(last.settings),
    result: last.result, answer: $("said").textContent, assumptions: $("assumed").textContent,
    protocol: $("text").value,
    curve: last.rows.curve.map(([n, treatment, both]) => ({ n, treatment, interaction: both })),
    reliability: last.rows.cost.map(([n, ...powers]) => ({ n, ...Object.fromEntries(
      powers.map((power, k) => [D.reliability[k], power])) })),
  });
  /** Both tables, a row for each point. */
  const sheet = () => [["picture", "line", "n", "power"],
    ...last.rows.curve.flatMap(([n, ...powers]) => powers.map((power, k) => [
      "size", ["treatment effect", "interaction"][k], n, power])),
    ...last.rows.cost.flatMap(([n, ...powers]) => powers.map((power, k) => [
      "reliability", `reliability ${D.reliability[k]}`, n, power])),
  ].map((row) => `${row.map((cell) => (cell === null ? "" : cell)).join(",")}\n`).join("");
  const clicks = {
    copy: () => copy($("text").value, $("text")),
    link: () => {
      settle();
      copy(location.href, $("text"));
    },
    json: () => save("json", "application/json", `${JSON.stringify(report(), null, 2)}\n`),
    csv: () => save("csv", "text/csv", sheet()),
    example: () => {
      take(D.example.settings);
      showFields();
      changed();
      $("notice").textContent = D.example.about;
    },
  };

  // Listening
  /** Who moves what was worked out, gives it; then power, or n, is worked out. */
  const given = (name) => {
    if (chosen("solve") === name) choose("solve", name === "power" ? "n" : "power");
  };
  const changed = () => {
    update();
    remember();
  };
  fields.forEach((name) => $(name).addEventListener("input", () => {
    if (name in typed) typed[name] = $(name).value;
    given(name);
    changed();
  }));
  ["n", "effect"].forEach((name) => $(`${name}-slide`).addEventListener("input", (event) => {
    given(name);
    const place = Number(event.target.value);
    $(name).value = name === "effect" ? slid(place)
      : commas(Math.max(place, last ? last.result.minimum_n : 1));
    typed[name] = $(name).value;
    changed();
  }));
  CHOICES.forEach((name) => radios(name).forEach((radio) => radio.addEventListener("change", () => {
    if (name === "solve") FREE.forEach((one) => { $(one).value = typed[one]; });
    start();
    showFields();
    changed();
  })));
  Object.entries(clicks).forEach(([name, act]) => $(name) && $(name).addEventListener("click", act));
  $("form").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", restore);
  new ResizeObserver(() => {
    const now = $("curve").clientWidth;
    if (now === wide || !last) return;
    wide = now;
    show(last.settings, last.result);
  }).observe($("curve"));
  root.classList.add("pc-power-on");
  $("effect").dataset.kind = "effect";
  start();
  showFields();
  update();
  restore();
})();
