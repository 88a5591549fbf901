// Land on a canvas; marks and their names as shapes over it, so that each can be pointed at and tested.
const SVG = "http://www.w3.org/2000/svg";
const MOST_NAMES = 28;

function shape(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function ringPath(pen, land, ring, ax, cx, cy) {
  const end = 2 * land.starts[ring + 1];
  let i = 2 * land.starts[ring];
  pen.moveTo(land.xy[i] * ax + cx, land.xy[i + 1] * ax + cy);
  for (i += 2; i < end; i += 2) pen.lineTo(land.xy[i] * ax + cx, land.xy[i + 1] * ax + cy);
  pen.closePath();
}

// Draw the rings that are in view, once for each copy of the world that shows.
function landPath(chart, pen, wanted) {
  const { view, size } = chart;
  const step = stepOf(view.scale);
  if (chart.thin?.step !== step || chart.thin.of !== chart.land) {
    chart.thin = { step, of: chart.land, land: thinnedLand(chart.land, 2 ** (step + 0.25)) };
  }
  const { land } = chart.thin;
  for (let copy = -1; copy <= 1; copy += 1) {
    const [cx, cy] = [size.w / 2 + (copy - view.x) * view.scale, size.h / 2 - view.y * view.scale];
    for (let ring = 0; ring < land.starts.length - 1; ring += 1) {
      if (wanted && !wanted.has(land.country[ring])) continue;
      const [left, top, right, bottom] = land.boxes.subarray(4 * ring, 4 * ring + 4);
      if (right * view.scale + cx < 0 || left * view.scale + cx > size.w) continue;
      if (bottom * view.scale + cy < 0 || top * view.scale + cy > size.h) continue;
      ringPath(pen, land, ring, view.scale, cx, cy);
    }
  }
}

function drawLand(chart) {
  const { canvas } = chart.els;
  const pen = canvas.getContext("2d");
  pen.setTransform(chart.ratio, 0, 0, chart.ratio, 0, 0);
  pen.clearRect(0, 0, chart.size.w, chart.size.h);
  const colour = (name) => getComputedStyle(chart.root.querySelector(`.probe.${name}`)).color;
  pen.beginPath();
  landPath(chart, pen, null);
  pen.fillStyle = colour("land");
  pen.fill("evenodd");
  pen.strokeStyle = colour("border");
  pen.lineWidth = 0.8;
  pen.stroke();
  if (!chart.spec.lit.length) return;
  pen.beginPath();
  landPath(chart, pen, new Set(chart.spec.lit));
  pen.fillStyle = colour("lit");
  pen.fill("evenodd");
}

function drawMarks(chart) {
  const { svg } = chart.els;
  const { view, size, spec } = chart;
  const step = stepOf(view.scale);
  if (chart.mergedAt !== step) {
    chart.merged = mergedMarks(chart.marks, view.scale, spec.sums);
    chart.mergedAt = step;
    chart.lit = null;
  }
  const most = chart.merged.length ? chart.merged[0].posts : 1;
  const seen = [];
  chart.merged.forEach((mark, rank) => {
    const [x, y] = onStage(view, size, mark.x, mark.y);
    const r = radiusOf(mark.posts, most);
    if (x > -r && y > -r && x < size.w + r && y < size.h + r) seen.push({ mark, rank, x, y, r });
  });
  chart.seen = seen;
  svg.replaceChildren(...seen.map((one) => markShape(chart, one)), ...names(chart, seen));
  tellView(chart);
}

function markShape(chart, { mark, rank, x, y, r }) {
  const { groups } = chart.spec;
  const chosen = mark.members.some((i) => chart.chosen.has(chart.marks.key[i]));
  const holder = shape("g", { class: `mark${mark.members.length > 1 ? " several" : ""}`, "data-rank": rank });
  const group = groups[mark.group] ?? groups.at(-1);
  holder.append(
    shape("circle", { cx: x, cy: y, r, fill: group.colour, "fill-opacity": group.hollow ? 0.12 : 0.72, stroke: group.colour }),
  );
  if (mark.members.length > 1) holder.append(shape("circle", { cx: x, cy: y, r: r + 3, class: "halo", stroke: group.colour }));
  if (chosen || chart.lit === mark) holder.append(shape("circle", { cx: x, cy: y, r: r + 6, class: "ring" }));
  return holder;
}

// Names beside their marks, largest first, where there is room.
function names(chart, seen) {
  const circles = seen.slice(0, 90).map(({ x, y, r }) => [x - r, y - r, x + r, y + r, r]);
  const boxes = [];
  const touch = (one, other) => other[0] < one[2] && other[2] > one[0] && other[1] < one[3] && other[3] > one[1];
  const told = [];
  for (const one of seen.slice(0, 90)) {
    if (told.length >= MOST_NAMES) break;
    const text = nameOf(chart, one.mark);
    const width = measured(chart, text);
    const room = [
      [one.x + one.r + 5, one.y + 4, "start"],
      [one.x - one.r - 5, one.y + 4, "end"],
      [one.x, one.y - one.r - 6, "middle"],
      [one.x, one.y + one.r + 14, "middle"],
    ].find(([x, y, anchor]) => {
      const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
      const box = [left, y - 11, left + width, y + 3];
      if (box[0] < 2 || box[2] > chart.size.w - 2 || box[1] < 2 || box[3] > chart.size.h - 2) return false;
      // The name of a large mark may cover small ones.
      if (boxes.some((b) => touch(box, b)) || circles.some((b, i) => b[4] > one.r / 3 && seen[i] !== one && touch(box, b))) return false;
      boxes.push(box);
      return true;
    });
    if (!room) continue;
    told.push(shape("text", { x: room[0], y: room[1], "text-anchor": room[2], class: "name", "data-rank": one.rank }, text));
  }
  return [...countryNames(chart, [...circles, ...boxes]), ...told];
}

// Countries around, quietly, where their names fit into them.
function countryNames(chart, boxes) {
  const told = [];
  for (const [name, lon, lat, wide] of chart.spec.countries) {
    const [x, y] = onStage(chart.view, chart.size, worldX(lon), worldY(lat));
    const width = measured(chart, name);
    if ((wide / 360) * chart.view.scale < 1.6 * width) continue;
    const box = [x - width / 2, y - 10, x + width / 2, y + 4];
    if (box[0] < 0 || box[2] > chart.size.w || box[1] < 0 || box[3] > chart.size.h) continue;
    if (boxes.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) continue;
    boxes.push(box);
    told.push(shape("text", { x, y, "text-anchor": "middle", class: "land" }, name));
  }
  return told;
}

function measured(chart, text) {
  if (!chart.widths.has(text)) {
    chart.pen ??= document.createElement("canvas").getContext("2d");
    chart.pen.font = `600 12px ${getComputedStyle(chart.root).fontFamily}`;
    chart.widths.set(text, chart.pen.measureText(text).width);
  }
  return chart.widths.get(text);
}

// In a name of mixed directions the place keeps its own.
function nameOf(chart, mark) {
  const more = mark.members.length > 1 ? ` +${chart.number(mark.members.length - 1)}` : "";
  const name = chart.spec.named ? `\u2068${chart.marks.name[mark.members[0]]}\u2069${more} · ` : "";
  return `${name}${chart.number(mark.posts)}${mark.urgent ? ` ▲${chart.number(mark.urgent)}` : ""}`;
}
