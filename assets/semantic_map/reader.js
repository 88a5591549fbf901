// What a person reads at a point. Texts are not sent with the points: those around the pointer are asked for when it
// rests, and kept. Text goes through textContent, in its own direction.
const REST = 45; // milliseconds that the pointer rests before the server is asked
const ASKED = 12; // neighbours whose texts come along
const REACH = 9; // pixels around the pointer

const textKey = (chart, point) => `${chart.spec.prints.places}:${point}`;

function askAround(chart, sx, sy) {
  clearTimeout(chart.asking);
  chart.asking = setTimeout(() => {
    const unread = nearest(chart, sx, sy, 40, 3 * ASKED).filter((point) => !shared.texts.has(textKey(chart, point)));
    if (unread.length && shared.ask) shared.ask(chart.spec.prints.places, unread.slice(0, ASKED));
  }, REST);
}

function hover(chart, sx, sy) {
  if (chart.pinned !== null) return;
  const [point] = nearest(chart, sx, sy, REACH, 1);
  const before = chart.hovered;
  chart.hovered = point ?? null;
  if (chart.hovered === null) clearTimeout(chart.asking);
  if (chart.hovered === before) return;
  if (chart.hovered !== null && !shared.texts.has(textKey(chart, chart.hovered))) askAround(chart, sx, sy);
  showCard(chart);
  drawOver(chart);
}

function pin(chart, point) {
  chart.pinned = point;
  chart.hovered = point;
  if (point !== null && !shared.texts.has(textKey(chart, point))) shared.ask?.(chart.spec.prints.places, [point]);
  showCard(chart);
  drawOver(chart);
}

function piece(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  if (text) node.dir = "auto";
  return node;
}

function showCard(chart) {
  const { card } = chart.els;
  const point = chart.pinned ?? chart.hovered;
  card.hidden = point === null || point === undefined;
  if (card.hidden) return;
  const told = shared.texts.get(textKey(chart, point));
  const topic = chart.spec.topics[chart.topicOf[point]];
  const head = piece("p", "topic", topic?.name ?? chart.words.unsorted);
  const group = chart.spec.groups.find((one) => one.index === chart.groupOf[point]);
  head.style.setProperty("--dot", group?.colour ?? "gray");
  const text = piece("p", "text", told ? told.text : "…");
  if (told?.code) text.lang = told.code;
  const facts = piece("p", "facts", "");
  for (const fact of told?.facts ?? []) facts.append(piece("bdi", "", fact));
  card.replaceChildren(head, text, facts);
  card.classList.toggle("pinned", chart.pinned !== null);
  if (chart.pinned !== null) card.append(actions(chart, point, topic));
  putBeside(chart, card, point);
}

function actions(chart, point, topic) {
  const row = document.createElement("div");
  row.className = "actions";
  const offer = (label, act) => {
    const button = piece("button", "", label);
    button.type = "button";
    button.onclick = act;
    row.append(button);
  };
  if (chart.words.like) offer(chart.words.like, () => chart.send("like", point));
  if (topic) offer(chart.words.only_topic, () => chart.send("topic", topic.id));
  offer(chart.words.close, () => pin(chart, null));
  return row;
}

function putBeside(chart, card, point) {
  const t = transformOf(chart);
  const x = (chart.places[2 * point] / STEPS) * t.ax + t.cx;
  const y = (chart.places[2 * point + 1] / STEPS) * t.ay + t.cy;
  const { w, h } = chart.size;
  const [wide, high] = [card.offsetWidth, card.offsetHeight];
  const left = x + 16 + wide < w ? x + 16 : x - 16 - wide;
  const top = y + 14 + high < h ? y + 14 : y - 14 - high;
  card.style.left = `${Math.min(Math.max(6, w - wide - 6), Math.max(6, left))}px`;
  card.style.top = `${Math.min(Math.max(6, h - high - 6), Math.max(6, top))}px`;
}
