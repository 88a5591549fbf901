// Draws posts as cards. All post text goes through textContent, never through HTML.
// Pieces are [text, marks]: 1 a word shared with the question, 2 within the part nearest to it.
function marked(parent, post, labels) {
  if (!post.pieces) {
    parent.textContent = post.text;
    return;
  }
  let near = null;
  post.pieces.forEach(([text, marks]) => {
    if (marks & 2 && !near) {
      near = document.createElement("u");
      near.className = "near";
      near.title = labels.near;
      parent.append(near);
    }
    if (!(marks & 2)) near = null;
    const node = marks & 1 ? document.createElement("mark") : document.createTextNode(text);
    if (marks & 1) node.textContent = text;
    (near || parent).append(node);
  });
}

// How much of a post's place is owed to meaning and how much to words: a bar, and the same in words.
function shares(parent, post) {
  if (!(post.shares || []).length) return;
  const holder = document.createElement("span");
  holder.className = "shares";
  holder.title = post.why;
  const bar = document.createElement("span");
  bar.className = "sharebar";
  bar.setAttribute("aria-hidden", "true");
  post.shares.forEach(([kind, percent]) => {
    const part = document.createElement("i");
    part.className = kind;
    part.style.width = `${percent}%`;
    bar.append(part);
  });
  const told = document.createElement("bdi");
  told.textContent = post.shares.map((share) => share[2]).join(" · ");
  holder.append(bar, told);
  parent.append(holder);
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
    marked(text, post, words);
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
    fact(facts, post.verdict, `chip verdict ${post.band}`, post.why);
    shares(facts, post);
    fact(facts, post.reason, "reason");
    fact(facts, post.urgency, `chip urgent level${post.level}`);
    (post.needs || []).forEach((need) => fact(facts, need, "chip need"));
    fact(facts, post.language, "chip");
    fact(facts, post.when);
    fact(facts, post.place);
    fact(facts, post.author);
    fact(facts, post.copies);
    if (data.reading) fact(facts, post.sources, "chip source");
    else if (post.sources) {
      action(facts, post.sources, () => setTriggerValue("action", { key: "sources", posts: [post.position] }));
      facts.lastChild.className = "chip source";
      facts.lastChild.title = words.sources;
    }
    fact(facts, post.topic);
    fact(facts, post.state, "chip state");
    (post.tags || []).forEach((tag) => fact(facts, tag, "chip tag"));
    fact(facts, post.id, "", "post id");
    if (!data.reading) {
      action(facts, words.like, () => setTriggerValue("like", post.position));
      action(facts, words.unlike, () => setTriggerValue("unlike", post.position));
      if (data.topics && post.cluster !== null)
        action(facts, words.topic, () => setTriggerValue("topic", post.cluster));
      (data.each || []).forEach(([key, label]) =>
        action(facts, label, () => setTriggerValue("action", { key, posts: [post.position] })),
      );
    }
    card.append(text);
    if (post.note) {
      const note = document.createElement("p");
      note.className = "note";
      note.dir = "auto";
      note.textContent = post.note;
      card.append(note);
    }
    card.append(facts);
    list.append(card);
  });
  const root = parentElement.querySelector(".holder");
  root.replaceChildren(...(boxes.length ? [bar(data, boxes, setTriggerValue), list] : [list]));
}
