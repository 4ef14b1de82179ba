/* compare and sweep: the same devices in several modes and with several numbers of workers. */

/* netmiko on CPython, as the book that the notes follow has published it: seconds. */
const PUBLISHED = {
  few: { label: "published: netmiko, threads", one: 303.2,
         points: [[5, 63.4], [10, 36.3], [20, 20.7], [40, 15.6]] },
  five: { label: "published, five commands", one: 399.2, points: [[10, 45.6], [40, 20.7]] },
  many: { label: "published: netmiko, threads",
          points: [[30, 557], [70, 557], [100, 557], [140, 557], [200, 673], [300, 844]] },
};
const MANY_DEVICES = 1000;

/* One entry for each mode and number of workers: medians of its repeats, and their range. */
function settingsOf(rows) {
  const found = new Map();
  for (const row of rows) {
    const id = `${asText(row.mode)}/${row.workers}`;
    if (!found.has(id)) found.set(id, { mode: asText(row.mode), workers: row.workers, rows: [] });
    found.get(id).rows.push(row);
  }
  return [...found.values()].map((s) => {
    const elapsed = s.rows.map((r) => r.elapsed_ms).sort((a, b) => a - b);
    const middle = s.rows.find((r) => r.elapsed_ms === median(elapsed)), cpu = asObject(middle.cpu_ms);
    return { ...s, elapsed: median(elapsed), low: elapsed[0], high: elapsed[elapsed.length - 1],
             cpu: isNumber(cpu.user) && isNumber(cpu.system) ? cpu.user + cpu.system : NaN,
             rss: middle.max_rss_kib, estimate: middle.speedup_estimate, failed: middle.failed, devices: middle.devices, n: elapsed.length };
  });
}

const modesOf = (settings) => [...new Set(settings.map((s) => s.mode))];
const ofMode = (settings, mode) => settings.filter((s) => s.mode === mode)
  .sort((a, b) => a.workers - b.workers);

/* Lines need several numbers of workers; else bars say it better. */
const hasCurve = (settings) =>
  modesOf(settings).some((mode) => mode !== "sequential" && ofMode(settings, mode).length > 1);

/* Against the measured run one by one; without one, the estimate that the row itself holds. */
const speedOf = (s, base) => (base > 0 ? base / s.elapsed : s.estimate);

function settingsTable(settings, base) {
  return table("Medians of each mode and number of workers", [{ name: "mode" },
    { name: "workers", number: true, format: count },
    { name: "elapsed", unit: "ms", number: true, format: ms },
    { name: "range", unit: "ms", number: true },
    { name: base > 0 ? "speed-up" : "speed-up, estimated", number: true, format: times },
    { name: "CPU", unit: "ms", number: true, format: ms },
    { name: "memory", unit: "MiB", number: true, format: mib },
    { name: "failed", number: true, format: count }],
    settings.map((s) => [s.mode, s.workers, s.elapsed,
      s.n > 1 ? `${ms(s.low)}–${ms(s.high)}` : "one run", speedOf(s, base), s.cpu, s.rss,
      s.failed]), { id: newId("settings") });
}

function barsByMode(settings, value, ranges, title) {
  return () => ({ type: "bar", data: { labels: settings.map((s) => `${s.mode}, ${s.workers}`),
    datasets: [{ label: title, data: settings.map(value), ranges: settings.map(ranges), maxBarThickness: 30,
                 backgroundColor: settings.map((s, i) => modeColor(s.mode, i)) }] },
    options: chartOptions({ indexAxis: "y", plugins: { legend: { display: false } },
      scales: { x: axis(title, title.includes("time") ? { ticks: { callback: inSeconds } } : {}),
                y: axis("", { title: { display: false }, grid: { display: false },
                              ticks: { autoSkip: false, color: css("--text") } }) } }) });
}

function curves(settings, value, low, high) {
  const most = Math.max(...settings.map((s) => s.workers));
  return modesOf(settings).map((mode, i) => {
    const own = ofMode(settings, mode);
    if (mode === "sequential" && own.length === 1)
      return line("one by one", [own[0].workers, most].map((x) => ({ x, y: value(own[0]) })),
                  modeColor(mode, i), { borderDash: [4, 4], pointRadius: [4, 0] });
    return line(mode, own.map((s) => ({ x: s.workers, y: value(s) })), modeColor(mode, i),
                { ranges: own.map((s) => (s.n > 1 ? [low(s), high(s)] : null)),
                  ...(own.length === 1 ? { pointRadius: 6, pointStyle: "rect", showLine: false } : {}) });
  });
}

