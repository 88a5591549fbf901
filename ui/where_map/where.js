// Puts the map of places together. Called when it is drawn first and whenever its description changes.
const charts = new WeakMap();
const places = (globalThis.ctseWhere ??= { views: new Map() }); // key of a map -> where a person was on it

export default function (component) {
  const { data, parentElement } = component;
  let chart = charts.get(parentElement);
  if (!chart) charts.set(parentElement, (chart = newChart(parentElement)));
  chart.send = (name, value) => component.setTriggerValue(name, value);
  chart.cancel?.();
  chart.cancel = whenThere([data.prints.points, data.prints.starts, data.prints.country], (arrays) => show(chart, data, arrays));
  return () => {
    chart.cancel?.();
    chart.watch.disconnect();
    charts.delete(parentElement);
  };
}

function newChart(parent) {
  const root = parent.querySelector(".where");
  const els = {};
  for (const part of ["tools", "stage", "canvas", "svg", "card", "status", "legend", "hint"]) els[part] = root.querySelector(`.${part}`);
  const chart = { root, els, size: { w: 0, h: 0 }, widths: new Map(), lit: null };
  chart.watch = new ResizeObserver(() => resized(chart));
  chart.watch.observe(els.stage);
  startHands(chart);
  return chart;
}

function show(chart, spec, [points, starts, country]) {
  Object.assign(chart, { spec, words: spec.words, mergedAt: null, lit: null, chosen: new Set(spec.chosen) });
  chart.number = (value) => new Intl.NumberFormat(spec.locale).format(value);
  if (chart.landOf !== spec.prints.points) {
    chart.land = projectedLand(new Float32Array(points), new Int32Array(starts), new Int16Array(country));
    chart.landOf = spec.prints.points;
  }
  const { lon, lat } = spec.marks;
  chart.marks = { ...spec.marks, count: lon.length, x: lon.map((one) => worldX(one) % 1), y: lat.map(worldY) };
  const { stage, legend, tools, hint } = chart.els;
  stage.setAttribute("aria-label", chart.words.map);
  stage.setAttribute("aria-description", chart.words.keys);
  tools.setAttribute("aria-label", chart.words.tools);
  const acts = { nearer: (v) => zoomedView(v, chart.size, 1.6), further: (v) => zoomedView(v, chart.size, 1 / 1.6) };
  for (const button of tools.querySelectorAll("button")) {
    const act = button.dataset.do;
    button.title = chart.words[act];
    button.setAttribute("aria-label", chart.words[act]);
    button.onclick = () => (act === "home" ? goHome(chart) : act === "all" ? moveTo(chart, viewOf(spec.all, chart.size)) : act === "filter" ? filterToView(chart) : moveTo(chart, acts[act](chart.view)));
  }
  hint.hidden = lon.length > 0;
  hint.textContent = chart.words.nothing;
  legend.replaceChildren(...spec.groups.filter((group) => group.listed).map((group) => legendRow(chart, group)));
  chart.view = null;
  resized(chart);
}

function legendRow(chart, group) {
  const row = document.createElement("li");
  const swatch = document.createElement("span");
  swatch.className = `swatch${group.hollow ? " hollow" : ""}`;
  swatch.style.setProperty("--own", group.colour);
  const name = document.createElement("bdi");
  name.textContent = group.name;
  row.append(swatch, name);
  return row;
}

function resized(chart) {
  const { stage, canvas, svg } = chart.els;
  const size = { w: stage.clientWidth, h: stage.clientHeight };
  if (!chart.spec || !size.w || !size.h) return;
  chart.size = size;
  chart.ratio = Math.min(2, devicePixelRatio || 1);
  canvas.width = Math.round(size.w * chart.ratio);
  canvas.height = Math.round(size.h * chart.ratio);
  svg.setAttribute("viewBox", `0 0 ${size.w} ${size.h}`);
  moveTo(chart, chart.view ?? places.views.get(chart.spec.view_key) ?? viewOf(chart.spec.home, size));
}

