// How each point looks, one byte: colour index in the low four bits, a step of size in the next three.
const DIM = 14; // passes the filter, but another group is highlighted
const FAINT = 15; // does not pass the filter
const HIDDEN = 255;

// Which points pass, as the server packs it: one bit a point, then pairs (point, posts) where they are several.
function unpackedPasses(buffer, bitBytes) {
  const pairs = new Uint32Array(buffer, bitBytes);
  const several = new Map();
  for (let i = 0; i < pairs.length; i += 2) several.set(pairs[i], pairs[i + 1]);
  return { bits: new Uint8Array(buffer, 0, bitBytes), several };
}

const passes = (passing, i) => (passing.bits[i >> 3] >> (i & 7)) & 1;

function paintLooks(chart) {
  const { looks, groupOf, topicOf, passing, lit, faint } = chart;
  const someLit = lit.groups.size > 0;
  const litGroup = new Uint8Array(16);
  for (const group of lit.groups) litGroup[group] = 1;
  for (let i = 0; i < looks.length; i += 1) {
    if (!passes(passing, i)) looks[i] = faint ? FAINT : HIDDEN;
    else if (lit.topic !== null) looks[i] = topicOf[i] === lit.topic ? groupOf[i] : DIM;
    else looks[i] = someLit && !litGroup[groupOf[i]] ? DIM : groupOf[i];
  }
  for (const [point, posts] of passing.several)
    if (looks[point] !== HIDDEN) looks[point] |= Math.min(7, Math.floor(Math.log2(posts))) << 4;
  chart.looksRound = (chart.looksRound ?? 0) + 1;
}

// Sixteen colours as [red, green, blue, alpha] in [0, 255] and [0, 1].
function palette(chart) {
  const dark = chart.dark;
  const colours = Array.from({ length: 16 }, () => [128, 128, 128, 0.9]);
  for (const group of chart.spec.groups) {
    const value = parseInt(group.colour.slice(1), 16);
    colours[group.index] = [value >> 16, (value >> 8) & 255, value & 255, 0.92];
  }
  colours[DIM] = dark ? [120, 126, 134, 0.34] : [150, 156, 164, 0.36];
  colours[FAINT] = dark ? [120, 126, 134, 0.26] : [140, 148, 156, 0.24];
  return colours;
}

// Every second round of the palette is drawn as diamonds: colour is not the only sign.
const isDiamond = (index) => index >= 2 + 7 && index < DIM;

// Radius in CSS pixels: large where points are few and the screen is wide, growing slowly as one goes nearer.
function radiusOf(chart) {
  const base = 8.8 - 1.52 * Math.log10(Math.max(10, chart.n));
  const room = Math.min(1.15, Math.max(0.62, Math.sqrt((chart.size.w * chart.size.h) / 600_000)));
  return Math.min(8, Math.max(1.05, base * room) * chart.view.zoom ** 0.33);
}