function workersChart(datasets, yAxis, write) {
  const shown = datasets.filter((d) => d.data.length);
  const counts = [...new Set(shown.flatMap((d) => d.data.map((p) => p.x)))].filter((x) => x > 0)
    .sort((a, b) => a - b);
  return { type: "line", data: { datasets: shown },
           options: chartOptions({ parsing: false, plugins: { tooltip: { callbacks: {
             title: (items) => plural(items[0].parsed.x, "worker"),
             label: (item) => `${item.dataset.label}: ${write(item.parsed.y)}` } } },
             scales: { x: workersAxis(counts), y: yAxis } }) };
}

/* What no number of workers can beat: as sweep computed it, a dashed line for each mode. */
function boundLines(bounds) {
  const kinds = [["waiting_ms", "waiting-time bound", [2, 3]], ["amdahl_ms", "Amdahl's bound", [8, 4]]];
  const rows = asList(bounds).filter((b) => isNumber(b.workers));
  return [...new Set(rows.map((b) => asText(b.mode)))].flatMap((mode, i) => kinds.map(([key, name, dash]) =>
    line(`${name}, ${mode}`, rows.filter((b) => asText(b.mode) === mode && isNumber(b[key]) && b[key] >= 0)
      .sort((a, b) => a.workers - b.workers).map((b) => ({ x: b.workers, y: b[key] })),
      modeColor(mode, i), { borderDash: dash, borderWidth: 1.5, pointRadius: 0, pointStyle: "line" })))
    .filter((set) => set.data.length > 1);
}

function bendPoints(bends) {
  const points = asList(bends).filter((b) => isNumber(b.workers) && isNumber(b.elapsed_ms));
  return points.length ? [line("bend: fewest workers within 5 % of the best",
    points.map((b) => ({ x: b.workers, y: b.elapsed_ms })), css("--text"),
    { showLine: false, pointStyle: "triangle", pointRadius: 8 })] : [];
}

function elapsedCard(settings, doc, base, key) {
  const curve = hasCurve(settings), bounds = boundLines(doc.bounds).length > 0;
  const make = curve
    ? () => workersChart([...curves(settings, (s) => s.elapsed, (s) => s.low, (s) => s.high),
        ...boundLines(doc.bounds), ...bendPoints(doc.bends)],
        axis("elapsed", { type: spread(settings) > 30 ? "logarithmic" : "linear",
                          beginAtZero: spread(settings) <= 30,
                          ticks: spread(settings) > 30 ? { callback: inRoundSeconds, autoSkip: false }
                            : { callback: inSeconds } }), seconds)
    : barsByMode(settings, (s) => s.elapsed, (s) => (s.n > 1 ? [s.low, s.high] : null), "elapsed time");
  return card(`${key}-elapsed`, "Elapsed time",
    "Medians; where there are several repeats, a thin line shows their range."
    + (bounds ? " Dashed: what no number of workers can beat, for the waiting of the devices and for this "
              + "machine's CPU." : ""),
    figure({ id: `${key}-elapsed-chart`, label: "Elapsed time by mode and workers", make,
             height: curve ? 380 : 90 + 34 * settings.length, wide: true,
             side: settingsTable(settings, base) }));
}

function spread(settings) {
  const all = settings.map((s) => s.elapsed).filter((v) => v > 0);
  return Math.max(...all) / Math.min(...all);
}

function publishedCurve(set, hue, more) {
  return line(set.label, set.points.map(([x, t]) => ({ x, y: set.one / t })), hue, { ...dashed, ...more });
}

function speedupCard(settings, base, key) {
  const curve = hasCurve(settings), rows = [], speed = (s) => speedOf(s, base);
  const fast = (s) => (base > 0 ? base / s.low : speed(s)), slow = (s) => (base > 0 ? base / s.high : speed(s));
  const measured = settings.filter((s) => s.mode !== "sequential");
  for (const [workers, t] of PUBLISHED.few.points) {
    const ours = measured.filter((s) => s.workers === workers);
    ours.sort((a, b) => speed(b) - speed(a));
    rows.push([workers, PUBLISHED.few.one / t, ours.length ? speed(ours[0]) : NaN,
               ours.length ? ours[0].mode : "not measured"]);
  }
  const make = curve
    ? () => workersChart([...curves(measured, speed, slow, fast),
        publishedCurve(PUBLISHED.few, css("--muted")),
        publishedCurve(PUBLISHED.five, css("--muted"), { borderDash: [2, 3], pointStyle: "cross" })],
        axis("times as fast as one by one"), times)
    : barsByMode(settings, speed, (s) => (s.n > 1 ? [slow(s), fast(s)] : null),
                 "times as fast as one by one");
  return card(`${key}-speedup`, "Speed-up, and the published curve",
    (base > 0 ? "Against the measured run one by one." : "Estimated: the sum of the devices' own times over the "
      + "elapsed time, for there was no run one by one.") + " Published: 40 devices in 303.2 s one by one, with netmiko on CPython "
    + "and threads.",
    figure({ id: `${key}-speedup-chart`, label: "Speed-up by mode and workers beside the published curve", make,
      height: curve ? 380 : 90 + 34 * settings.length,
      side: table("Ours beside the published", [{ name: "workers", number: true, format: count },
        { name: "published", number: true, format: times }, { name: "ours, best", number: true, format: times },
        { name: "mode" }], rows) }));
}

