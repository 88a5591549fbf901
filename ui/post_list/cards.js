// Draws posts as cards. All post text goes through textContent, never through HTML.
function marked(parent, text, words) {
  const found = words.filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const parts = found.length ? text.split(new RegExp(`(${found.join("|")})`, "giu")) : [text];
  parts.forEach((part, place) => {
    if (!part) return;
    const node = place % 2 ? document.createElement("mark") : document.createTextNode(part);
    if (place % 2) node.textContent = part;
    parent.append(node);
  });
}

function fact(parent, text, style, title) {
  if (!text) return;
  const node = document.createElement("bdi");
  node.textContent = text;
  if (style) node.className = style;
  if (title) node.title = title;
  parent.append(node);
}

function action(parent, label, tell) {
  const node = document.createElement("button");
  node.type = "button";
  node.textContent = label;
  node.onclick = tell;
  parent.append(node);
}

// The bar over the cards: how many posts are ticked, and what can be done with them.
function bar(data, boxes, setTriggerValue) {
  const words = data.labels;
  const holder = document.createElement("div");
  holder.className = "bar";
  holder.setAttribute("role", "group");
  const told = document.createElement("span");
  told.setAttribute("aria-live", "polite");
  const acts = [];
  const ticked = () => boxes.filter((box) => box.checked);
  const tell = () => {
    const count = ticked().length;
    told.textContent = count ? `${count.toLocaleString()} ${words.chosen}` : "";
    acts.forEach((node) => (node.disabled = !count));
  };
  const all = (on) => () => {
    boxes.forEach((box) => (box.checked = on));
    tell();
  };
  action(holder, words.all, all(true));
  action(holder, words.none, all(false));
  (data.several || []).forEach(([key, label]) => {
    action(holder, label, () =>
      setTriggerValue("action", { key, posts: ticked().map((box) => Number(box.value)) }),
    );
    holder.lastChild.className = "act";
    acts.push(holder.lastChild);
  });
  acts.push(holder.children[1]);
  holder.append(told);
  boxes.forEach((box) => (box.onchange = tell));
  tell();
  return holder;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const words = data.labels;
  const boxes = [];
  const list = document.createElement("ul");
  list.className = "posts";
  (data.posts || []).forEach((post) => {
    const card = document.createElement("li");
    card.className = `post ${post.band || ""}`;
    const text = document.createElement("p");
    text.className = post.text.length > 700 ? "text long" : "text";
    text.dir = "auto";
    if (post.code && post.code !== "und") text.lang = post.code;
    marked(text, post.text, data.words || []);
    const facts = document.createElement("div");
    facts.className = "facts";
    if ((data.several || []).length) {
      const box = document.createElement("input");
      box.type = "checkbox";
      box.value = post.position;
      box.setAttribute("aria-label", `${words.tick} ${post.id}`);
      boxes.push(box);
      facts.append(box);
    }
    fact(facts, post.verdict, "chip", post.why);
    fact(facts, post.language, "chip");
    fact(facts, post.when);
    fact(facts, post.place);
    fact(facts, post.author);
    fact(facts, post.copies);
    fact(facts, post.topic);
    (post.tags || []).forEach((tag) => fact(facts, tag, "chip tag"));
    fact(facts, post.id, "", "post id");
    action(facts, words.like, () => setTriggerValue("like", post.position));
    if (data.topics && post.cluster !== null)
      action(facts, words.topic, () => setTriggerValue("topic", post.cluster));
    (data.each || []).forEach(([key, label]) =>
      action(facts, label, () => setTriggerValue("action", { key, posts: [post.position] })),
    );
    card.append(text, facts);
    list.append(card);
  });
  const root = parentElement.querySelector(".holder");
  root.replaceChildren(...(boxes.length ? [bar(data, boxes, setTriggerValue), list] : [list]));
}
