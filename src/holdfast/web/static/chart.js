// Charts of what came and went, drawn from the table beside them: received upwards, paid out downwards, one bar a day.

const DAY_S = 86400;
const HEIGHT = 208;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The table's rows as uPlot's columns: seconds, received, paid out (below zero). */
function columns(table) {
  const first = Number(table.dataset.first);
  const days = Number(table.dataset.last) - first + 1;
  const at = Array.from({ length: days }, (_, day) => (first + day) * DAY_S);
  const received = new Array(days).fill(null);
  const paid = new Array(days).fill(null);
  for (const row of table.querySelectorAll("tr[data-day]")) {
    const day = Number(row.dataset.day) - first;
    received[day] = Number(row.dataset.received) || null;
    paid[day] = -Number(row.dataset.paid) || null;
  }
  return [at, received, paid];
}

/** Stripes, so that the two directions differ without their colours too. */
function striped(paint) {
  const tile = document.createElement("canvas");
  const ratio = window.devicePixelRatio || 1;
  tile.width = tile.height = Math.round(6 * ratio);
  const context = tile.getContext("2d");
  context.strokeStyle = paint;
  context.lineWidth = 2 * ratio;
  for (const shift of [-tile.width, 0, tile.width]) {
    context.beginPath();
    context.moveTo(shift, tile.height);
    context.lineTo(shift + tile.width, 0);
    context.stroke();
  }
  return context.createPattern(tile, "repeat");
}

function options(plot, reading) {
  const quiet = colour("--quiet");
  const grid = { stroke: colour("--line"), width: 1 };
  const font = `12px ${colour("--sans")}`;
  const bars = window.uPlot.paths.bars({ size: [0.7, 24], gap: 1 });
  const numbers = (_chart, splits) => splits.map((value) => Math.abs(value).toLocaleString("en", { maximumFractionDigits: 8 }).replaceAll(",", "\u202f"));
  return {
    width: plot.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    legend: { show: false },
    cursor: { points: { show: false }, y: false, drag: { x: false, y: false } },
    scales: {
      x: { range: (_chart, least, most) => [least - DAY_S / 2, most + DAY_S / 2] },
      y: { range: (_chart, least, most) => [Math.min(least ?? 0, 0) * 1.1, Math.max(most ?? 0, 0) * 1.1] },
    },
    axes: [
      { stroke: quiet, grid: { show: false }, ticks: { show: false }, font, size: 28, values: "{D} {MMM}", space: 60 },
      { stroke: quiet, grid, ticks: { show: false }, font, size: 56, values: numbers },
    ],
    series: [
      {},
      { label: "received", stroke: colour("--received"), fill: colour("--received"), width: 0, paths: bars, points: { show: false } },
      { label: "paid out", stroke: colour("--paid"), fill: () => striped(colour("--paid")), width: 1, paths: bars, points: { show: false } },
    ],
    hooks: {
      setCursor: [(chart) => {
        const at = chart.cursor.idx;
        if (at === null || at === undefined) {
          reading.textContent = "";
          return;
        }
        const day = new Date(chart.data[0][at] * 1000).toISOString().slice(0, 10);
        reading.textContent = `${day}: ${chart.data[1][at] ?? 0} in, ${-(chart.data[2][at] ?? 0)} out`;
      }],
    },
  };
}

const drawn = new Map();

function draw(plot) {
  const table = document.getElementById(plot.dataset.table);
  if (!table || !window.uPlot) return;
  const fresh = columns(table);
  const before = drawn.get(plot);
  if (before) {
    before.setData(fresh);
    return;
  }
  const reading = plot.closest(".chart").querySelector(".reading");
  drawn.set(plot, new window.uPlot(options(plot, reading), fresh, plot));
}

function drawAll(anew = false) {
  for (const [plot, chart] of drawn) {
    if (anew || !plot.isConnected) {
      chart.destroy();
      drawn.delete(plot);
    }
  }
  document.querySelectorAll(".plot").forEach(draw);
}

drawAll();
document.addEventListener("htmx:after:swap", () => drawAll());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(true));
new ResizeObserver(() => {
  for (const [plot, chart] of drawn) {
    if (plot.clientWidth !== chart.width && plot.clientWidth > 0) chart.setSize({ width: plot.clientWidth, height: HEIGHT });
  }
}).observe(document.body);