/* With thousands of devices the published run got slower again: time over the best of each. */
function manyCard(settings, key) {
  const threads = settings.filter((s) => s.mode !== "sequential");
  const best = (mode) => Math.min(...ofMode(threads, mode).map((s) => s.elapsed));
  const published = PUBLISHED.many.points.map(([x, t]) => ({ x, y: t / 557 }));
  return card(`${key}-many`, "Many devices: does it bend upward?",
    "Elapsed time over the best of each curve. The published run over 5,460 devices lost half its speed from 140 "
    + "to 300 threads (557 s to 844 s).",
    figure({ id: `${key}-many-chart`, label: "Elapsed over the best, ours and published", height: 360,
      make: () => workersChart([...modesOf(threads).map((mode, i) => line(mode, ofMode(threads, mode)
        .map((s) => ({ x: s.workers, y: s.elapsed / best(mode) })), modeColor(mode, i))),
        line(PUBLISHED.many.label, published, css("--muted"), dashed)],
        axis("times the best", { beginAtZero: false }), times),
      side: table("Over the best", [{ name: "curve" }, { name: "workers", number: true, format: count },
        { name: "times the best", number: true, format: times }],
        [...threads.map((s) => [s.mode, s.workers, s.elapsed / best(s.mode)]),
         ...published.map((p) => ["published", p.x, p.y])]) }));
}

function bendsCard(doc, key) {
  const bends = asList(doc.bends);
  return bends.length ? card(`${key}-bends`, "Where more workers stop helping",
    "The fewest workers within 5 % of the best elapsed time, and what holds it there as far as the measurements "
    + "show.",
    table("Bends", [{ name: "mode" }, { name: "workers", number: true, format: count },
      { name: "elapsed", unit: "ms", number: true, format: ms }, { name: "cause" },
      { name: "because", wrap: true }],
      bends.map((b) => [asText(b.mode), b.workers, b.elapsed_ms, asText(b.cause), asText(b.because)]))) : null;
}

function resourcesCard(settings, key) {
  if (!settings.some((s) => isNumber(s.cpu))) return null;
  return card(`${key}-cpu`, "What it cost", "CPU time of poller and its processes, user and system together; memory is the largest single process's.",
    figure({ id: `${key}-cpu-chart`, label: "CPU time by mode and workers",
      height: 90 + 26 * settings.length, make: barsByMode(settings, (s) => s.cpu, () => null, "CPU time"),
      side: table("CPU and memory", [{ name: "mode" }, { name: "workers", number: true, format: count },
        { name: "CPU", unit: "ms", number: true, format: ms },
        { name: "memory", unit: "MiB", number: true, format: mib }],
        settings.map((s) => [s.mode, s.workers, s.cpu, s.rss])) }));
}

function compareHeadline(settings, base, doc) {
  const others = settings.filter((s) => s.mode !== "sequential");
  if (!others.length) return "Only the run one by one was measured";
  const best = others.reduce((a, b) => (b.elapsed < a.elapsed ? b : a));
  const what = `${plural(best.devices, "device")} with ${best.mode}, ${plural(best.workers, "worker")}`;
  return base > 0
    ? `${what}: ${seconds(best.elapsed)} instead of ${seconds(base)} one by one, ${times(base / best.elapsed)} as fast`
    : `${what}: ${seconds(best.elapsed)}, the best of ${plural(settings.length, "setting")}`
      + (doc.kind === "sweep" ? " tried" : "");
}

function renderCompare(doc, key) {
  const settings = settingsOf(asList(doc.rows)), base = doc.baseline_ms > 0 ? doc.baseline_ms : NaN;
  if (!settings.length) return [el("h1", {}, "Nothing was measured")];
  const most = Math.max(...settings.map((s) => s.devices || 0));
  const repeats = Math.max(...settings.map((s) => s.n));
  return [el("h1", {}, compareHeadline(settings, base, doc)),
    el("p", { class: "lead" }, `poller ${doc.kind}: ${plural(settings.length, "setting")}, `
      + `${plural(repeats, "run")} of each in alternating order. Every number is a median on this machine.`),
    doc.kind === "sweep" ? bendsCard(doc, key) : null, elapsedCard(settings, doc, base, key),
    base > 0 || settings.some((s) => isNumber(s.estimate)) ? speedupCard(settings, base, key) : null,
    most >= MANY_DEVICES && hasCurve(settings) ? manyCard(settings, key) : null, resourcesCard(settings, key)];
}
