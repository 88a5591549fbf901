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
  const planes = [0, 1, 2, 3].map(() => new Float32Array(wide * high));
  gather(chart, t, planes, { wide, high, left, top });
  for (const plane of planes) soften(plane, wide, high);
  canvas.width = wide;
  canvas.height = high;
  Object.assign(canvas.style, {
    left: `${-left}px`, top: `${-top}px`, width: `${wide * BIN}px`, height: `${high * BIN}px`,
  });
  canvas.getContext("2d").putImageData(toned(planes, wide, high, chart.dark), 0, 0);
}

function gather(chart, t, [red, green, blue, weight], { wide, high, left, top }) {
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
      const at = y * wide + x;
      red[at] += colour[0];
      green[at] += colour[1];
      blue[at] += colour[2];
      weight[at] += colour[3];
    }
}

// A quarter of each neighbour, left and right, then above and below.
function soften(plane, wide, high) {
  for (let y = 0; y < high; y += 1) {
    let before = plane[y * wide];
    for (let x = 1, at = y * wide + 1; x < wide - 1; x += 1, at += 1) {
      const here = plane[at];
      plane[at] = 0.25 * (before + plane[at + 1]) + 0.5 * here;
      before = here;
    }
  }
  const line = plane.slice(0, wide);
  for (let y = 1; y < high - 1; y += 1)
    for (let x = 0, at = y * wide; x < wide; x += 1, at += 1) {
      const here = plane[at];
      plane[at] = 0.25 * (line[x] + plane[at + wide]) + 0.5 * here;
      line[x] = here;
    }
}

function toned([red, green, blue, weight], wide, high, dark) {
  let most = 0;
  for (const amount of weight) if (amount > most) most = amount;
  const picture = new ImageData(wide, high);
  const pixels = new Uint32Array(picture.data.buffer);
  const scale = 1 / Math.log1p(most * 2 || 1);
  for (let at = 0; at < pixels.length; at += 1) {
    const amount = weight[at];
    if (amount < 0.01) continue;
    const share = Math.log1p(amount * 2) * scale;
    // The thickest places go a little towards the ink of the page, so that cores stand out.
    const core = Math.max(0, share - 0.6) * (dark ? 0.9 : 0.6);
    const ink = dark ? 255 : 0;
    const r = (red[at] / amount) * (1 - core) + ink * core;
    const g = (green[at] / amount) * (1 - core) + ink * core;
    const b = (blue[at] / amount) * (1 - core) + ink * core;
    const alpha = 255 * Math.min(1, 0.06 + 1.15 * share);
    pixels[at] = ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
  }
  return picture;
}
