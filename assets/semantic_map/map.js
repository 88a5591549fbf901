// Puts the map together. Called when the map is drawn first and whenever its description changes.
const LIVE = 11; // milliseconds that drawing may take to be done at every frame
const BEARABLE = 60; // ... and to be done now and then while moving
const PAUSE = 110; // milliseconds of rest after which all is drawn anew
const STILL_THERE = 6000; // milliseconds in which a person who pressed a key waits for the answer
const charts = new WeakMap();

export default function drawMap(component) {
  const { data, parentElement } = component;
  let chart = charts.get(parentElement);
  if (!chart) charts.set(parentElement, (chart = newChart(parentElement)));
  chart.send = (name, value) => component.setTriggerValue(name, value);
  chart.cancel?.();
  const names = Object.keys(data.prints);
  chart.cancel = whenThere(Object.values(data.prints), (arrays) =>
    show(chart, data, Object.fromEntries(names.map((name, place) => [name, arrays[place]]))),
  );
  return () => endChart(parentElement);
}

function newChart(parent) {
  const root = parent.querySelector(".map");
  const els = {};
  for (const part of ["tools", "stage", "ground", "points", "over", "names", "hint", "card", "legend", "status"])
    els[part] = root.querySelector(`.${part}`);
  const chart = { root, els, view: wholeView(), size: { w: 0, h: 0 }, lit: { groups: new Set(), topic: null } };
  Object.assign(chart, { faint: true, names: true, mode: "pan", hovered: null, pinned: null });
  // A chip above the map makes the page put a new map in its place: it goes on where the old one was.
  Object.assign(chart, shared.left);
  els.stage.dataset.mode = chart.mode;
  Object.assign(chart, { nameNodes: new Map(), widths: new Map(), cost: 0 });
  chart.renderer = rendererOf(chart);
  chart.watch = new ResizeObserver(() => resized(chart));
  chart.watch.observe(els.stage);
  chart.hear = () => chart.spec && showCard(chart);
  shared.hear.add(chart.hear);
  return chart;
}

function rendererOf(chart) {
  const forced = globalThis.localStorage?.getItem("ctse.map.renderer");
  const { points } = chart.els;
  const renderer = (forced !== "canvas" && webglRenderer(points, forced === "webgl")) || plainRenderer(chart);
  points.addEventListener("webglcontextlost", () => {
    if (chart.ended || chart.renderer.kind === "canvas") return;
    chart.renderer = plainRenderer(chart);
    resized(chart);
  });
  chart.root.dataset.renderer = renderer.kind;
  return renderer;
}

// A card that went away does not take the map with it. A canvas keeps its kind for life, so there is a new one.
function plainRenderer(chart) {
  const fresh = chart.els.points.cloneNode();
  chart.els.points.replaceWith(fresh);
  chart.els.points = fresh;
  chart.root.dataset.renderer = "canvas";
  return canvasRenderer(fresh);
}

function endChart(parent) {
  const chart = charts.get(parent);
  if (!chart) return;
  chart.ended = true;
  shared.left = { faint: chart.faint, names: chart.names, mode: chart.mode };
  chart.cancel?.();
  chart.watch.disconnect();
  shared.hear.delete(chart.hear);
  clearTimeout(chart.settling);
  chart.renderer.end();
  charts.delete(parent);
}

