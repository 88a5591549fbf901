// Where points would cover each other, their number is painted: colour is the mix of what lies there, strength how
// much. The picture is larger than the stage, so that dragging shows no empty edge.
const BIN = 2; // CSS pixels
const OVERHANG = 0.25; // of the stage, on each side
const CROWDED = 0.13; // points a pixel in view above which density is painted

function paintDensity(chart, t, canvas) {
  const { size } = chart;
  const left = size.w * OVERHANG;
  const top = size.h * OVERHANG;
  const wide = Math.ceil((size.w + 2 * left) / BIN);
  const high = Math.ceil((size.h + 2 * top) / BIN);
  // Four numbers a bin, side by side: the sums of red, green and blue, and how much lies there.
  const sums = new Float32Array(4 * wide * high);
  gather(chart, t, sums, { wide, high, left, top });
  soften(sums, wide, high);
  canvas.width = wide;
  canvas.height = high;
  Object.assign(canvas.style, {
    left: `${-left}px`, top: `${-top}px`, width: `${wide * BIN}px`, height: `${high * BIN}px`,
  });
  canvas.getContext("2d").putImageData(toned(sums, wide, high, chart.dark), 0, 0);
}

function gather(chart, t, sums, { wide, high, left, top }) {
  const { places, looks, size } = chart;
  const ax = t.ax / STEPS / BIN;
  const ay = t.ay / STEPS / BIN;
  const cx = (t.cx + left) / BIN;
  const cy = (t.cy + top) / BIN;
  const colours = palette(chart).map(([r, g, b], index) => {
    const part = index === FAINT ? 0.15 : index === DIM ? 0.3 : 1;
    return [r * part, g * part, b * part, part];
  });
  const corners = [toUnits(chart, -left, size.h + top), toUnits(chart, size.w + left, -top)];
  for (const [from, to] of rangesIn(chart.starts, ...corners).ranges)
    for (let i = from; i < to; i += 1) {
      const look = looks[i];
      if (look === HIDDEN) continue;
      const x = (places[2 * i] * ax + cx) | 0;
      const y = (places[2 * i + 1] * ay + cy) | 0;
      if (x < 0 || y < 0 || x >= wide || y >= high) continue;
      const colour = colours[look & 15];
      const at = 4 * (y * wide + x);
      sums[at] += colour[0];
      sums[at + 1] += colour[1];
      sums[at + 2] += colour[2];
      sums[at + 3] += colour[3];
    }
}

// Half of each bin and a quarter of either neighbour, left and right, then above and below.
function soften(sums, wide, high) {
  const row = 4 * wide;
  for (let y = 0; y < high; y += 1) {
    const before = sums.slice(y * row, y * row + 4);
    for (let at = y * row + 4; at < (y + 1) * row - 4; at += 1) {
      const here = sums[at];
      sums[at] = 0.25 * (before[at & 3] + sums[at + 4]) + 0.5 * here;
      before[at & 3] = here;
    }
  }
  const line = sums.slice(0, row);
  for (let y = 1; y < high - 1; y += 1)
    for (let x = 0, at = y * row; x < row; x += 1, at += 1) {
      const here = sums[at];
      sums[at] = 0.25 * (line[x] + sums[at + row]) + 0.5 * here;
      line[x] = here;
    }
}

function toned(sums, wide, high, dark) {
  let most = 0;
  for (let at = 3; at < sums.length; at += 4) if (sums[at] > most) most = sums[at];
  const picture = new ImageData(wide, high);
  const pixels = new Uint32Array(picture.data.buffer);
  const scale = 1 / Math.log1p(most * 2 || 1);
  for (let pixel = 0, at = 0; pixel < pixels.length; pixel += 1, at += 4) {
    const amount = sums[at + 3];
    if (amount < 0.01) continue;
    const share = Math.log1p(amount * 2) * scale;
    // The thickest places go a little towards the ink of the page, so that cores stand out.
    const core = Math.max(0, share - 0.6) * (dark ? 0.45 : 0.6);
    const ink = dark ? 255 : 0;
    const r = (sums[at] / amount) * (1 - core) + ink * core;
    const g = (sums[at + 1] / amount) * (1 - core) + ink * core;
    const b = (sums[at + 2] / amount) * (1 - core) + ink * core;
    const alpha = 255 * Math.min(1, 0.06 + 1.15 * share);
    pixels[pixel] = ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
  }
  return picture;
}
