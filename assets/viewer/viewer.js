// Puts the file together: what is asked decides which posts pass; the map, the topics and the posts follow.
const WAIT = 160; // milliseconds of rest after a letter was typed

async function start() {
  const facts = await readFacts();
  const view = { facts, shown: MOST_SHOWN, round: 0, folded: null };
  const blank = { parts: [], topic: null, lang: "", need: "", urgency: "", place: "", area: null, order: "" };
  view.asked = { ...blank, colouring: 0 };
  view.blank = blank;
  view.number = (value) => new Intl.NumberFormat(facts.locale).format(value);
  const stamp = new Intl.DateTimeFormat(facts.locale, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23", timeZone: "UTC" });
  view.time = (minutes) => `${stamp.format(new Date(minutes * 60_000))} UTC`;
  for (const name of ["places", "topics"]) shared.arrays.set(name, await unpacked(name));
  for (const colouring of facts.colourings) {
    const whole = new Uint8Array(await unpacked(`looks-${colouring.key}`));
    colouring.looks = whole;
    shared.arrays.set(`looks-${colouring.key}`, whole.slice(0, facts.map.count).buffer);
  }
  shared.texts = { has: () => true, get: (key) => cardOf(view, Number(key.slice(key.lastIndexOf(":") + 1))) };
  view.host = document.getElementById("map").attachShadow({ mode: "open" });
  view.host.append(document.getElementById("map-template").content.cloneNode(true));
  document.getElementById("layout").hidden = false;
  startChoices(view);
  answer(view);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => answer(view));
  document.documentElement.dataset.ready = performance.now().toFixed(0);
  // While nobody asks, texts are made ready to be searched.
  (globalThis.requestIdleCallback ?? setTimeout)(() => foldTexts(view));
}

function cardOf(view, record) {
  const { facts } = view;
  const text = facts.texts[record];
  const code = facts.codes[facts.lang[record]];
  return { text: text.length > 900 ? `${text.slice(0, 900)}…` : text, code: code === "und" ? "" : code, facts: factsOf(view, record) };
}

function option(value, label) {
  const node = piece("option", "", label);
  node.value = value;
  return node;
}

// One choice for each thing that these posts tell: language, need, urgency, place, order.
function startChoices(view) {
  const { facts } = view;
  const { words } = facts;
  const colour = document.getElementById("colour");
  colour.append(...facts.colourings.map((one, place) => option(place, one.label)));
  colour.onchange = () => ask(view, { colouring: Number(colour.value) });
  const choices = [["lang", words.language, facts.langNames.map((name, index) => [index, name])]];
  if (facts.needs) choices.push(["need", words.need, [...facts.needNames.map((name, index) => [index, name]), [-1, words.no_need]]]);
  if (facts.urgency) choices.push(["urgency", words.urgency, [3, 2, 1, 0, -1].map((level) => [level, facts.levels[level] ?? words.not_judged])]);
  if (facts.places) choices.push(["place", words.place, [...facts.placeNames.map((name, index) => [index, name]), [-1, words.no_place]]]);
  const first = facts.urgency ? [["", words.pressing], ["newest", words.newest]] : [["", words.newest]];
  const orders = [...first, ["oldest", words.oldest], ["repeated", words.repeated]];
  for (const [name, label, values] of [...choices, ["order", words.order, orders]]) {
    const holder = document.createElement("label");
    const select = document.createElement("select");
    if (name !== "order") select.append(option("", words.all));
    select.append(...values.map(([value, text]) => option(value, text)));
    select.id = `choose-${name}`;
    select.onchange = () => ask(view, { [name]: select.value });
    holder.append(label, select);
    document.getElementById("choices").append(holder);
  }
  startWords(view);
}

function startWords(view) {
  const field = document.getElementById("words");
  let waiting = 0;
  field.oninput = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => ask(view, { parts: partsOf(field.value) }), WAIT);
  };
  document.getElementById("ask").onsubmit = (event) => event.preventDefault();
  document.getElementById("clear").onclick = () => {
    field.value = "";
    for (const select of document.querySelectorAll("#choices select")) if (select.id !== "choose-order") select.value = "";
    ask(view, { ...view.blank, order: view.asked.order });
    field.focus();
  };
  document.getElementById("more").onclick = () => {
    view.shown += MOST_SHOWN;
    listPosts(view, view.found);
  };
}

function ask(view, change) {
  Object.assign(view.asked, change);
  view.shown = MOST_SHOWN;
  document.getElementById("posts").scrollTop = 0;
  answer(view);
}

// Which records pass everything but the topic, so that the list of topics counts what a press on one would show.
function passingRecords(view) {
  const { facts, asked } = view;
  const count = facts.texts.length;
  const passing = new Uint8Array(count).fill(1);
  const keep = (test) => {
    for (let i = 0; i < count; i += 1) if (passing[i] && !test(i)) passing[i] = 0;
  };
  const holds = (lists, value) => (i) => (Number(value) < 0 ? !lists[i]?.length : lists[i]?.includes(Number(value)));
  if (asked.lang !== "") keep((i) => facts.lang[i] === Number(asked.lang));
  if (asked.urgency !== "") keep((i) => facts.urgency[i] === Number(asked.urgency));
  if (asked.need !== "") keep(holds(facts.needs, asked.need));
  if (asked.place !== "") keep(holds(facts.within, asked.place));
  if (asked.area) keep((i) => i < facts.map.count && insideArea(view, i));
  if (asked.parts.length) {
    foldTexts(view);
    const wanted = asked.parts.map(folded);
    keep((i) => wanted.every((part) => view.folded[i].includes(part) || facts.ids[i] === part));
  }
  return passing;
}

