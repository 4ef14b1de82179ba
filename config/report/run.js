/* One run: what it brought, how long it took, who was busy when. */

const PHASES = ["resolve", "connect", "kex", "auth", "ready", "commands", "close"];

/* Columns are whole tenths of a millisecond; -1 is what was not reached. */
const fromTenths = (v) => (isNumber(v) && v >= 0 ? v / 10 : null);

function percentile(sorted, q) {
  if (sorted.length === 0) return NaN;
  return sorted[Math.min(Math.max(Math.ceil(q * sorted.length) - 1, 0), sorted.length - 1)];
}

/* What the charts and tables need, once: typed arrays in milliseconds. */
function runModel(doc) {
  const columns = asObject(doc.columns), n = asList(columns.name).length;
  const model = {
    n, columns, classes: asList(doc.classes).map(asText), run: asObject(doc.run),
    hasRun: Boolean(doc.run), mode: asText(asObject(doc.run).mode || doc.mode),
    from: new Float64Array(n), to: new Float64Array(n), worker: new Int32Array(n),
    failed: new Uint8Array(n), device: new Float64Array(n), lanes: 1, end: 0,
  };
  for (let i = 0; i < n; i++) {
    const queued = columns.queued[i], total = columns.total[i];
    const visited = queued >= 0 && total >= 0;
    model.from[i] = visited ? queued / 10 : -1;
    model.to[i] = visited ? (queued + total) / 10 : -1;
    model.worker[i] = Math.min(Math.max(columns.worker[i], 0), 1e6);
    model.failed[i] = columns.class[i] >= 0 ? 1 : 0;
    model.device[i] = visited ? (total - Math.max(columns.close[i], 0)) / 10 : -1;
    model.end = Math.max(model.end, model.to[i]);
    if (visited) model.lanes = Math.max(model.lanes, model.worker[i] + 1);
  }
  model.name = (i) => asText(columns.name[i])
    + (columns.attempt[i] > 1 ? ` (attempt ${columns.attempt[i]})` : "");
  model.sorted = model.device.filter((v) => v >= 0).sort();
  model.failedCount = model.failed.reduce((sum, f) => sum + f, 0);
  model.doubts = asList(doc.doubts).map(asList);
  model.doubtCount = isNumber(model.run.doubts) ? model.run.doubts
    : model.doubts.length + (isNumber(doc.doubts_left) ? doc.doubts_left : 0);
  model.elapsed = isNumber(model.run.elapsed_ms) ? model.run.elapsed_ms : model.end;
  model.workers = isNumber(model.run.workers) ? model.run.workers : model.lanes;
  model.sum = isNumber(model.run.device_ms_sum) ? model.run.device_ms_sum
    : model.sorted.reduce((sum, v) => sum + v, 0);
  model.speedup = isNumber(model.run.speedup_estimate) ? model.run.speedup_estimate
    : model.elapsed > 0 ? model.sum / model.elapsed : NaN;
  return model;
}

function runHeadline(m) {
  const ok = m.n - m.failedCount;
  if (m.n === 0) return "No devices were visited";
  const who = ok === m.n ? (m.n === 1 ? "The device" : `All ${count(m.n)} devices`)
    : `${count(ok)} of ${plural(m.n, "device")}`;
  return `${who} answered in ${seconds(m.elapsed)}, about ${times(m.speedup)} as fast as one by one`;
}

function runLead(m, doc) {
  const when = asText(doc.started_at).slice(0, 19).replace("T", " ");
  return `${m.mode}, ${plural(m.workers, "worker")}${when ? `; started ${when} UTC` : ""}`
    + `${m.run.run_id ? `; run ${asText(m.run.run_id)}` : ""}. One by one is the sum of the devices' `
    + "own times: an estimate. poller compare measures it."
    + (m.hasRun ? "" : " There is no run object in this JSON, so elapsed is when the last visit ended.");
}

function runTiles(m) {
  const cpu = asObject(m.run.cpu_ms), slowest = asText(asObject(m.run.device_ms).slowest);
  const hasCpu = isNumber(cpu.user) && isNumber(cpu.system);
  return tiles([
    ["Devices", count(m.n), `${count(m.n - m.failedCount)} ok, ${count(m.failedCount)} failed`],
    m.doubtCount > 0 ? ["In doubt", count(m.doubtCount), m.doubtCount === 1 ? "output" : "outputs"] : null,
    ["Elapsed", seconds(m.elapsed), `one by one about ${seconds(m.sum)}`],
    ["Speed-up, estimated", times(m.speedup), plural(m.workers, "worker")],
    ["Median device", seconds(percentile(m.sorted, 0.5)), `p95 ${seconds(percentile(m.sorted, 0.95))}`],
    ["Slowest device", seconds(percentile(m.sorted, 1)), slowest || null],
    hasCpu ? ["CPU", seconds(cpu.user + cpu.system),
              `user ${seconds(cpu.user)}, system ${seconds(cpu.system)}`] : null,
    isNumber(m.run.max_rss_kib) ? ["Memory", mib(m.run.max_rss_kib) + " MiB",
                                   "largest single process"] : null,
  ]);
}

