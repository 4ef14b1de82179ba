/* Charts by Chart.js, in the page's colours, made anew when those change; each beside its table. */

const MODES = ["sequential", "threads", "processes", "hybrid", "events"];
const drawn = []; /* what is to be drawn again: {draw} */

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const color = (i) => css("--c" + (i % 9));
const modeColor = (mode, otherwise) => color(MODES.includes(mode) ? MODES.indexOf(mode) : otherwise);

/* "#rrggbb" with an alpha. */
function faded(hex, alpha) {
  return hex + Math.round(255 * alpha).toString(16).padStart(2, "0");
}

const inSeconds = (v) => (v >= 1000 || v === 0 ? v / 1000 + " s" : v + " ms");

/* An axis: linear from zero unless it says otherwise. */
function axis(title, more) {
  const given = more || {};
  return {
    beginAtZero: true, title: { display: true, text: title, color: css("--muted") },
    grid: { color: css("--grid") }, ...given,
    ticks: { color: css("--muted"), maxRotation: 0, autoSkipPadding: 14, ...(given.ticks || {}) },
  };
}

/* A true logarithmic place for each number of workers, with a tick exactly there. */
function workersAxis(counts) {
  return axis("workers (logarithmic)", {
    type: "logarithmic", beginAtZero: false, min: counts[0], max: counts[counts.length - 1],
    afterBuildTicks: (a) => { a.ticks = counts.map((value) => ({ value })); },
    ticks: { callback: (v) => number(v), autoSkip: true },
  });
}

/* Of a logarithmic axis only the round places are named. */
function inRoundSeconds(v) {
  const first = Number(v.toExponential()[0]);
  return [1, 2, 5].includes(first) && v === first * 10 ** Math.floor(Math.log10(v) + 1e-9) ? inSeconds(v) : "";
}

/* The range of the repeats as a thin line through each point: dataset.ranges = [[low, high], …]. */
const rangesPlugin = {
  id: "ranges",
  afterDatasetsDraw(chart) {
    chart.data.datasets.forEach((set, k) => {
      if (!set.ranges || !chart.isDatasetVisible(k)) return;
      const c = chart.ctx, across = chart.options.indexAxis === "y";
      const scale = chart.scales[across ? "x" : "y"];
      c.save();
      c.strokeStyle = across ? css("--text") : set.borderColor;
      c.lineWidth = 1.5;
      chart.getDatasetMeta(k).data.forEach((point, i) => {
        if (!set.ranges[i]) return;
        const [low, high] = set.ranges[i].map((v) => scale.getPixelForValue(v));
        c.beginPath();
        if (across) c.moveTo(low, point.y), c.lineTo(high, point.y);
        else c.moveTo(point.x, low), c.lineTo(point.x, high);
        c.stroke();
      });
      c.restore();
    });
  },
};

/* The options that all charts share; more goes on top. */
function chartOptions(more) {
  const { plugins, ...rest } = more || {};
  return {
    animation: false, responsive: true, maintainAspectRatio: false,
    interaction: { mode: "nearest", intersect: false }, ...rest,
    plugins: {
      legend: { position: "bottom", labels: { color: css("--text"), usePointStyle: true,
                                              boxHeight: 7, padding: 14 } },
      tooltip: { backgroundColor: css("--text"), titleColor: css("--card"), bodyColor: css("--card"),
                 padding: 9 },
      ...plugins,
    },
  };
}

/* A chart beside its table. make() gives Chart.js's configuration in the colours of the moment. */
function figure({ id, label, make, side, wide, height }) {
  const canvas = el("canvas", { id, role: "img", "aria-label": label + ". The table beside it has "
                                                               + "the same numbers." });
  const plot = el("div", { class: "plot" }, canvas);
  if (height) plot.style.height = height + "px";
  let chart = null;
  drawn.push({ draw() {
    if (chart) chart.destroy();
    const config = make();
    chart = new Chart(canvas, { plugins: [rangesPlugin], ...config });
  } });
  return el("div", { class: wide ? "beside wide" : "beside" }, plot, el("div", {}, side));
}

function drawAll() {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  for (const one of drawn) one.draw();
}

/* One line of points [{x, y}]. */
function line(label, points, hue, more) {
  return { label, data: points, borderColor: hue, backgroundColor: hue, borderWidth: 2,
           pointRadius: points.length > 60 ? 0 : 3.5, tension: 0, clip: 12, ...more };
}

const dashed = { borderDash: [6, 4], borderWidth: 1.5, pointStyle: "rectRot" };

const labelWith = (write) => ({ callbacks: { label: (item) =>
  `${item.dataset.label}: ${write(item.parsed.y)}` } });
