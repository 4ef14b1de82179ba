/* Who visited what when: one lane a worker on a canvas. Where lanes are thinner than a few pixels
 * they are drawn together as how busy they were, so ten thousand visits cost one pass. */

const LANE_MIN = 4; /* pixels of a lane that is drawn visit by visit */
const CELL = 3;

/* visits: {from, to, worker, failed} typed arrays in ms; name(i); lanes; end in ms. */
function gantt({ id, visits, name, lanes, end, label }) {
  const whole = { t0: 0, t1: Math.max(end, 1), w0: 0, w1: lanes };
  const view = { ...whole };
  const canvas = el("canvas", { id, tabindex: "0", role: "img", "aria-label": label });
  const plot = el("div", { class: "plot" }, canvas);
  const hint = el("p", { class: "hint", role: "status" });
  const inputs = {};
  const frame = { left: 54, top: 6, right: 8, bottom: 40 };
  let drag = null, shownAs = "";

  const size = () => ({ w: plot.clientWidth - frame.left - frame.right,
                        h: plot.clientHeight - frame.top - frame.bottom });
  const toX = (t, w) => frame.left + ((t - view.t0) / (view.t1 - view.t0)) * w;
  const toY = (lane, h) => frame.top + ((lane - view.w0) / (view.w1 - view.w0)) * h;

  function set(next) {
    const least = Math.max(whole.t1 / 1e5, 0.1);
    view.t0 = Math.max(0, Math.min(next.t0, whole.t1 - least));
    view.t1 = Math.min(whole.t1, Math.max(next.t1, view.t0 + least));
    view.w0 = Math.max(0, Math.min(Math.floor(next.w0), lanes - 1));
    view.w1 = Math.min(lanes, Math.max(Math.ceil(next.w1), view.w0 + 1));
    draw();
  }
  function zoom(factor) {
    const t = (view.t0 + view.t1) / 2, w = (view.w0 + view.w1) / 2;
    const dt = ((view.t1 - view.t0) / 2) * factor, dw = ((view.w1 - view.w0) / 2) * factor;
    set({ t0: t - dt, t1: t + dt, w0: w - dw, w1: w + dw });
  }
  function move(by) {
    const step = Math.max(-view.t0, Math.min((view.t1 - view.t0) * by, whole.t1 - view.t1));
    set({ ...view, t0: view.t0 + step, t1: view.t1 + step });
  }
  function climb(by) {
    const step = Math.round((view.w1 - view.w0) * by) || Math.sign(by);
    const most = Math.max(-view.w0, Math.min(step, lanes - view.w1));
    set({ ...view, w0: view.w0 + most, w1: view.w1 + most });
  }

  function drawVisits(c, w, h) {
    const lane = h / (view.w1 - view.w0), gap = lane > 7 ? 1.5 : 0.5;
    const good = css("--c1"), bad = css("--c2");
    for (let i = 0; i < visits.from.length; i++) {
      if (!inView(i)) continue;
      const x0 = Math.max(toX(visits.from[i], w), frame.left);
      const x1 = Math.min(toX(visits.to[i], w), frame.left + w);
      c.fillStyle = visits.failed[i] ? bad : good;
      c.fillRect(x0, toY(visits.worker[i], h) + gap / 2, Math.max(x1 - x0 - 0.6, 1), lane - gap);
    }
  }
  const inView = (i) => visits.from[i] >= 0 && visits.to[i] >= view.t0 && visits.from[i] <= view.t1
    && visits.worker[i] >= view.w0 && visits.worker[i] < view.w1;

  /* Busy time by cell: [good, bad] of rows x columns. */
  function cells(columns, rows) {
    const good = new Float64Array(columns * rows), bad = new Float64Array(columns * rows);
    const scale = columns / (view.t1 - view.t0), perLane = rows / (view.w1 - view.w0);
    for (let i = 0; i < visits.from.length; i++) {
      if (!inView(i)) continue;
      const from = Math.max((visits.from[i] - view.t0) * scale, 0);
      const to = Math.min((visits.to[i] - view.t0) * scale, columns);
      const row = Math.min(Math.floor((visits.worker[i] - view.w0) * perLane), rows - 1);
      const target = visits.failed[i] ? bad : good;
      for (let k = Math.floor(from); k < to; k++)
        target[row * columns + k] += Math.min(to, k + 1) - Math.max(from, k);
    }
    return { good, bad };
  }
  function drawCells(c, w, h) {
    const rows = Math.floor(h / LANE_MIN), columns = Math.max(Math.floor(w / CELL), 1);
    const { good, bad } = cells(columns, rows), full = (view.w1 - view.w0) / rows;
    const blue = css("--c1"), red = css("--c2");
    for (let k = 0; k < good.length; k++) {
      const busy = Math.min((good[k] + bad[k]) / full, 1);
      if (busy <= 0) continue;
      c.globalAlpha = 0.12 + 0.88 * busy;
      c.fillStyle = bad[k] > good[k] ? red : blue;
      c.fillRect(frame.left + (k % columns) * w / columns,
                 frame.top + Math.floor(k / columns) * h / rows,
                 w / columns + 0.3, h / rows - 0.5);
    }
    c.globalAlpha = 1;
  }

  function niceStep(span, most) {
    const raw = span / most, power = 10 ** Math.floor(Math.log10(raw));
    return [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw);
  }
  function drawAxes(c, w, h) {
    c.fillStyle = css("--muted");
    c.strokeStyle = css("--grid");
    c.lineWidth = 1;
    c.font = "12px " + getComputedStyle(document.body).fontFamily;
    c.textAlign = "center";
    const step = niceStep(view.t1 - view.t0, Math.max(w / 90, 2));
    const digits = Math.max(0, Math.min(4, 3 - Math.floor(Math.log10(step))));
    for (let t = Math.ceil(view.t0 / step) * step; t <= view.t1; t += step) {
      const x = toX(t, w);
      c.beginPath(), c.moveTo(x, frame.top), c.lineTo(x, frame.top + h), c.stroke();
      c.fillText((t / 1000).toFixed(step >= 1000 ? 0 : digits), x, frame.top + h + 16);
    }
    c.fillText("seconds since the start of the run", frame.left + w / 2, frame.top + h + 34);
    c.textAlign = "right";
    const rows = Math.max(1, Math.round(niceStep(view.w1 - view.w0, Math.max(h / 28, 2))));
    for (let lane = Math.ceil(view.w0 / rows) * rows; lane < view.w1; lane += rows)
      c.fillText(String(lane), frame.left - 8, toY(lane + 0.5, h) + 4);
    c.save();
    c.translate(12, frame.top + h / 2), c.rotate(-Math.PI / 2);
    c.textAlign = "center", c.fillText("worker", 0, 0);
    c.restore();
  }
  function draw() {
    const ratio = window.devicePixelRatio || 1, { w, h } = size();
    if (w <= 20) return;
    canvas.width = plot.clientWidth * ratio, canvas.height = plot.clientHeight * ratio;
    canvas.style.width = plot.clientWidth + "px", canvas.style.height = plot.clientHeight + "px";
    const c = canvas.getContext("2d");
    c.scale(ratio, ratio);
    drawAxes(c, w, h);
    const each = h / (view.w1 - view.w0) >= LANE_MIN;
    (each ? drawVisits : drawCells)(c, w, h);
    if (drag) {
      c.fillStyle = faded(css("--accent"), 0.2);
      c.fillRect(drag.x0, drag.y0, drag.x1 - drag.x0, drag.y1 - drag.y0);
    }
    shownAs = each ? "" : `${count(Math.ceil((view.w1 - view.w0) / Math.floor(h / LANE_MIN)))} `
      + "workers share a line here: the darker, the busier. Zoom in to see each visit.";
    if (!drag) hint.textContent = shownAs;
    fillInputs();
  }

  function fillInputs() {
    inputs.t0.value = (view.t0 / 1000).toFixed(3), inputs.t1.value = (view.t1 / 1000).toFixed(3);
    inputs.w0.value = view.w0, inputs.w1.value = view.w1 - 1;
  }
  function input(key, text) {
    inputs[key] = el("input", { type: "number", step: key[0] === "t" ? "any" : 1, min: 0,
      id: newId("gantt"), onchange: () => set({
        t0: inputs.t0.value * 1000, t1: inputs.t1.value * 1000,
        w0: Number(inputs.w0.value), w1: Number(inputs.w1.value) + 1 }) });
    return [el("label", { for: inputs[key].id }, text), inputs[key]];
  }
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  function point({ x, y }) {
    const { w, h } = size();
    return { t: view.t0 + ((x - frame.left) / w) * (view.t1 - view.t0),
             lane: Math.floor(view.w0 + ((y - frame.top) / h) * (view.w1 - view.w0)) };
  }
  function tell(event) {
    const { t, lane } = point(at(event));
    for (let i = 0; i < visits.from.length; i++)
      if (visits.worker[i] === lane && visits.from[i] <= t && t <= visits.to[i]) {
        hint.textContent = `Worker ${lane}: ${name(i)}, ${visits.failed[i] ? "failed, " : ""}`
          + `${seconds(visits.to[i] - visits.from[i])}, from ${seconds(visits.from[i])}`;
        return;
      }
    hint.textContent = shownAs;
  }
  canvas.addEventListener("pointerdown", (event) => {
    const { x, y } = at(event);
    drag = { x0: x, y0: y, x1: x, y1: y };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) return tell(event);
    drag.x1 = at(event).x, drag.y1 = at(event).y;
    return draw();
  });
  canvas.addEventListener("pointerup", () => {
    const d = drag;
    drag = null;
    if (!d || Math.abs(d.x1 - d.x0) < 6) return draw();
    const a = point({ x: Math.min(d.x0, d.x1), y: Math.min(d.y0, d.y1) });
    const b = point({ x: Math.max(d.x0, d.x1), y: Math.max(d.y0, d.y1) });
    const tall = Math.abs(d.y1 - d.y0) >= 12;
    return set({ t0: a.t, t1: b.t, w0: tall ? a.lane : view.w0, w1: tall ? b.lane + 1 : view.w1 });
  });
  canvas.addEventListener("pointercancel", () => { drag = null; draw(); });
  const keys = { ArrowLeft: () => move(-0.25), ArrowRight: () => move(0.25),
                 ArrowUp: () => climb(-0.25), ArrowDown: () => climb(0.25),
                 "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2),
                 0: () => set(whole), Home: () => set(whole) };
  canvas.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  const bar = el("div", { class: "bar" },
    action("Zoom in", () => zoom(0.5)), action("Zoom out", () => zoom(2)),
    action("Earlier", () => move(-0.5)), action("Later", () => move(0.5)),
    action("All", () => set(whole)), input("t0", "seconds"), input("t1", "to"),
    input("w0", "workers"), input("w1", "to"));
  drawn.push({ draw });
  new ResizeObserver(() => draw()).observe(plot);
  return [bar, plot, el("ul", { class: "legend" }, legendItem("--c1", "visit that went well"),
                        legendItem("--c2", "visit that failed")), hint];
}

function legendItem(variable, text) {
  const mark = el("i");
  mark.style.background = `var(${variable})`;
  return el("li", {}, mark, text);
}