function show(chart, spec, arrays) {
  const first = !chart.spec;
  const same = chart.spec?.prints.places === spec.prints.places;
  Object.assign(chart, { spec, words: spec.words, n: spec.count, byTopic: ["topic", "parent"].includes(spec.colouring) });
  chart.number = (value) => new Intl.NumberFormat(spec.locale).format(value);
  chart.places = new Uint16Array(arrays.places);
  if (!same) {
    chart.starts = cellStarts(chart.places);
    chart.view = shared.views.get(spec.prints.places) ?? wholeView();
    shared.views.set(spec.prints.places, chart.view);
    Object.assign(chart, { hovered: null, pinned: null });
  }
  chart.topicOf = spec.wide ? new Uint16Array(arrays.topics) : new Uint8Array(arrays.topics);
  chart.groupOf = new Uint8Array(arrays.groups);
  chart.passing = unpackedPasses(arrays.passing, spec.bits);
  chart.free = arrays.free ? unpackedPasses(arrays.free, spec.bits) : chart.passing;
  chart.someBelow = true;
  if (chart.looks?.length !== chart.n) chart.looks = new Uint8Array(chart.n);
  if (!spec.topics[chart.lit.topic]?.posts) chart.lit.topic = null;
  for (const node of chart.nameNodes.values()) node.remove();
  chart.nameNodes.clear();
  themed(chart);
  worded(chart);
  startTools(chart);
  if (first) {
    startHands(chart);
    startKeys(chart);
    const nowhere = [document.body, null].includes(document.activeElement);
    if (nowhere && performance.now() - shared.typed < STILL_THERE) chart.els.stage.focus({ preventScroll: true });
  }
  showLegend(chart);
  resized(chart);
  showCard(chart);
}

function worded(chart) {
  const { stage, legend, tools } = chart.els;
  stage.setAttribute("aria-label", chart.words.map);
  stage.setAttribute("aria-description", chart.words.keys);
  legend.setAttribute("aria-label", chart.words.legend);
  tools.setAttribute("aria-label", chart.words.tools);
}

function themed(chart) {
  const style = getComputedStyle(chart.root);
  chart.ink = style.color.match(/[\d.]+/g).slice(0, 3).map(Number);
  chart.paper = style.backgroundColor.match(/[\d.]+/g).slice(0, 3).map(Number);
  chart.dark = chart.paper.reduce((sum, part) => sum + part, 0) < 380;
  chart.font = style.fontFamily;
  chart.root.classList.toggle("dark", chart.dark);
}

function resized(chart) {
  const { stage, points, over } = chart.els;
  const [w, h] = [stage.clientWidth, stage.clientHeight];
  if (!chart.spec || !w || !h) return;
  chart.size = { w, h };
  chart.base = baseScale(chart.size, chart.spec.bounds);
  // Without a card, more pixels than the eye needs cost time.
  chart.ratio = Math.min(chart.renderer.kind === "canvas" && chart.n > 50_000 ? 1 : 2, devicePixelRatio || 1);
  for (const canvas of [points, over]) {
    const scale = canvas === over ? Math.min(2, devicePixelRatio || 1) : chart.ratio;
    canvas.width = Math.round(w * scale);
    canvas.height = Math.round(h * scale);
  }
  repaint(chart);
  placeNames(chart);
}

// Looks have changed: colours, filter, highlight.
function repaint(chart) {
  paintLooks(chart);
  chart.someBelow = chart.spec.passing < chart.spec.placed || chart.lit.topic !== null || chart.lit.groups.size > 0;
  paint(chart);
}

function paint(chart) {
  const { els, renderer, size, root } = chart;
  const began = performance.now();
  const t = transformOf(chart);
  const { ranges, count } = rangesInView(chart);
  const crowded = count > CROWDED * size.w * size.h || count > renderer.most;
  els.ground.hidden = !crowded;
  els.points.hidden = crowded;
  if (crowded) paintDensity(chart, t, els.ground);
  else renderer.draw(chart, t, ranges, count);
  for (const layer of [els.ground, els.points]) layer.style.transform = "";
  els.ground.style.transformOrigin = `${size.w * OVERHANG}px ${size.h * OVERHANG}px`;
  chart.drawn = { t, at: performance.now() };
  chart.cost = performance.now() - began;
  drawOver(chart);
  // An empty picture says why.
  els.hint.hidden = anyInView(chart, t, ranges);
  els.hint.textContent = chart.n ? chart.words.nothing_here : chart.words.nothing;
  Object.assign(root.dataset, { painted: count, how: crowded ? "density" : "points", cost: chart.cost.toFixed(1) });
  // Milliseconds from the last array's arrival to the picture on the screen, for whoever measures.
  if (!root.dataset.first)
    requestAnimationFrame(() =>
      requestAnimationFrame(() => (root.dataset.first = (performance.now() - shared.arrived).toFixed(1))),
    );
}

