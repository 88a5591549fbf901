// Points come in the order of a grid of cells, row by row: what is in view are a few ranges, what is near a few cells.
const CELLS = 128;
const CELL_BITS = 9; // STEPS + 1 = CELLS << CELL_BITS
const MOST_CORNERS = 64;

function cellStarts(places) {
  const starts = new Uint32Array(CELLS * CELLS + 1);
  for (let i = 0; i < places.length; i += 2)
    starts[(places[i + 1] >> CELL_BITS) * CELLS + (places[i] >> CELL_BITS) + 1] += 1;
  for (let cell = 0; cell < CELLS * CELLS; cell += 1) starts[cell + 1] += starts[cell];
  return starts;
}

const cellAt = (unit) => Math.min(CELLS - 1, Math.max(0, Math.floor((unit * STEPS) / (1 << CELL_BITS))));

// Ranges [from, to) of the points in a part of the map, in units.
function rangesIn(starts, [u0, v0], [u1, v1]) {
  const [left, right] = [cellAt(Math.min(u0, u1)), cellAt(Math.max(u0, u1))];
  const [low, high] = [cellAt(Math.min(v0, v1)), cellAt(Math.max(v0, v1))];
  const ranges = [];
  let count = 0;
  for (let row = low; row <= high; row += 1) {
    const from = starts[row * CELLS + left];
    const to = starts[row * CELLS + right + 1];
    if (from === to) continue;
    const last = ranges[ranges.length - 1];
    if (last && last[1] === from) last[1] = to;
    else ranges.push([from, to]);
    count += to - from;
  }
  return { ranges, count };
}

function rangesInView(chart, pad = 12) {
  const { w, h } = chart.size;
  return rangesIn(chart.starts, toUnits(chart, -pad, h + pad), toUnits(chart, w + pad, -pad));
}

// The points shown within `reach` pixels, nearest first, those that pass the filter before the faint ones.
function nearest(chart, sx, sy, reach, most) {
  const t = transformOf(chart);
  const found = [];
  const corners = [toUnits(chart, sx - reach, sy + reach), toUnits(chart, sx + reach, sy - reach)];
  for (const [from, to] of rangesIn(chart.starts, ...corners).ranges)
    for (let i = from; i < to; i += 1) {
      const look = chart.looks[i];
      if (look === HIDDEN) continue;
      const dx = (chart.places[2 * i] / STEPS) * t.ax + t.cx - sx;
      const dy = (chart.places[2 * i + 1] / STEPS) * t.ay + t.cy - sy;
      const far = dx * dx + dy * dy;
      if (far <= reach * reach) found.push([far + ((look & 15) === FAINT ? 1e6 : 0), i]);
    }
  found.sort((one, other) => one[0] - other[0]);
  return found.slice(0, most).map(([, point]) => point);
}

function isInside(polygon, u, v) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > v !== yj > v && u < ((xj - xi) * (v - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

// How many posts that pass (copies counted) lie inside a polygon in units.
function countInside(chart, polygon) {
  const us = polygon.map((corner) => corner[0]);
  const vs = polygon.map((corner) => corner[1]);
  const low = [Math.min(...us), Math.min(...vs)];
  const high = [Math.max(...us), Math.max(...vs)];
  let posts = 0;
  for (const [from, to] of rangesIn(chart.starts, low, high).ranges)
    for (let i = from; i < to; i += 1) {
      if (!passes(chart.free, i)) continue;
      if (isInside(polygon, chart.places[2 * i] / STEPS, chart.places[2 * i + 1] / STEPS))
        posts += chart.free.several.get(i) ?? 1;
    }
  return posts;
}

// The corners of a drawn path that matter most (Douglas and Peucker), at most `most` of them.
function simplified(path, most = MOST_CORNERS) {
  for (let tolerance = 1.5; ; tolerance *= 1.5) {
    const kept = mattering(path, tolerance);
    if (kept.length <= most) return kept;
  }
}

function mattering(path, tolerance) {
  const keep = new Set([0, path.length - 1]);
  const open = [[0, path.length - 1]];
  while (open.length) {
    const [from, to] = open.pop();
    const [far, at] = farthest(path, from, to);
    if (far <= tolerance) continue;
    keep.add(at);
    open.push([from, at], [at, to]);
  }
  return path.filter((_, place) => keep.has(place));
}

function farthest(path, from, to) {
  const [x0, y0] = path[from];
  const [x1, y1] = path[to];
  const length = Math.hypot(x1 - x0, y1 - y0);
  let best = [0, from];
  for (let i = from + 1; i < to; i += 1) {
    const [x, y] = path[i];
    const far = length
      ? Math.abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length
      : Math.hypot(x - x0, y - y0);
    if (far > best[0]) best = [far, i];
  }
  return best;
}
