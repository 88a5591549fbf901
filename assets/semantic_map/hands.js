// Mouse, pen and fingers: drag, wheel and pinch move the map; lasso and box draw; a click reads or chooses.
const CLICK = 5; // pixels that a click may slip

function startHands(chart) {
  const { stage } = chart.els;
  const fingers = new Map();
  let drag = null;
  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  stage.onpointerdown = (event) => {
    if (event.button !== 0 || event.target.closest(".card")) return;
    stage.setPointerCapture(event.pointerId);
    if (chart.pinned === null) hover(chart, -100, -100);
    fingers.set(event.pointerId, at(event));
    drag = { start: at(event), last: at(event), far: 0, path: chart.mode === "pan" ? null : [at(event)] };
    if (fingers.size === 2) drag.path = null;
  };
  stage.onpointermove = (event) => {
    const [x, y] = at(event);
    if (!fingers.has(event.pointerId)) {
      if (event.pointerType === "mouse" && !event.target.closest(".card")) hover(chart, x, y);
      return;
    }
    if (fingers.size === 2) pinch(chart, fingers, event.pointerId, [x, y]);
    else if (drag) dragged(chart, drag, x, y);
    fingers.set(event.pointerId, [x, y]);
  };
  stage.onpointerup = (event) => {
    fingers.delete(event.pointerId);
    if (!drag || fingers.size) return;
    const done = drag;
    drag = null;
    if (done.far <= CLICK) clicked(chart, event, ...done.start);
    else if (done.path) drawn(chart, done.path);
    chart.drawing = null;
    drawOver(chart);
  };
  stage.onpointercancel = (event) => {
    fingers.delete(event.pointerId);
    chart.dropDrag();
  };
  chart.dropDrag = () => {
    drag = null;
    chart.drawing = null;
    drawOver(chart);
  };
  stage.onpointerleave = () => {
    if (chart.pinned === null) hover(chart, -100, -100);
  };
  const wheel = (event) => {
    event.preventDefault();
    zoomAt(chart, Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...at(event));
    moved(chart);
  };
  stage.addEventListener("wheel", wheel, { passive: false });
  stage.ondblclick = (event) => {
    if (chart.mode !== "pan" || event.target.closest(".card")) return;
    zoomAt(chart, 1.8, ...at(event));
    moved(chart);
  };
}

function dragged(chart, drag, x, y) {
  drag.far = Math.max(drag.far, Math.hypot(x - drag.start[0], y - drag.start[1]));
  if (drag.far <= CLICK) return;
  if (!drag.path) {
    panBy(chart, x - drag.last[0], y - drag.last[1]);
    drag.last = [x, y];
    moved(chart);
    return;
  }
  const [x0, y0] = drag.start;
  if (chart.mode === "box") drag.path = [[x0, y0], [x, y0], [x, y], [x0, y]];
  else drag.path.push([x, y]);
  chart.drawing = drag.path;
  drawOver(chart);
}

function pinch(chart, fingers, moving, now) {
  const [still] = [...fingers].filter(([id]) => id !== moving).map(([, place]) => place);
  const before = fingers.get(moving);
  const apart = (place) => Math.max(20, Math.hypot(place[0] - still[0], place[1] - still[1]));
  const middle = [(still[0] + now[0]) / 2, (still[1] + now[1]) / 2];
  panBy(chart, (now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  zoomAt(chart, apart(now) / apart(before), ...middle);
  moved(chart);
}

function clicked(chart, event, x, y) {
  const topic = nameAt(chart, event.clientX, event.clientY);
  if (topic) {
    chart.send("topic", topic.id);
    return;
  }
  const [point] = nearest(chart, x, y, event.pointerType === "mouse" ? REACH : 2 * REACH, 1);
  pin(chart, point ?? null);
}

// A path on the screen becomes a polygon on the map and goes to the server with the number of posts in it.
function drawn(chart, path) {
  const corners = simplified(path).map(([x, y]) => toUnits(chart, x, y));
  if (corners.length < 3) return;
  const posts = countInside(chart, corners);
  tell(chart, filled(posts ? chart.words.inside : chart.words.none_inside, { count: chart.number(posts) }));
  chart.root.dataset.selected = posts;
  if (posts) chart.send("area", { corners: corners.map((corner) => toMap(chart, corner)), posts });
}

function selectView(chart) {
  const { w, h } = chart.size;
  drawn(chart, [[0, 0], [w, 0], [w, h], [0, h]]);
}
