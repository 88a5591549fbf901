// Where on the map one looks: the middle in [0, 1] each way (y upwards) and how much it is enlarged.
const MOST_STRETCH = 1.6; // near and far are what a map of meaning tells; its proportions may bend a little
const MARGIN = 30;
const MOST_ZOOM = 80;
const STEPS = 65535; // places are whole numbers in [0, STEPS]

const wholeView = () => ({ x: 0.5, y: 0.5, zoom: 1 });

function baseScale(size, bounds) {
  const wide = Math.max(40, size.w - 2 * MARGIN);
  const high = Math.max(40, size.h - 2 * MARGIN);
  const spanX = bounds[1] - bounds[0];
  const spanY = bounds[3] - bounds[2];
  const even = Math.min(wide / spanX, high / spanY);
  return {
    x: Math.min(wide, even * spanX * MOST_STRETCH),
    y: Math.min(high, even * spanY * MOST_STRETCH),
  };
}

// Screen = unit * a + c, in CSS pixels of the stage.
function transformOf(chart) {
  const { view, size, base } = chart;
  const ax = base.x * view.zoom;
  const ay = -base.y * view.zoom;
  return { ax, ay, cx: size.w / 2 - view.x * ax, cy: size.h / 2 - view.y * ay };
}

function toUnits(chart, sx, sy) {
  const t = transformOf(chart);
  return [(sx - t.cx) / t.ax, (sy - t.cy) / t.ay];
}

function toMap(chart, [u, v]) {
  const [x0, x1, y0, y1] = chart.spec.bounds;
  return [x0 + u * (x1 - x0), y0 + v * (y1 - y0)];
}

function fromMap(chart, [x, y]) {
  const [x0, x1, y0, y1] = chart.spec.bounds;
  return [(x - x0) / (x1 - x0), (y - y0) / (y1 - y0)];
}

function held(view) {
  view.zoom = Math.min(MOST_ZOOM, Math.max(0.7, view.zoom));
  view.x = Math.min(1.1, Math.max(-0.1, view.x));
  view.y = Math.min(1.1, Math.max(-0.1, view.y));
}

function panBy(chart, dx, dy) {
  const t = transformOf(chart);
  chart.view.x -= dx / t.ax;
  chart.view.y -= dy / t.ay;
  held(chart.view);
}

// What lies under the point (sx, sy) of the screen stays there.
function zoomAt(chart, factor, sx, sy) {
  const [u, v] = toUnits(chart, sx, sy);
  chart.view.zoom *= factor;
  held(chart.view);
  const t = transformOf(chart);
  chart.view.x = u - (sx - chart.size.w / 2) / t.ax;
  chart.view.y = v - (sy - chart.size.h / 2) / t.ay;
  held(chart.view);
}

// How one view looks from another: the shift and scale of a picture drawn before.
function pictureShift(before, now) {
  const scaleX = now.ax / before.ax;
  const scaleY = now.ay / before.ay;
  return { scaleX, scaleY, x: now.cx - before.cx * scaleX, y: now.cy - before.cy * scaleY };
}
