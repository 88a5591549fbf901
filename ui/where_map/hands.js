// Mouse, fingers and keys on the map of places.
const CLICK = 5; // pixels that a click may slip
const STRIDE = 0.18; // of the stage that an arrow key moves

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

function startHands(chart) {
  const { stage } = chart.els;
  const fingers = new Map();
  let drag = null;
  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  stage.onpointerdown = (event) => {
    if (event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    drag = { start: at(event), far: 0 };
  };
  stage.onpointermove = (event) => {
    const [x, y] = at(event);
    const before = fingers.get(event.pointerId);
    if (!before) {
      point(chart, markAt(chart, x, y), false);
      return;
    }
    if (fingers.size === 2) pinch(chart, fingers, event.pointerId, [x, y]);
    else if (drag) {
      drag.far = Math.max(drag.far, Math.hypot(x - drag.start[0], y - drag.start[1]));
      if (drag.far > CLICK) moveTo(chart, { ...chart.view, x: chart.view.x - (x - before[0]) / chart.view.scale, y: chart.view.y - (y - before[1]) / chart.view.scale });
    }
    fingers.set(event.pointerId, [x, y]);
  };
  stage.onpointerup = (event) => {
    fingers.delete(event.pointerId);
    if (drag && !fingers.size && drag.far <= CLICK) {
      const mark = markAt(chart, ...drag.start);
      if (mark) choose(chart, mark);
    }
    if (!fingers.size) drag = null;
  };
  stage.onpointercancel = (event) => fingers.delete(event.pointerId);
  stage.onpointerleave = () => point(chart, null, false);
  const wheel = (event) => {
    // The page scrolls by; the map zooms where a person asks for it, as maps in pages do.
    if (!event.ctrlKey && !event.metaKey && !chart.root.contains(chart.root.getRootNode().activeElement)) return;
    event.preventDefault();
    moveTo(chart, zoomedView(chart.view, chart.size, Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), at(event)));
  };
  stage.addEventListener("wheel", wheel, { passive: false });
  stage.ondblclick = (event) => moveTo(chart, zoomedView(chart.view, chart.size, 2, at(event)));
  stage.onkeydown = (event) => pressed(chart, event);
}

function pinch(chart, fingers, moving, now) {
  const [still] = [...fingers].filter(([id]) => id !== moving).map(([, place]) => place);
  const before = fingers.get(moving);
  const apart = (place) => Math.max(20, Math.hypot(place[0] - still[0], place[1] - still[1]));
  moveTo(chart, zoomedView(chart.view, chart.size, apart(now) / apart(before), [(still[0] + now[0]) / 2, (still[1] + now[1]) / 2]));
}

function markAt(chart, x, y) {
  // Small marks lie over large ones.
  const near = (chart.seen ?? []).filter((one) => Math.hypot(one.x - x, one.y - y) <= Math.max(9, one.r + 2));
  near.sort((one, other) => one.r - other.r);
  return near.length ? near[0].mark : null;
}

function pressed(chart, event) {
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const { view, size } = chart;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (moves[key]) {
    const [dx, dy] = moves[key];
    moveTo(chart, { ...view, x: view.x + (dx * STRIDE * size.w) / view.scale, y: view.y + (dy * STRIDE * size.h) / view.scale });
  } else if (key === "+" || key === "=") moveTo(chart, zoomedView(view, size, 1.6));
  else if (key === "-") moveTo(chart, zoomedView(view, size, 1 / 1.6));
  else if (key === "0") goHome(chart);
  else if (key === "n" || key === "p") walk(chart, key === "n" ? 1 : -1);
  else if (key === "Enter" && chart.lit) choose(chart, chart.lit);
  else if (key === "Escape") point(chart, null, true);
  else return;
  event.preventDefault();
}

// Go through the marks in view, largest first.
function walk(chart, way) {
  if (!chart.seen?.length) return;
  const here = chart.seen.findIndex((one) => one.mark === chart.lit);
  const next = here < 0 ? (way > 0 ? 0 : chart.seen.length - 1) : (here + way + chart.seen.length) % chart.seen.length;
  point(chart, chart.seen[next].mark, true);
}

// One place: filter to it. Several: come nearer, or filter to them all where they cannot be parted.
function choose(chart, mark) {
  if (mark.members.length === 1 || !canPart(chart, mark)) {
    chart.send("pick", { keys: mark.members.map((i) => chart.marks.key[i]) });
    return;
  }
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const i of mark.members) {
    const [lon, lat] = [chart.spec.marks.lon[i], chart.spec.marks.lat[i]];
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  }
  const nearer = viewOf(box, chart.size, 0.7);
  moveTo(chart, nearer.scale > chart.view.scale * 1.2 ? nearer : zoomedView({ ...nearer, scale: chart.view.scale }, chart.size, 2));
}
