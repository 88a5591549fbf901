// The world as a square of side 1 (Mercator), and the part of it that a person looks at.
const MOST_NORTH = 83; // degrees; beyond, Mercator is without end
const WIDEST = 1.6; // worlds across the stage
const CLOSE = 0.9; // pixels: points of a line nearer than that are left out
const CLOSEST = 6e-6; // of the world across a stage: some two hundred metres

const worldX = (lon) => lon / 360 + 0.5;
function worldY(lat) {
  const angle = (Math.max(-MOST_NORTH, Math.min(MOST_NORTH, lat)) * Math.PI) / 180;
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + angle / 2)) / (2 * Math.PI);
}

// The land as the server sends it, projected once: rings of points, a box around each.
function projectedLand(points, starts, country) {
  const rings = starts.length - 1;
  const land = { xy: new Float32Array(points.length), starts, country, boxes: new Float32Array(4 * rings) };
  for (let i = 0; i < points.length; i += 2) {
    land.xy[i] = worldX(points[i]);
    land.xy[i + 1] = worldY(points[i + 1]);
  }
  for (let ring = 0; ring < rings; ring += 1) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 2 * starts[ring]; i < 2 * starts[ring + 1]; i += 2) {
      box[0] = Math.min(box[0], land.xy[i]);
      box[1] = Math.min(box[1], land.xy[i + 1]);
      box[2] = Math.max(box[2], land.xy[i]);
      box[3] = Math.max(box[3], land.xy[i + 1]);
    }
    land.boxes.set(box, 4 * ring);
  }
  return land;
}

// The same land with only those points of a line that are apart at a scale (pixels a world): what panning draws.
function thinnedLand(land, scale) {
  const apart = CLOSE / scale;
  const [xy, starts, country, boxes] = [[], [0], [], []];
  for (let ring = 0; ring < land.starts.length - 1; ring += 1) {
    const [left, top, right, bottom] = land.boxes.subarray(4 * ring, 4 * ring + 4);
    if (right - left < apart && bottom - top < apart) continue;
    let [lastX, lastY] = [Infinity, Infinity];
    for (let i = 2 * land.starts[ring]; i < 2 * land.starts[ring + 1]; i += 2) {
      const [x, y] = [land.xy[i], land.xy[i + 1]];
      if (Math.abs(x - lastX) < apart && Math.abs(y - lastY) < apart) continue;
      xy.push(x, y);
      [lastX, lastY] = [x, y];
    }
    starts.push(xy.length / 2);
    country.push(land.country[ring]);
    boxes.push(left, top, right, bottom);
  }
  return { xy: new Float32Array(xy), starts, country, boxes: new Float32Array(boxes) };
}

// A view: the middle of the stage in the world, and how many pixels the whole world is wide.
function viewOf([west, south, east, north], size, room = 0.84) {
  const [left, right, top, bottom] = [worldX(west), worldX(east), worldY(north), worldY(south)];
  const scale = Math.min((room * size.w) / Math.max(1e-9, right - left), (room * size.h) / Math.max(1e-9, bottom - top));
  return settledView({ x: (left + right) / 2, y: (top + bottom) / 2, scale }, size);
}

function settledView(view, size) {
  const scale = Math.min(size.w / CLOSEST, Math.max(size.w / WIDEST, view.scale));
  const half = size.h / 2 / scale;
  const y = half >= 0.5 ? 0.5 : Math.max(half, Math.min(1 - half, view.y));
  return { x: view.x - Math.floor(view.x), y, scale };
}

function zoomedView(view, size, factor, at = [size.w / 2, size.h / 2]) {
  const [x, y] = [view.x + (at[0] - size.w / 2) / view.scale, view.y + (at[1] - size.h / 2) / view.scale];
  const scale = Math.min(size.w / CLOSEST, Math.max(size.w / WIDEST, view.scale * factor));
  return settledView({ x: x - (at[0] - size.w / 2) / scale, y: y - (at[1] - size.h / 2) / scale, scale }, size);
}

// Where something in the world is on the stage; the world goes round, so it is the copy nearest to the middle.
function onStage(view, size, x, y) {
  const around = x - view.x - Math.round(x - view.x);
  return [around * view.scale + size.w / 2, (y - view.y) * view.scale + size.h / 2];
}
