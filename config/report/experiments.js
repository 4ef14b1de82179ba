/* poller-lab experiments: claims, what was measured, and the verdicts. */

const VERDICTS = { holds: "good", "does not hold": "bad", depends: "maybe" };
const badge = (verdict) => el("span", { class: `badge ${VERDICTS[verdict] || "maybe"}` }, asText(verdict));

function experimentsHeadline(all) {
  const of = (verdict) => all.filter((x) => x.verdict === verdict).length;
  const parts = [[of("holds"), "holds", "hold"], [of("does not hold"), "does not", "do not"],
                 [of("depends"), "depends", "depend"]];
  const rest = all.length - parts.reduce((sum, p) => sum + p[0], 0);
  return `Of ${plural(all.length, "claim")}, ${parts.filter((p) => p[0]).map(([n, one, many]) => plural(n, one, many))
    .join(", ") || "none was decided"}${rest ? `, ${count(rest)} undecided` : ""}`;
}

function numbersTable(x) {
  const numbers = asList(x.numbers).map(asObject);
  return numbers.length ? table(`Measured for ${asText(x.id)}`, [{ name: "what", wrap: true },
    { name: "median", number: true, format: number }, { name: "range", number: true }, { name: "unit" },
    { name: "n", number: true, format: count }],
    numbers.map((v) => [asText(v.name), v.median, v.n > 1 ? `${number(v.low)}–${number(v.high)}` : "–",
                        asText(v.unit), v.n])) : null;
}

/* Series with the same axes share a chart. */
function seriesCharts(x, key) {
  const charts = new Map();
  for (const s of asList(x.series).map(asObject)) {
    const id = JSON.stringify([s.x, s.y, s.unit]);
    if (!charts.has(id)) charts.set(id, []);
    charts.get(id).push({ ...s, name: asText(s.name), points: asList(s.points)
      .filter((p) => isNumber(asList(p)[0]) && isNumber(p[1])).sort((a, b) => a[0] - b[0]) });
  }
  return [...charts.values()].filter((list) => list.some((s) => s.points.length))
    .map((list, i) => seriesChart(x, list, `${key}-${i}`));
}

const isPublished = (name) => /publish/i.test(name);

function seriesLines(list) {
  return list.map((s, i) => {
    const mode = MODES.find((m) => s.name.toLowerCase().startsWith(m));
    const hue = isPublished(s.name) ? css("--muted") : color(mode && list.length <= 6 ? MODES.indexOf(mode) : i + 1);
    return line(s.name, s.points.map(([a, b]) => ({ x: a, y: b })), hue, isPublished(s.name) ? dashed : {});
  });
}

function seriesChart(x, list, key) {
  const { x: across, y: up, unit } = list[0], title = `${asText(up)}${unit ? `, ${asText(unit)}` : ""}`;
  const all = list.flatMap((s) => s.points.map((p) => p[0])), low = Math.min(...all);
  const wide = low > 0 && Math.max(...all) / low >= 16;
  const heights = list.flatMap((s) => s.points.map((p) => p[1]));
  const places = [...new Set(all)].sort((a, b) => a - b);
  const rows = list.flatMap((s) => s.points.map(([a, b]) => [s.name, a, b]));
  return figure({ id: `${key}-chart`, height: 340, label: `${title} by ${asText(across)} for ${asText(x.id)}`,
    make: () => ({ type: "line", data: { datasets: seriesLines(list) },
      options: chartOptions({ parsing: false, plugins: { tooltip: labelWith(number) }, scales: {
        x: wide ? { ...workersAxis(places), title: axis(`${asText(across)} (logarithmic)`).title }
          : axis(asText(across), { type: "linear", beginAtZero: false }),
        y: axis(title, heights.every((v) => v > 0) && Math.max(...heights) / Math.min(...heights) > 50
          ? { type: "logarithmic", beginAtZero: false } : {}) } }) }),
    side: table(`${title} by ${asText(across)}`, [{ name: "series" },
      { name: asText(across), number: true, format: alike(places) },
      { name: title, number: true, format: alike(heights) }], rows) });
}

function experimentCard(x, key) {
  const id = asText(x.id), skipped = asList(x.skipped).map(asText);
  const facts = [["Method", asText(x.method)], ["Rule", asText(x.rule)],
    x.depends_on ? ["Depends on", asText(x.depends_on)] : null,
    skipped.length ? ["Left out", skipped.join("; ")] : null,
    isNumber(x.seconds) ? ["Took", seconds(1000 * x.seconds)] : null].filter((f) => f && f[1]);
  return el("section", { class: "card long", "aria-labelledby": key },
    el("h2", { id: key }, id, " ", badge(x.verdict)), el("blockquote", {}, asText(x.claim)),
    el("dl", { class: "facts" }, facts.map(([name, text]) => [el("dt", {}, name), el("dd", {}, text)])),
    numbersTable(x), seriesCharts(x, key));
}

function renderExperiments(doc, key) {
  const all = asList(doc.experiments).map(asObject), machine = asObject(doc.machine);
  const said = { cores: (v) => plural(v, "core"), memory_mib: (v) => `${number(v)} MiB of memory` };
  const facts = Object.entries(machine).filter(([, v]) => typeof v !== "object").map(([name, v]) =>
    (Object.hasOwn(said, name) ? said[name](v) : `${name.replaceAll("_", " ")} ${isNumber(v) ? number(v) : v}`));
  return [el("h1", {}, experimentsHeadline(all)),
    el("p", { class: "lead" }, "Each verdict is computed from a measurement of this run on this machine"
      + (facts.length ? `: ${facts.join(", ")}.` : ".")),
    card(`${key}-verdicts`, "Verdicts", "", table("All experiments", [{ name: "experiment" },
      { name: "verdict" }, { name: "claim", wrap: true }, { name: "took", unit: "ms", number: true, format: ms }],
      all.map((x, i) => [el("a", { href: `#${key}-x${i}` }, asText(x.id)), badge(x.verdict), asText(x.claim),
                         isNumber(x.seconds) ? 1000 * x.seconds : NaN]), { id: newId("verdicts") })),
    all.map((x, i) => experimentCard(x, `${key}-x${i}`))];
}
