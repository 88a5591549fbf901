// The map without a mouse: arrows, + and -, 0; N and P walk the topics, Enter keeps one, Escape lets go.
const STEP = 70; // pixels an arrow moves

function startKeys(chart) {
  chart.els.stage.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(".card button")) return;
    const act = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.key.startsWith("Arrow")) shared.typed = performance.now();
    act(chart);
  };
}

const KEYS = {
  ArrowLeft: (chart) => step(chart, STEP, 0),
  ArrowRight: (chart) => step(chart, -STEP, 0),
  ArrowUp: (chart) => step(chart, 0, STEP),
  ArrowDown: (chart) => step(chart, 0, -STEP),
  "+": (chart) => zoomMiddle(chart, 1.35),
  "=": (chart) => zoomMiddle(chart, 1.35),
  "-": (chart) => zoomMiddle(chart, 1 / 1.35),
  0: (chart) => resetView(chart),
  n: (chart) => walk(chart, 1),
  p: (chart) => walk(chart, -1),
  v: (chart) => selectView(chart),
  l: (chart) => TOOLS.lasso(chart),
  b: (chart) => TOOLS.box(chart),
  Enter: (chart) => chosen(chart),
  Escape: (chart) => letGo(chart),
};

function step(chart, dx, dy) {
  panBy(chart, dx, dy);
  moved(chart);
}

function zoomMiddle(chart, factor) {
  zoomAt(chart, factor, chart.size.w / 2, chart.size.h / 2);
  moved(chart);
}

function resetView(chart) {
  Object.assign(chart.view, wholeView());
  moved(chart);
  tell(chart, chart.words.whole_now);
}

function walk(chart, by) {
  const order = chart.spec.order.map((row) => chart.spec.topics[row]).filter((topic) => topic.posts > 0);
  if (!order.length) return;
  const now = order.findIndex((topic) => topic.row === chart.lit.topic);
  const next = (now < 0 ? (by > 0 ? 0 : order.length - 1) : now + by + order.length) % order.length;
  const topic = order[next];
  chart.lit.topic = topic.row;
  chart.lit.groups.clear();
  const t = transformOf(chart);
  const [x, y] = [topic.x * t.ax + t.cx, topic.y * t.ay + t.cy];
  if (x < 80 || y < 40 || x > chart.size.w - 80 || y > chart.size.h - 40)
    Object.assign(chart.view, { x: topic.x, y: topic.y });
  const told = { place: next + 1, topics: order.length, name: `\u2068${topic.name}\u2069`, count: chart.number(topic.posts) };
  tell(chart, filled(chart.words.topic_now, told));
  showLegend(chart);
  repaint(chart);
  placeNames(chart);
}

function chosen(chart) {
  const topic = chart.spec.topics[chart.lit.topic];
  if (topic) chart.send("topic", topic.id);
  else tell(chart, chart.words.no_topic);
}

function letGo(chart) {
  const { lit } = chart;
  if (chart.drawing) chart.dropDrag();
  else if (chart.pinned !== null) pin(chart, null);
  else if (lit.topic !== null || lit.groups.size) {
    lit.topic = null;
    lit.groups.clear();
    showLegend(chart);
    repaint(chart);
    placeNames(chart);
    tell(chart, "");
  } else if (chart.mode !== "pan") setMode(chart, "pan");
  else if (chart.spec.area) chart.send("release", true);
}