/* Steps of how many sessions are open: [[ms, open], …], at most `most` of them, peaks kept. */
function inFlight(m, most) {
  const starts = m.from.filter((v) => v >= 0).sort(), ends = m.to.filter((v) => v >= 0).sort();
  const steps = [[0, 0]];
  for (let a = 0, b = 0; b < ends.length;) {
    const opens = a < starts.length && starts[a] < ends[b];
    const t = opens ? starts[a++] : ends[b++];
    if (steps[steps.length - 1][0] === t) steps[steps.length - 1][1] = a - b;
    else steps.push([t, a - b]);
  }
  if (steps.length <= most) return { steps, exact: true, peak: peakOf(steps) };
  const width = (m.end || 1) / most, kept = [];
  for (const [t, open] of steps) {
    const bucket = Math.min(Math.floor(t / width), most - 1);
    if (kept.length && kept[kept.length - 1].bucket === bucket) {
      kept[kept.length - 1].open = Math.max(kept[kept.length - 1].open, open);
    } else kept.push({ bucket, open });
  }
  return { exact: false, peak: peakOf(steps),
           steps: [...kept.map((k) => [k.bucket * width, k.open]), [m.end, 0]] };
}
const peakOf = (steps) => steps.reduce((most, s) => Math.max(most, s[1]), 0);

function inFlightCard(m, key) {
  const { steps, exact, peak } = inFlight(m, 600);
  const rows = [];
  for (let k = 0; k <= 20; k++) {
    const t = (m.end * k) / 20;
    let open = 0, done = 0;
    for (let i = 0; i < m.n; i++) {
      if (m.from[i] < 0) continue;
      if (m.to[i] <= t) done++;
      else if (m.from[i] <= t) open++;
    }
    rows.push([t, open, done]);
  }
  return card(`${key}-flight`, "Sessions in flight",
    `How many devices were being visited at each moment: at most ${count(peak)} at once, with `
    + `${plural(m.workers, "worker")}.` + (exact ? "" : " Each point is the peak of a short while."),
    figure({ id: `${key}-flight-chart`, label: "Sessions in flight over time",
      make: () => ({ type: "line", data: { datasets: [line("sessions in flight",
        steps.map(([t, y]) => ({ x: t / 1000, y })), color(1),
        { stepped: true, pointRadius: 0, fill: "origin", backgroundColor: faded(color(1), 0.18) })] },
        options: chartOptions({ parsing: false, normalized: true, plugins: { legend: { display: false } },
          scales: { x: axis("seconds since the start of the run", { type: "linear", max: m.end / 1000 }),
                    y: axis("sessions", { ticks: { precision: 0 } }) } }) }),
      side: table("At twenty moments of the run", [{ name: "time", unit: "ms", number: true, format: ms },
        { name: "in flight", number: true, format: count },
        { name: "finished", number: true, format: count }], rows) }));
}

function ganttCard(m, key) {
  const busy = new Float64Array(m.lanes), visits = new Int32Array(m.lanes), failed = new Int32Array(m.lanes);
  for (let i = 0; i < m.n; i++) {
    if (m.from[i] < 0) continue;
    busy[m.worker[i]] += m.to[i] - m.from[i];
    visits[m.worker[i]]++;
    failed[m.worker[i]] += m.failed[i];
  }
  const cells = [(w) => w, (w) => visits[w], (w) => failed[w], (w) => busy[w],
                 (w) => (m.elapsed > 0 ? busy[w] / m.elapsed : NaN)];
  return card(`${key}-gantt`, "Workers over time",
    "One line a worker, one bar a visit. Drag over a part to look closer; with the keyboard: arrows "
    + "move, + and − zoom, 0 shows all.",
    gantt({ id: `${key}-gantt-chart`, visits: m, name: m.name, lanes: m.lanes, end: m.end,
            label: `Visits of ${plural(m.lanes, "worker")} over time. The table below has each `
                   + "worker's visits and busy time." }),
    fold(`Table: ${plural(m.lanes, "worker")}`, () => el("div", {}, pagedTable({
      caption: "Each worker: its visits and how long it was busy", filterLabel: "Worker",
      columns: [{ name: "worker", number: true, format: count }, { name: "visits", number: true, format: count },
                { name: "failed", number: true, format: count },
                { name: "busy", unit: "ms", number: true, format: ms },
                { name: "of elapsed", number: true, format: percent }],
      length: m.lanes, cell: (w, k) => cells[k](w), matches: (w, word) => String(w).includes(word) })),
      m.lanes <= 12));
}

function renderRun(doc, key) {
  const m = runModel(doc);
  return [
    el("h1", {}, runHeadline(m)), el("p", { class: "lead" }, runLead(m, doc)), runTiles(m),
    m.n > 0 ? [inFlightCard(m, key), ganttCard(m, key), phasesCard(m, key), timesCard(m, key)] : null,
    m.failedCount > 0 ? failuresCard(m, doc, key) : null,
    m.doubtCount > 0 ? doubtsCard(m, key) : null,
    asList(doc.groups).length > 0 ? groupsCard(m, doc, key) : null,
    m.n > 0 ? devicesCard(m, key) : null,
  ];
}
