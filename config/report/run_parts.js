/* The rest of a run's page: phases, times, failures, outputs, all devices. */

function meanPhases(m, chosen) {
  return PHASES.map((phase) => {
    const column = m.columns[phase];
    const sum = chosen.reduce((s, i) => s + Math.max(column[i], 0), 0);
    return chosen.length ? sum / 10 / chosen.length : 0;
  });
}

function phaseRows(m) {
  const visited = [];
  for (let i = 0; i < m.n; i++) if (m.from[i] >= 0) visited.push(i);
  const slow = [...visited].sort((a, b) => m.device[b] - m.device[a]);
  const tenthPart = slow.slice(0, Math.ceil(slow.length / 10));
  const failed = visited.filter((i) => m.failed[i]), ok = visited.filter((i) => !m.failed[i]);
  const rows = [];
  if (ok.length) rows.push([`ok, mean of ${count(ok.length)}`, ok]);
  if (failed.length) rows.push([`failed, mean of ${count(failed.length)}`, failed]);
  if (visited.length > 20) rows.push([`slowest tenth, mean of ${count(tenthPart.length)}`, tenthPart]);
  for (const i of slow.slice(0, 10)) rows.push([m.name(i), [i]]);
  return rows.map(([label, chosen]) => ({ label, values: meanPhases(m, chosen) }));
}

const shortened = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);

function phasesCard(m, key) {
  const rows = phaseRows(m);
  const stats = PHASES.map((phase) => {
    const sorted = Float64Array.from(m.columns[phase].filter((v) => v >= 0)).sort();
    return [phase, sorted.length, percentile(sorted, 0.5) / 10, percentile(sorted, 0.95) / 10,
            percentile(sorted, 1) / 10];
  });
  return card(`${key}-phases`, "Where the time went",
    "The phases of a visit, one behind the other: means over all devices, and the slowest ten by name.",
    figure({ id: `${key}-phases-chart`, label: "Phases of visits as stacked bars",
      height: 110 + 26 * rows.length,
      make: () => ({ type: "bar",
        data: { labels: rows.map((r) => shortened(r.label, innerWidth < 600 ? 14 : 28)),
          datasets: PHASES.map((phase, k) => ({ label: phase, data: rows.map((r) => r.values[k]),
            backgroundColor: color([7, 4, 5, 3, 6, 1, 0][k]), barPercentage: 0.85 })) },
        options: chartOptions({ indexAxis: "y", interaction: { mode: "index", intersect: false, axis: "y" },
          plugins: { tooltip: { callbacks: { label: (i) => `${i.dataset.label}: ${ms(i.parsed.x)} ms` } } },
          scales: { x: axis("time", { stacked: true, ticks: { callback: inSeconds } }),
                    y: axis("", { stacked: true, title: { display: false }, grid: { display: false },
                                  ticks: { autoSkip: false, color: css("--text") } }) } }) }),
      side: table("Each phase over the devices that reached it", [{ name: "phase" },
        { name: "reached", number: true, format: count },
        { name: "median", unit: "ms", number: true, format: ms },
        { name: "p95", unit: "ms", number: true, format: ms },
        { name: "max", unit: "ms", number: true, format: ms }], stats) }));
}

/* Bins of equal width; what lies far out shares the last one. */
function histogram(m) {
  const p95 = percentile(m.sorted, 0.95), most = percentile(m.sorted, 1);
  const end = most > 4 * p95 && p95 > 0 ? 2 * p95 : most, open = end < most;
  const wanted = Math.max(Math.min(30, Math.ceil(Math.sqrt(m.sorted.length)) * 2), 5);
  const raw = end / wanted || 1, power = 10 ** Math.floor(Math.log10(raw));
  const width = [1, 2, 2.5, 5, 10].map((f) => f * power).find((s) => s >= raw);
  const n = Math.max(Math.ceil(end / width + 1e-9), 1);
  const ok = new Array(n).fill(0), failed = new Array(n).fill(0);
  for (let i = 0; i < m.n; i++) {
    if (m.device[i] < 0) continue;
    (m.failed[i] ? failed : ok)[Math.min(Math.floor(m.device[i] / width), n - 1)]++;
  }
  return { width, ok, failed, open,
           label: (k) => (open && k === n - 1 ? `over ${number(k * width)}`
             : `${number(k * width)}–${number((k + 1) * width)}`) };
}