function moveTo(chart, view) {
  chart.view = settledView(view, chart.size);
  places.views.set(chart.spec.view_key, chart.view);
  if (chart.waiting) return;
  chart.waiting = requestAnimationFrame(() => {
    chart.waiting = 0;
    const began = performance.now();
    drawLand(chart);
    drawMarks(chart);
    chart.root.dataset.cost = (performance.now() - began).toFixed(1);
    showCard(chart);
  });
}

const goHome = (chart) => moveTo(chart, viewOf(chart.spec.home, chart.size));

function filterToView(chart) {
  const keys = chart.seen.flatMap((one) => one.mark.members).map((i) => chart.marks.key[i]);
  if (keys.length) chart.send("pick", { keys, view: true });
}

// A mark is pointed at, by mouse or by key: its card opens; by key it is also said.
function point(chart, mark, aloud) {
  if (chart.lit === mark) return;
  chart.lit = mark;
  const { svg } = chart.els;
  if (chart.seen) svg.querySelectorAll(".mark").forEach((node, place) => node.replaceWith(markShape(chart, chart.seen[place])));
  showCard(chart);
  if (aloud && mark) chart.els.status.textContent = [...factsOf(chart, mark).flat(), actOf(chart, mark)].join(". ");
  if (aloud && !mark) tellView(chart);
}

const actOf = (chart, mark) => (mark.members.length > 1 && canPart(chart, mark) ? chart.words.part : chart.words.pick);

// What is known of a mark: a heading, then facts.
function factsOf(chart, mark) {
  const { marks, words, number, spec } = chart;
  const [first] = mark.members;
  const shown = mark.members.slice(0, 4).map((i) => `${marks.name[i]} (${number(marks.posts[i])})`);
  const more = mark.members.length - shown.length;
  const heading = mark.members.length > 1 ? filled(words.several, { count: number(mark.members.length) }) : marks.name[first];
  const facts = [filled(mark.members.length > 1 ? words.mentions : words.posts, { count: number(mark.posts) })];
  if (mark.urgent) facts.push(`▲ ${filled(words.urgent, { count: number(mark.urgent) })}`);
  if (spec.pressing) facts.push(filled(words.pressing, { need: spec.groups[mark.group]?.name ?? "" }));
  if (mark.members.length === 1) {
    facts.push(filled(words.newest, { age: spec.ages[marks.age[first]] }), filled(words.unread, { count: number(marks.unread[first]) }));
    return [[heading], facts.filter(Boolean)];
  }
  return [[heading], facts.filter(Boolean), [...shown, more > 0 ? filled(words.more, { count: number(more) }) : ""].filter(Boolean)];
}

function showCard(chart) {
  const { card } = chart.els;
  const mark = chart.lit;
  const here = mark && chart.seen?.find((one) => one.mark === mark);
  card.hidden = !here;
  if (!here) return;
  const lines = factsOf(chart, mark).flat().map((text, place) => {
    const line = document.createElement(place ? "div" : "b");
    line.dir = "auto";
    line.textContent = text;
    return line;
  });
  const act = document.createElement("em");
  act.textContent = actOf(chart, mark);
  card.replaceChildren(...lines, act);
  const left = here.x + here.r + 12 + card.offsetWidth > chart.size.w ? here.x - here.r - 12 - card.offsetWidth : here.x + here.r + 12;
  card.style.left = `${Math.max(4, left)}px`;
  card.style.top = `${Math.max(4, Math.min(chart.size.h - card.offsetHeight - 4, here.y - 20))}px`;
}

function tellView(chart) {
  const shown = chart.seen.reduce((sum, one) => sum + one.mark.members.length, 0);
  const outside = chart.marks.count - shown;
  const told = filled(chart.words.in_view, { count: chart.number(shown) });
  chart.els.status.textContent = outside > 0 ? `${told} ${filled(chart.words.outside, { count: chart.number(outside) })}` : told;
  Object.assign(chart.root.dataset, { marks: chart.merged.length, shown: chart.seen.length, places: chart.marks.count });
}