function anyInView(chart, t, ranges) {
  const { w, h } = chart.size;
  for (const [from, to] of ranges)
    for (let i = from; i < to; i += 1) {
      const x = (chart.places[2 * i] / STEPS) * t.ax + t.cx;
      const y = (chart.places[2 * i + 1] / STEPS) * t.ay + t.cy;
      if (chart.looks[i] !== HIDDEN && x >= 0 && y >= 0 && x <= w && y <= h) return true;
    }
  return false;
}

// The view has moved: draw at once what is cheap, shift the picture where it is not, and draw anew at rest.
function moved(chart) {
  clearTimeout(chart.settling);
  chart.settling = setTimeout(() => settle(chart), PAUSE);
  if (chart.waiting) return;
  chart.waiting = requestAnimationFrame(() => {
    chart.waiting = 0;
    if (chart.ended) return;
    const cheap = chart.cost <= LIVE;
    if (cheap || (chart.cost < BEARABLE && performance.now() - chart.drawn.at > 3 * PAUSE)) paint(chart);
    else shift(chart);
    follow(chart);
  });
}

function settle(chart) {
  if (chart.ended) return;
  paint(chart);
  placeNames(chart);
  chart.namesAt = null;
}

function shift(chart) {
  const { x, y, scaleX, scaleY } = pictureShift(chart.drawn.t, transformOf(chart));
  for (const layer of [chart.els.ground, chart.els.points])
    layer.style.transform = `translate(${x}px, ${y}px) scale(${scaleX}, ${scaleY})`;
  drawOver(chart);
}

// Names go along while dragging, and find new places while zooming.
function follow(chart) {
  const t = transformOf(chart);
  chart.namesAt ??= t;
  if (Math.abs(t.ax - chart.namesAt.ax) > 1e-6) {
    placeNames(chart);
    chart.namesAt = t;
  } else chart.els.names.style.transform = `translate(${t.cx - chart.namesAt.cx}px, ${t.cy - chart.namesAt.cy}px)`;
  if (!chart.els.card.hidden) putBeside(chart, chart.els.card, chart.pinned ?? chart.hovered);
}

// What lies over the points: the chosen area, the line being drawn, a ring around the post that is read.
function drawOver(chart) {
  const { over } = chart.els;
  const pen = over.getContext("2d");
  const scale = over.width / chart.size.w;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, chart.size.w, chart.size.h);
  const t = transformOf(chart);
  const area = (chart.spec.area ?? []).map((corner) => {
    const [u, v] = fromMap(chart, corner);
    return [u * t.ax + t.cx, v * t.ay + t.cy];
  });
  for (const path of [area, chart.drawing ?? []]) outline(pen, chart, path);
  const point = chart.pinned ?? chart.hovered;
  if (point === null || point === undefined) return;
  pen.beginPath();
  const [x, y] = [(chart.places[2 * point] / STEPS) * t.ax + t.cx, (chart.places[2 * point + 1] / STEPS) * t.ay + t.cy];
  pen.arc(x, y, radiusOf(chart) + 4, 0, 2 * Math.PI);
  pen.strokeStyle = `rgb(${chart.ink.join(",")})`;
  pen.lineWidth = 2;
  pen.stroke();
}

function outline(pen, chart, path) {
  if (path.length < 2) return;
  pen.beginPath();
  for (const [x, y] of path) pen.lineTo(x, y);
  pen.closePath();
  pen.fillStyle = `rgba(${chart.ink.join(",")},.07)`;
  pen.strokeStyle = `rgba(${chart.ink.join(",")},.75)`;
  pen.lineWidth = 1.5;
  pen.setLineDash([5, 4]);
  pen.fill();
  pen.stroke();
  pen.setLineDash([]);
}