function timesCard(m, key) {
  const h = histogram(m), marks = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];
  return card(`${key}-times`, "How long devices took",
    "From the hand-out to the end of the last command, without the log-out."
    + (h.open ? " The last bar holds all that is slower." : ""),
    figure({ id: `${key}-times-chart`, label: "Distribution of device times",
      make: () => ({ type: "bar", data: { labels: h.ok.map((_, k) => h.label(k)), datasets: [
        { label: "ok", data: h.ok, backgroundColor: color(1), categoryPercentage: 1, barPercentage: 0.94 },
        ...(m.failedCount ? [{ label: "failed", data: h.failed, backgroundColor: color(2),
                               categoryPercentage: 1, barPercentage: 0.94 }] : [])] },
        options: chartOptions({ interaction: { mode: "index", intersect: false },
          scales: { x: axis("ms", { stacked: true, grid: { display: false } }),
                    y: axis("devices", { stacked: true, ticks: { precision: 0 } }) } }) }),
      side: [table("Device times by rank", [{ name: "so many devices" },
        { name: "took at most", unit: "ms", number: true, format: ms }],
        marks.map((q) => [q === 1 ? "all" : q === 0.5 ? "half (median)" : `${100 * q} %`,
                          percentile(m.sorted, q)])),
        fold("Table: the bars", () => table("Devices by time", [{ name: "ms" },
          { name: "ok", number: true, format: count }, { name: "failed", number: true, format: count }],
          h.ok.map((v, k) => [h.label(k), v, h.failed[k]])))] }));
}

/* The sentence without the device's name, which stands before it already. */
function sentenceOf(text, name) {
  return text.startsWith(name + ": ") ? text.slice(name.length + 2) : text;
}

function failuresCard(m, doc, key) {
  const said = new Map(asList(doc.sentences).map(([i, text]) => [i, asText(text)]));
  const byClass = m.classes.map((name, k) => ({ name, devices: [], k }));
  for (let i = 0; i < m.n; i++) if (m.columns.class[i] >= 0) byClass[m.columns.class[i]]?.devices.push(i);
  byClass.sort((a, b) => b.devices.length - a.devices.length);
  const some = byClass.filter((c) => c.devices.length);
  const lines = (c) => pagedTable({ caption: `Devices that failed with ${c.name}`, filterLabel: "Find",
    columns: [{ name: "device" }, { name: "what happened", wrap: true }], length: c.devices.length,
    cell: (r, k) => (k === 0 ? m.name(c.devices[r]) : sentenceOf(
      said.get(c.devices[r]) ?? "(this sentence is in the JSON; the page has no room for all)",
      asText(m.columns.name[c.devices[r]]))),
    matches: (r, word) => (m.name(c.devices[r]) + " " + (said.get(c.devices[r]) || ""))
      .toLowerCase().includes(word) });
  return card(`${key}-failures`, "Failures",
    `${plural(m.failedCount, "device")} of ${count(m.n)} failed, by class; each with its own sentence.`,
    figure({ id: `${key}-failures-chart`, label: "Failed devices by class",
      height: 90 + 34 * some.length,
      make: () => ({ type: "bar", data: { labels: some.map((c) => c.name), datasets: [
        { label: "devices", data: some.map((c) => c.devices.length), backgroundColor: color(2),
          maxBarThickness: 26 }] },
        options: chartOptions({ indexAxis: "y", plugins: { legend: { display: false } },
          scales: { x: axis("devices", { ticks: { precision: 0 } }),
                    y: axis("", { title: { display: false }, grid: { display: false },
                                  ticks: { autoSkip: false, color: css("--text") } }) } }) }),
      side: table("Failed devices by class", [{ name: "class" },
        { name: "devices", number: true, format: count },
        { name: "of all", number: true, format: percent }],
        some.map((c) => [c.name, c.devices.length, c.devices.length / m.n])) }),
    some.map((c, k) => fold([el("b", {}, c.name), `: ${plural(c.devices.length, "device")}`],
                            () => el("div", {}, lines(c)), k === 0 && c.devices.length <= 20)));
}

