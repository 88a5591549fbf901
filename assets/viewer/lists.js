// The topics and the posts as lists; every text through textContent, in its own direction.
function topicButton(view, row, name, posts, colour) {
  const button = document.createElement("button");
  button.type = "button";
  const dot = piece("span", "dot", "");
  dot.style.setProperty("--dot", colour);
  const label = piece("bdi", "", name);
  button.append(dot, label, piece("span", "many", view.number(posts)));
  button.disabled = posts === 0 && view.asked.topic !== row;
  button.setAttribute("aria-pressed", String(view.asked.topic === row));
  button.onclick = () => ask(view, { topic: view.asked.topic === row ? null : row });
  const item = document.createElement("li");
  item.append(button);
  return item;
}

function listTopics(view, counts) {
  const { facts } = view;
  const byColour = facts.colourings[view.asked.colouring].key === "topic";
  const groups = new Map(facts.colourings[0].groups.map((group) => [group.index, group.colour]));
  const order = facts.map.order.map((row) => [row, facts.map.topics[row]]);
  const items = order
    .map(([row, topic]) => [row, topic.name, counts[row], byColour ? groups.get(topic.group) ?? "gray" : "transparent"])
    .sort((one, other) => other[2] - one[2]);
  items.push([-1, facts.words.unsorted, counts[facts.map.topics.length], byColour ? "#a3a8ad" : "transparent"]);
  const list = document.getElementById("topics");
  const focused = [...list.querySelectorAll("button")].findIndex((button) => button === document.activeElement);
  list.replaceChildren(...items.map((item) => topicButton(view, ...item)));
  if (focused >= 0) list.querySelector('[aria-pressed="true"]')?.focus();
}

// A long text is cut to what stands around the first word that was sought; a button shows all of it.
function around(text, parts) {
  if (text.length <= LONG) return text;
  const places = parts.map((part) => text.toLowerCase().indexOf(part.toLowerCase())).filter((place) => place >= 0);
  const first = places.length ? Math.min(...places) : 0;
  const from = first > LONG / 2 ? text.indexOf(" ", first - LONG / 3) + 1 || first : 0;
  const until = text.lastIndexOf(" ", from + LONG);
  return `${from ? "… " : ""}${text.slice(from, until > from ? until : from + LONG)} …`;
}

// The text with the words that were sought marked.
function fillMarked(holder, text, parts) {
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pieces = parts.length ? text.split(new RegExp(`(${escaped.join("|")})`, "giu")) : [text];
  holder.replaceChildren(...pieces.map((part, place) => (place % 2 ? piece("mark", "", part) : part)));
}

function markedText(view, text) {
  const holder = piece("p", "text", "");
  holder.dir = "auto";
  const { parts } = view.asked;
  fillMarked(holder, around(text, parts), parts);
  if (text.length > LONG) {
    const button = piece("button", "", view.facts.words.whole_text);
    button.type = "button";
    button.onclick = () => fillMarked(holder, text, parts);
    holder.append(" ", button);
  }
  return holder;
}

function postItem(view, record) {
  const { facts } = view;
  const item = document.createElement("li");
  const signs = piece("div", "signs", "");
  const topic = facts.map.topics[facts.topic[record]];
  const level = facts.urgency ? facts.urgency[record] : -1;
  if (level >= 0) signs.append(piece("span", `sign u${level}`, facts.levels[level]));
  for (const need of facts.needs?.[record] ?? []) signs.append(piece("bdi", "sign", facts.needNames[need]));
  for (const tag of facts.tags?.[record] ?? []) signs.append(piece("bdi", "sign", `# ${tag}`));
  if (signs.childNodes.length) item.append(signs);
  const text = markedText(view, facts.texts[record]);
  const code = facts.codes[facts.lang[record]];
  if (code !== "und") text.lang = code;
  item.append(text);
  const line = piece("div", "facts", "");
  for (const fact of [topic?.name ?? facts.words.unsorted, ...factsOf(view, record), facts.ids[record]]) line.append(piece("bdi", "", fact));
  if (record < facts.map.count) {
    const button = piece("button", "", facts.words.on_map);
    button.type = "button";
    button.onclick = () => showOnMap(view, record);
    line.append(button);
  }
  item.append(line);
  return item;
}

function factsOf(view, record) {
  const { facts } = view;
  const { words } = facts;
  const copies = facts.posts[record];
  const sources = facts.independent?.[record] ?? 0;
  const minutes = facts.times[record];
  return [
    minutes === null ? words.undated : view.time(minutes),
    facts.langNames[facts.lang[record]],
    (facts.places?.[record] ?? []).map((place) => facts.placeNames[place]).join(", "),
    copies > 1 ? filled(words.copies, { count: view.number(copies) }) : "",
    copies > 1 && sources ? (sources === 1 ? words.one_source : filled(words.sources, { count: view.number(sources) })) : "",
  ].filter(Boolean);
}

function listPosts(view, found) {
  const list = document.getElementById("posts");
  const shown = found.slice(0, view.shown);
  const items = shown.map((record) => postItem(view, record));
  if (!items.length) items.push(piece("li", "nothing", view.facts.words.nothing_found));
  list.replaceChildren(...items);
  document.getElementById("more").hidden = found.length <= view.shown;
}