const foldTexts = (view) => (view.folded ??= view.facts.texts.map(folded));

function insideArea(view, point) {
  const places = (view.places ??= new Uint16Array(shared.arrays.get("places")));
  return isInside(view.asked.area, places[2 * point] / STEPS, places[2 * point + 1] / STEPS);
}

function answer(view) {
  const { facts, asked } = view;
  const passing = passingRecords(view);
  const topics = facts.map.topics.length;
  const counts = new Float64Array(topics + 1);
  let posts = 0;
  view.found = [];
  for (const i of inOrder(view)) {
    if (!passing[i]) continue;
    const row = facts.topic[i];
    counts[row < 0 ? topics : row] += facts.posts[i];
    if (asked.topic !== null && row !== asked.topic) passing[i] = 0;
    else {
      view.found.push(i);
      posts += facts.posts[i];
    }
  }
  const some = posts < facts.all;
  const told = some ? facts.words.found : facts.words.found_all;
  document.getElementById("found").textContent = filled(told, { count: view.number(posts), all: view.number(facts.all) });
  document.getElementById("clear").hidden = !some;
  listTopics(view, counts);
  listPosts(view, view.found);
  drawPassing(view, passing);
}

// All records in the order asked for, which is found once.
function inOrder(view) {
  const { facts, asked } = view;
  view.orders ??= {};
  if (view.orders[asked.order]) return view.orders[asked.order];
  const late = (i) => facts.times[i] ?? -Infinity;
  const newest = (one, other) => late(other) - late(one) || one - other;
  const level = (i) => (facts.urgency ? facts.urgency[i] : 0);
  const score = (i) => (facts.pressing ? facts.pressing[i] : 0);
  const orders = {
    "": (one, other) => level(other) - level(one) || score(other) - score(one) || newest(one, other),
    newest,
    oldest: (one, other) => (facts.times[one] ?? Infinity) - (facts.times[other] ?? Infinity) || one - other,
    repeated: (one, other) => facts.posts[other] - facts.posts[one] || newest(one, other),
  };
  const records = Array.from(facts.texts.keys()).sort(orders[asked.order]);
  view.orders[asked.order] = records;
  return records;
}

// The map takes what passes as one bit a point, then pairs (point, posts) where they are several.
function drawPassing(view, passing) {
  const { facts, asked } = view;
  const { map } = facts;
  const colouring = facts.colourings[asked.colouring];
  const several = [];
  const bits = new Uint8Array(map.bits);
  const [byGroup, byTopic, points] = [new Float64Array(256), new Float64Array(map.topics.length), new Float64Array(map.topics.length)];
  let shown = 0;
  for (let i = 0; i < passing.length; i += 1) {
    if (!passing[i]) continue;
    byGroup[colouring.looks[i]] += facts.posts[i];
    if (facts.topic[i] >= 0) byTopic[facts.topic[i]] += facts.posts[i];
    if (i >= map.count) continue;
    bits[i >> 3] |= 1 << (i & 7);
    shown += 1;
    if (facts.topic[i] >= 0) points[facts.topic[i]] += 1;
    if (facts.posts[i] > 1) several.push(i, facts.posts[i]);
  }
  const packed = new Uint8Array(bits.length + 4 * several.length);
  packed.set(bits);
  packed.set(new Uint8Array(Uint32Array.from(several).buffer), bits.length);
  shared.arrays.delete(`passing-${view.round}`);
  view.round += 1;
  shared.arrays.set(`passing-${view.round}`, packed.buffer);
  const prints = { places: "places", topics: "topics", groups: `looks-${colouring.key}`, passing: `passing-${view.round}` };
  const data = {
    ...map,
    prints,
    passing: shown,
    colouring: colouring.key,
    groups: colouring.groups.map((group) => ({ ...group, posts: byGroup[group.index] })),
    topics: map.topics.map((topic, row) => ({ ...topic, posts: byTopic[row], points: points[row], group: colouring.ofTopic[row] })),
    area: (asked.area ?? []).map((corner) => toMap({ spec: map }, corner)),
  };
  view.host.host.dataset.colouring = colouring.key;
  drawMap({ data, parentElement: view.host, setTriggerValue: (name, value) => done(view, name, value) });
}

function done(view, name, value) {
  if (name === "topic") ask(view, { topic: view.facts.map.topics.findIndex((topic) => topic.id === value) });
  else if (name === "area") ask(view, { area: value.corners.map((corner) => fromMap({ spec: view.facts.map }, corner)) });
  else if (name === "release") ask(view, { area: null });
}

function showOnMap(view, record) {
  const chart = charts.get(view.host);
  const places = (view.places ??= new Uint16Array(shared.arrays.get("places")));
  Object.assign(chart.view, { x: places[2 * record] / STEPS, y: places[2 * record + 1] / STEPS });
  chart.view.zoom = Math.max(chart.view.zoom, 3);
  held(chart.view);
  moved(chart);
  pin(chart, record);
  chart.els.stage.scrollIntoView({ block: "nearest" });
}

start().catch((fault) => {
  const place = document.getElementById("trouble");
  place.hidden = false;
  place.textContent = typeof DecompressionStream === "undefined" ? place.dataset.old : `${place.dataset.fault} ${fault.message}`;
});