function doubtsCard(m, key) {
  const left = m.doubtCount - m.doubts.length, cell = (r, k) => (k === 0 ? m.name(m.doubts[r][0])
    : asText(m.doubts[r][k]));
  return card(`${key}-doubts`, "In doubt",
    "Outputs that are whole as far as one stream can tell, and what it could not tell of each."
    + (left > 0 ? ` ${plural(left, "more")} are left to the JSON.` : ""),
    m.doubts.length > 0 ? pagedTable({ caption: "Outputs in doubt", filterLabel: "Find",
      columns: [{ name: "device" }, { name: "command" }, { name: "what is not known", wrap: true }],
      length: m.doubts.length, cell,
      matches: (r, word) => [0, 1, 2].some((k) => cell(r, k).toLowerCase().includes(word)) }) : null);
}

const GROUPS_AT_ONCE = 20;

function groupsCard(m, doc, key) {
  const all = asList(doc.groups), left = asObject(doc.groups_left);
  const shared = all.filter((g) => asList(g.devices).length > 1);
  const single = all.filter((g) => asList(g.devices).length === 1);
  const outputs = all.reduce((sum, g) => sum + asList(g.devices).length, 0) + (left.outputs || 0);
  return card(`${key}-groups`, "What they said",
    `${plural(outputs, "output")}, ${count(all.length + (left.groups || 0))} of them different: identical ones `
    + "stand once, the most common first."
    + (left.groups ? ` ${plural(left.groups, "more output", "more different outputs")} are left to the JSON.` : ""),
    groupList(m, shared),
    single.length ? fold([el("b", {}, plural(single.length, "output")), " that only one device gave"],
                         () => el("div", {}, groupList(m, single)), shared.length === 0) : null);
}

function groupList(m, groups) {
  const list = el("div");
  const more = action("", () => showMore());
  let shown = 0;
  function oneGroup(g) {
    const devices = asList(g.devices), text = asText(g.text), bytes = g.bytes;
    const first = devices.slice(0, 3).map(m.name).join(", ") + (devices.length > 3 ? ", …" : "");
    const cut = new TextEncoder().encode(text).length < bytes;
    const many = devices.length > 1;
    return fold([el("b", {}, many ? plural(devices.length, "device") : first), many ? " said the same to " : " to ",
                 el("code", {}, asText(g.command)),
                 ` (${g.class ? asText(g.class) + ", " : ""}${plural(bytes, "byte")})${many ? `: ${first}` : ""}`],
      () => el("div", {}, devices.length > 3 ? el("p", { class: "names" }, devices.map(m.name).join(", ")) : null,
        g.text === null ? el("p", { class: "note" }, "The text is in the JSON; the page has no room for all.")
          : el("pre", { tabindex: "0", "aria-label": `Output of ${asText(g.command)}` }, text),
        cut && g.text !== null ? el("p", { class: "note" }, `The first ${plural(new TextEncoder().encode(text)
          .length, "byte")} of ${count(bytes)}.`) : null,
        el("p", { class: "note" }, `SHA-256 ${asText(g.hash)}…`)));
  }
  function showMore() {
    const upTo = Math.min(shown + GROUPS_AT_ONCE, groups.length);
    list.append(...groups.slice(shown, upTo).map(oneGroup));
    shown = upTo;
    more.textContent = `Show ${count(Math.min(GROUPS_AT_ONCE, groups.length - shown))} more of `
      + count(groups.length);
    more.hidden = shown >= groups.length;
  }
  showMore();
  return [list, more];
}

function devicesCard(m, key) {
  const doubted = new Set(m.doubts.map((d) => d[0]));
  const outcome = (i) => (m.columns.class[i] >= 0 ? m.classes[m.columns.class[i]] || "failed" : "ok");
  const status = (i) => outcome(i) + (doubted.has(i) ? ", in doubt" : "");
  const times_ = ["queued", ...PHASES, "total"];
  const columns = [{ name: "device" }, { name: "status" }, { name: "worker", number: true },
    ...times_.map((name) => ({ name, unit: "ms", number: true, format: (v) => (v === null ? "–" : ms(v)) }))];
  const cell = (i, k) => (k === 0 ? m.name(i) : k === 1 ? status(i) : k === 2 ? m.columns.worker[i]
    : fromTenths(m.columns[times_[k - 3]][i]));
  return card(`${key}-devices`, "All devices", "Every record of the run, by the order in which visits ended.",
    pagedTable({ id: `${key}-devices-table`, caption: "Times of each device", filterLabel: "Device or class",
      columns, length: m.n, cell,
      matches: (i, word) => m.name(i).toLowerCase().includes(word) || outcome(i) === word
        || (doubted.has(i) && word === "in doubt") }));
}
