// Topic names where most of their posts are: larger topics first, none over another, more as one goes nearer.
const WIDEST = 210; // pixels, and a third of a narrow screen
const SHIFTS = [[0, 0], [0, -1.1], [0, 1.1], [0.55, -0.7], [-0.55, -0.7], [0.55, 0.7], [-0.55, 0.7], [0, 2.2], [0, -2.2]];
const ruler = document.createElement("canvas").getContext("2d");

function nameNode(chart, topic) {
  let node = chart.nameNodes.get(topic.row);
  if (node) return node;
  node = document.createElement("div");
  node.className = "name";
  node.dir = "auto";
  node.dataset.row = topic.row;
  node.textContent = topic.name;
  chart.nameNodes.set(topic.row, node);
  return node;
}

function letters(chart, topic, most) {
  const narrow = chart.size.w < 560;
  return Math.round((narrow ? 11 : 12) + (narrow ? 2 : 4.5) * Math.sqrt(topic.posts / most));
}

function widthOf(chart, topic, size) {
  const widest = Math.min(WIDEST, chart.size.w * 0.36);
  const key = `${topic.name}|${size}|${widest}`;
  if (!chart.widths.has(key)) {
    ruler.font = `600 ${size}px ${chart.font}`;
    chart.widths.set(key, Math.min(widest, ruler.measureText(topic.name).width) + 10);
  }
  return chart.widths.get(key);
}

// Topics to name in this view, most important first.
function candidates(chart) {
  const named = chart.spec.topics.filter((topic) => topic.posts > 0 && topic.x !== null);
  const lit = named.filter((topic) => topic.row === chart.lit.topic);
  return chart.names ? [...lit, ...named.filter((topic) => topic.row !== chart.lit.topic)] : lit;
}

function placeNames(chart) {
  const { size, els } = chart;
  const t = transformOf(chart);
  const room = Math.sqrt((size.w * size.h) / 800_000);
  const limit = Math.max(4, Math.round(15 * room * chart.view.zoom ** 0.9));
  const most = Math.max(1, ...chart.spec.topics.map((topic) => topic.posts));
  const taken = [];
  const shown = [];
  for (const topic of candidates(chart)) {
    if (shown.length >= limit) break;
    const anchor = [topic.x * t.ax + t.cx, topic.y * t.ay + t.cy];
    if (anchor[0] < -20 || anchor[1] < -10 || anchor[0] > size.w + 20 || anchor[1] > size.h + 10) continue;
    const font = letters(chart, topic, most);
    const box = freeBox(anchor, widthOf(chart, topic, font), font * 1.45, taken, size);
    if (!box) continue;
    taken.push(box);
    shown.push(dressed(nameNode(chart, topic), chart, topic, box, font));
  }
  els.names.replaceChildren(...shown);
  els.names.style.transform = "";
  chart.root.dataset.names = shown.length;
}

function freeBox([x, y], wide, high, taken, size) {
  for (const [right, down] of SHIFTS) {
    const left = Math.min(size.w - wide - 4, Math.max(4, x - wide / 2 + right * wide));
    const top = Math.min(size.h - high - 4, Math.max(4, y - high / 2 + down * high));
    const box = [left, top, left + wide, top + high];
    if (!taken.some((other) => box[0] < other[2] + 6 && other[0] < box[2] + 6 && box[1] < other[3] && other[1] < box[3]))
      return box;
  }
  return null;
}

function dressed(node, chart, topic, [left, top, right], font) {
  const lit = chart.lit.topic === topic.row;
  const groups = chart.lit.groups;
  const quiet = (chart.lit.topic !== null && !lit) || (groups.size > 0 && !groups.has(topic.group) && chart.byTopic);
  node.className = `name${lit ? " lit" : ""}${quiet ? " quiet" : ""}`;
  node.style.font = `600 ${font}px/1.45 ${chart.font}`;
  node.style.width = `${right - left}px`;
  node.style.transform = `translate(${left}px, ${top}px)`;
  return node;
}

// The topic whose name is under a point of the stage, or null.
function nameAt(chart, clientX, clientY) {
  for (const node of chart.els.names.children) {
    const box = node.getBoundingClientRect();
    if (clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom)
      return chart.spec.topics.find((topic) => String(topic.row) === node.dataset.row) ?? null;
  }
  return null;
}
