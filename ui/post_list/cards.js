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

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
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
    fact(facts, post.verdict, "chip", post.why);
    fact(facts, post.language, "chip");
    fact(facts, post.when);
    fact(facts, post.place);
    fact(facts, post.author);
    fact(facts, post.copies);
    fact(facts, post.topic);
    fact(facts, post.id, "", "post id");
    action(facts, "More like this", () => setTriggerValue("like", post.position));
    if (data.topics && post.cluster !== null)
      action(facts, "Open topic", () => setTriggerValue("topic", post.cluster));
    card.append(text, facts);
    list.append(card);
  });
  const root = parentElement.querySelector(".holder");
  root.replaceChildren(list);
}
