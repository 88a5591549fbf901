// Points drawn by the processor, for machines without a graphics card: small ones are stamped pixel by pixel into a
// picture, large ones are copies of sixteen drawn once.
const MOST_SPRITES = 5000;

function canvasRenderer(canvas) {
  const pen = canvas.getContext("2d");
  let picture = null;
  return {
    kind: "canvas",
    most: 250_000,
    draw(chart, t, ranges, count) {
      const { width, height } = canvas;
      if (count <= MOST_SPRITES && radiusOf(chart) > 1.6) {
        pen.clearRect(0, 0, width, height);
        drawSprites(pen, chart, t, ranges);
        return;
      }
      if (!picture || picture.width !== width || picture.height !== height) picture = pen.createImageData(width, height);
      const pixels = new Uint32Array(picture.data.buffer);
      pixels.fill(0);
      stamp(pixels, width, height, chart, t, ranges);
      pen.putImageData(picture, 0, 0);
    },
    settle: () => {},
    end: () => {},
  };
}

function drawSprites(pen, chart, t, ranges) {
  const { places, looks, ratio } = chart;
  const sprites = new Map();
  for (const below of chart.someBelow ? [true, false] : [false])
    for (const [from, to] of ranges)
      for (let i = from; i < to; i += 1) {
        const look = looks[i];
        if (look === HIDDEN || (look & 15) >= DIM !== below) continue;
        let sprite = sprites.get(look);
        if (!sprite) sprites.set(look, (sprite = spriteOf(chart, look)));
        const x = ((places[2 * i] / STEPS) * t.ax + t.cx) * ratio - sprite.width / 2;
        const y = ((places[2 * i + 1] / STEPS) * t.ay + t.cy) * ratio - sprite.height / 2;
        pen.drawImage(sprite, x, y);
      }
}

function spriteOf(chart, look) {
  const index = look & 15;
  const radius = radiusOf(chart) * (1 + 0.22 * (look >> 4)) * (index >= DIM ? 0.85 : 1) * chart.ratio;
  const sprite = document.createElement("canvas");
  sprite.width = sprite.height = Math.ceil(2 * radius + 3);
  const pen = sprite.getContext("2d");
  const middle = sprite.width / 2;
  const [r, g, b, alpha] = palette(chart)[index];
  const shape = (reach) => {
    pen.beginPath();
    if (!isDiamond(index)) pen.arc(middle, middle, reach, 0, 2 * Math.PI);
    else
      for (const [x, y] of [[0, -1], [1, 0], [0, 1], [-1, 0]])
        pen.lineTo(middle + 1.15 * reach * x, middle + 1.15 * reach * y);
    pen.fill();
  };
  pen.globalAlpha = alpha;
  // A rim of the page's own colour keeps neighbours apart.
  pen.fillStyle = `rgb(${chart.paper.join(",")})`;
  if (radius > 2.4 && index < DIM) shape(radius + 0.5);
  pen.fillStyle = `rgb(${r},${g},${b})`;
  shape(Math.max(0.8, radius - (radius > 2.4 ? 0.4 : 0)));
  return sprite;
}

function stamp(pixels, wide, high, chart, t, ranges) {
  const { places, looks, ratio } = chart;
  const stamps = Array.from({ length: 128 }, () => null);
  const inks = palette(chart).map(([r, g, b, a]) => ((Math.round(a * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0);
  const radius = radiusOf(chart) * ratio;
  const ax = (t.ax / STEPS) * ratio;
  const ay = (t.ay / STEPS) * ratio;
  const cx = t.cx * ratio;
  const cy = t.cy * ratio;
  for (const below of chart.someBelow ? [true, false] : [false])
    for (const [from, to] of ranges)
      for (let i = from; i < to; i += 1) {
        const look = looks[i];
        if (look === HIDDEN || (look & 15) >= DIM !== below) continue;
        const mask = (stamps[look] ??= stampOf(radius, look, wide));
        const x = (places[2 * i] * ax + cx) | 0;
        const y = (places[2 * i + 1] * ay + cy) | 0;
        if (x < mask.reach || y < mask.reach || x >= wide - mask.reach || y >= high - mask.reach) continue;
        const at = y * wide + x;
        const ink = inks[look & 15];
        const { offsets } = mask;
        for (let k = 0; k < offsets.length; k += 1) pixels[at + offsets[k]] = ink;
      }
}

// The pixels around a point that its disc or diamond covers, as offsets in the picture.
function stampOf(radius, look, wide) {
  const index = look & 15;
  const reach = Math.ceil(radius * (1 + 0.22 * (look >> 4)) * (index >= DIM ? 0.85 : 1));
  const size = radius * (1 + 0.22 * (look >> 4)) * (index >= DIM ? 0.85 : 1);
  const offsets = [];
  for (let y = -reach; y <= reach; y += 1)
    for (let x = -reach; x <= reach; x += 1)
      if ((isDiamond(index) ? (Math.abs(x) + Math.abs(y)) / 1.15 : Math.hypot(x, y)) <= size) offsets.push(y * wide + x);
  return { offsets: Int32Array.from(offsets), reach: reach + 1 };
}
