// The reading queue. All text goes through textContent, never through HTML.
// What a person does is shown at once and put into an outbox; the server tells what it has taken over, and only then
// it leaves the outbox: a fast hand or a slow network loses nothing, and the server does nothing twice.
const HANDLED = (post) => post.state !== "new";
const ABOUT = { w: "needs", p: "places", h: "history" };
const LETTERS = { s: "seen", a: "assign", d: "done", n: "note", t: "tag", u: "unread" };

function make(tag, style, text) {
  const node = document.createElement(tag);
  if (style) node.className = style;
  if (text !== undefined) node.textContent = text;
  return node;
}

function button(style, label, act, key, title) {
  const node = make("button", style, label);
  node.type = "button";
  node.onclick = act;
  if (key) {
    node.append(make("kbd", "", key));
    node.setAttribute("aria-keyshortcuts", key);
  }
  if (title) node.title = title;
  return node;
}

function fact(parent, text, style, title) {
  if (!text) return;
  const node = make("bdi", style, text);
  if (title) node.title = title;
  parent.append(node);
}

function nonce() {
  return [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A post as the server told it, with what was done here and is not taken over yet.
function standing(view, post) {
  const now = { ...post };
  view.state.outbox.filter((deed) => deed.posts.includes(post.position)).forEach((deed) => apply(now, deed, view));
  return now;
}

function apply(post, deed, view) {
  if (deed.kind === "seen" && post.state === "new") post.state = "seen";
  if (deed.kind === "assign") Object.assign(post, { state: "assigned", owner: deed.value });
  if (deed.kind === "done") post.state = "done";
  if (deed.kind === "unread") Object.assign(post, { state: "new", owner: "" });
  if (deed.kind === "note") post.note = deed.value;
  if (deed.kind === "add_note") post.note = post.note ? `${post.note}\n${deed.value}` : deed.value;
  if (deed.kind === "tag" && !post.tags.includes(deed.value)) post.tags = [...post.tags, deed.value];
  if (["leave", "insist", "both"].includes(deed.kind)) post.clash = null;
  post.stateName = view.data.labels.states[post.state];
}

function tell(view, kind, posts, value = "", known = view.data.known) {
  const { state } = view;
  state.counter += 1;
  state.outbox.push({ token: `${state.nonce}-${state.counter}`, kind, value, posts, known, project: view.data.project });
  view.send("deeds", state.outbox.map((deed) => ({ ...deed })));
}

// Those that are ticked, else the one under the cursor.
function meant(view) {
  const { state, posts } = view;
  if (state.ticked.size) return posts.filter((post) => state.ticked.has(post.position)).map((post) => post.position);
  return posts[state.at] ? [posts[state.at].position] : [];
}

function act(view, kind) {
  const { state } = view;
  const posts = meant(view);
  if (!posts.length) return;
  if (["assign", "note", "tag"].includes(kind)) return edit(view, kind, posts);
  tell(view, kind, posts);
  after(view, kind);
}

// What needs a dialogue; several posts only where it knows what to do with them.
function ask(view, what) {
  const posts = meant(view);
  if (posts.length) view.fire("about", { what, posts: what === "needs" ? posts : [view.posts[view.state.at].position] });
}

// After a post is dealt with, the next one that is not comes under the cursor.
function after(view, kind) {
  const { state } = view;
  const several = state.ticked.size > 0;
  state.ticked.clear();
  state.editor = null;
  view.draw();
  if (!several && ["seen", "assign", "done"].includes(kind)) {
    const later = view.posts.findIndex((post, place) => place > state.at && !HANDLED(post));
    go(view, later >= 0 ? later : Math.min(state.at + 1, view.posts.length - 1));
  } else focus(view);
}

function edit(view, kind, posts) {
  const { state, data } = view;
  const one = posts.length === 1 ? view.posts.find((post) => post.position === posts[0]) : null;
  const begun = { assign: one?.owner || data.me, note: one?.note || "", tag: "" }[kind];
  state.editor = { kind, posts, value: begun, known: data.known, fresh: true };
  view.draw();
}

function save(view) {
  const { kind, posts, value, known } = view.state.editor;
  const written = value.trim();
  if (!written && !(kind === "note" && posts.length === 1)) return;
  tell(view, kind === "note" && posts.length > 1 ? "add_note" : kind, posts, written, known);
  after(view, kind);
}

function go(view, place) {
  const { state, posts } = view;
  if (!posts.length) return;
  state.at = Math.max(0, Math.min(posts.length - 1, place));
  view.draw();
  focus(view);
}

function focus(view) {
  const card = view.list.children[view.state.at];
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest" });
}

function tick(view, place, far) {
  const { state, posts } = view;
  const from = far && state.last !== null ? state.last : place;
  const on = !state.ticked.has(posts[place].position);
  for (let one = Math.min(from, place); one <= Math.max(from, place); one += 1)
    on ? state.ticked.add(posts[one].position) : state.ticked.delete(posts[one].position);
  state.last = place;
  view.draw();
}

function editor(view) {
  const { state, data } = view;
  const { kind, posts } = state.editor;
  const labels = data.labels;
  const holder = make("div", "editor");
  const field = make(kind === "note" ? "textarea" : "input", "field");
  const label = make("label", "", labels.editors[kind][posts.length > 1 ? 1 : 0].replace("{posts}", posts.length.toLocaleString()));
  field.id = "queue-field";
  label.htmlFor = field.id;
  field.dir = "auto";
  field.value = state.editor.value;
  field.maxLength = { note: 2000, assign: 60, tag: 40 }[kind];
  field.oninput = () => (state.editor.value = field.value);
  const close = () => {
    state.editor = null;
    view.draw();
    focus(view);
  };
  field.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && !event.isComposing && (kind !== "note" || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      save(view);
    }
  };
  holder.append(label, field);
  const known = { assign: data.owners, tag: data.tags }[kind];
  if (known) {
    const list = make("datalist");
    list.id = "queue-known";
    known.forEach((name) => {
      const option = make("option");
      option.value = name;
      list.append(option);
    });
    field.setAttribute("list", list.id);
    holder.append(list);
  }
  holder.append(
    button("act main", labels.save, () => save(view), kind === "note" ? "Ctrl Enter" : "Enter"),
    button("act", labels.cancel, close, "Esc"),
  );
  const begun = state.editor.fresh;
  state.editor.fresh = false;
  queueMicrotask(() => {
    field.focus({ preventScroll: true });
    if (begun && kind !== "note") field.select();
    else field.setSelectionRange(field.value.length, field.value.length);
    if (begun) holder.scrollIntoView({ block: "nearest" });
  });
  return holder;
}

function clash(view, post) {
  const labels = view.data.labels;
  const holder = make("div", "clash");
  holder.setAttribute("role", "alert");
  holder.append(make("span", "", post.clash.told));
  const choose = (kind) => () => {
    tell(view, kind, [post.position], "", post.clash.known);
    view.draw();
    focus(view);
  };
  holder.append(button("act", labels.insist, choose("insist")), button("act", labels.leave, choose("leave")));
  if (post.clash.note) holder.append(button("act", labels.both, choose("both")));
  return holder;
}

function card(view, post, place) {
  const { state, data } = view;
  const labels = data.labels;
  const here = place === state.at;
  const ticked = state.ticked.has(post.position);
  const node = make("li", `card level${post.level}${here ? " current" : ""}${ticked ? " ticked" : ""}${HANDLED(post) && data.reading ? " handled" : ""}`);
  node.tabIndex = here ? 0 : -1;
  if (here) node.setAttribute("aria-current", "true");
  node.onclick = (event) => {
    if (event.target.closest("button, input, textarea, label") || here || String(getSelection())) return;
    go(view, place);
  };
  const head = make("div", "head");
  const box = make("input", "box");
  box.type = "checkbox";
  box.checked = ticked;
  box.setAttribute("aria-label", `${labels.tick} ${post.id}`);
  box.onclick = (event) => tick(view, place, event.shiftKey);
  head.append(box, make("span", "badge", post.urgency));
  post.needs.forEach((need) => fact(head, need, "chip"));
  post.places.forEach((name) => fact(head, name, "where"));
  fact(head, post.when, "quiet");
  head.append(make("span", "fill"));
  fact(head, post.owner ? `${post.stateName}: ${post.owner}` : post.stateName, `state ${post.state}`);
  const text = make("p", post.text.length > 900 ? "text long" : "text", post.text);
  text.dir = "auto";
  if (post.code && post.code !== "und") text.lang = post.code;
  const facts = make("div", "facts");
  [post.language, post.author, post.copies, post.novelty].forEach((told) => fact(facts, told));
  if (post.sources) facts.append(button("", post.sources, () => view.fire("about", { what: "sources", posts: [post.position] }), "", labels.sources));
  if (post.topic) facts.append(button("", post.topic, () => view.fire("topic", post.cluster), "", labels.topic));
  post.tags.forEach((tag) => fact(facts, tag, "chip tag"));
  fact(facts, post.id, "quiet", labels.id);
  node.append(head, text);
  if (post.note) {
    const note = make("p", "note", post.note);
    note.dir = "auto";
    node.append(note);
  }
  if (post.clash) node.append(clash(view, post));
  node.append(facts);
  const edits = state.editor && post.position === state.editor.posts[0];
  if (edits) node.append(editor(view));
  else if (here) node.append(actions(view, post));
  return node;
}

function actions(view, post) {
  const labels = view.data.labels;
  const holder = make("div", "acts");
  Object.entries(LETTERS).forEach(([key, kind]) => {
    if (kind === "unread" ? post.state === "new" : kind === "seen" && post.state !== "new") return;
    holder.append(button("act", labels.kinds[kind], () => act(view, kind), key));
  });
  Object.entries(ABOUT).forEach(([key, what]) => holder.append(button("act", labels.about[what], () => ask(view, what), key)));
  return holder;
}

function help(view) {
  const holder = make("div", "help");
  view.data.labels.keys.forEach(([keys, told]) => {
    const line = make("div");
    const names = make("span");
    keys.forEach((key) => names.append(make("kbd", "", key), " "));
    line.append(names, make("span", "", told));
    holder.append(line);
  });
  const label = make("label");
  const box = make("input", "box");
  box.type = "checkbox";
  box.checked = view.state.letters;
  box.onchange = () => (view.state.letters = box.checked);
  label.append(box, make("span", "", view.data.labels.letters));
  holder.append(label);
  return holder;
}

function bar(view) {
  const { state, data, posts } = view;
  const labels = data.labels;
  const holder = make("div", "bar");
  const handled = posts.filter(HANDLED).length;
  if (data.reading) {
    const meter = make("span", "meter");
    const part = make("i");
    part.style.inlineSize = `${(100 * handled) / Math.max(1, posts.length)}%`;
    meter.append(part);
    meter.setAttribute("aria-hidden", "true");
    const words = labels.handled.replace("{handled}", handled.toLocaleString()).replace("{all}", posts.length.toLocaleString());
    holder.append(make("span", "count", words), meter);
  }
  const count = state.ticked.size;
  if (count) {
    holder.append(make("span", "count", labels.chosen.replace("{chosen}", count.toLocaleString())));
    Object.values(LETTERS).forEach((kind) => holder.append(button("act", labels.kinds[kind], () => act(view, kind))));
    holder.append(button("act", labels.none, () => clear(view), "Esc"));
  } else holder.append(button("act", labels.all, () => every(view), "X"));
  const told = make("span", "told quiet", state.outbox.length ? labels.saving : data.told);
  told.setAttribute("aria-live", "polite");
  holder.append(told);
  if (data.undoable) holder.append(button("act", labels.undo, () => undo(view), "z"));
  if (data.more) holder.append(button(`act${handled === posts.length ? " main" : ""}`, data.more, () => next(view), "."));
  const keys = button("act keys", labels.help, () => toggle(view), "?");
  keys.setAttribute("aria-expanded", String(state.help));
  holder.append(keys);
  if (data.problem && state.outbox.length === 0) {
    const problem = make("div", "problem", data.problem);
    problem.setAttribute("role", "alert");
    holder.append(problem);
  }
  return holder;
}

const undo = (view) => {
  tell(view, "undo", []);
  view.draw();
  focus(view);
};
const next = (view) => view.fire("more", true);
const toggle = (view) => {
  view.state.help = !view.state.help;
  view.draw();
};
const clear = (view) => {
  view.state.ticked.clear();
  view.draw();
  focus(view);
};
const every = (view) => {
  view.posts.forEach((post) => view.state.ticked.add(post.position));
  view.draw();
  focus(view);
};

// One letter a deed; on keyboards without Latin letters the key in the same place.
function letter(event) {
  if (/^[\x20-\x7e]$/.test(event.key) || event.key.length > 1) return event.key;
  if (!event.code.startsWith("Key")) return event.key;
  return event.shiftKey ? event.code[3] : event.code[3].toLowerCase();
}

function onkey(view, event) {
  const { state } = view;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = event.composedPath()[0];
  // A link or a button that has the focus knows no letters; what takes letters of its own keeps them.
  const typing = target.closest?.(
    "input:not([type=checkbox]), textarea, select, canvas, [contenteditable=true], [role=grid], [role=listbox], [role=combobox]",
  );
  if (typing || document.querySelector("[role=dialog]")) return;
  const key = letter(event);
  const done = keys(view, key, event, target);
  if (done) event.preventDefault();
}

function keys(view, key, event, target) {
  const { state } = view;
  if (key === "ArrowDown" || key === "ArrowUp") {
    if (!view.list.contains(target)) return false;
    go(view, state.at + (key === "ArrowDown" ? 1 : -1));
    return true;
  }
  if (key === "Escape") {
    if (!state.ticked.size && !state.help) return false;
    state.help = false;
    clear(view);
    return true;
  }
  if (!state.letters || key.length > 1) return false;
  const simple = {
    j: () => go(view, state.at + 1),
    k: () => go(view, state.at - 1),
    g: () => go(view, 0),
    G: () => go(view, view.posts.length - 1),
    x: () => view.posts.length && (tick(view, state.at, false), focus(view)),
    X: () => every(view),
    z: () => view.data.undoable && undo(view),
    ".": () => view.data.more && next(view),
    "?": () => toggle(view),
  };
  if (simple[key]) simple[key]();
  else if (LETTERS[key]) act(view, LETTERS[key]);
  else if (ABOUT[key]) ask(view, ABOUT[key]);
  else return false;
  return true;
}

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  const holder = parentElement.querySelector(".holder");
  const state = (holder.queueState ??= {
    nonce: nonce(), counter: 0, outbox: [], ticked: new Set(), at: 0, last: null, editor: null, help: false,
    letters: true, batch: null,
  });
  const [taken, upTo] = (data.taken || "-0").split("-");
  if (taken === state.nonce) state.outbox = state.outbox.filter((deed) => Number(deed.token.split("-")[1]) > Number(upTo));
  if (state.batch !== data.batch) Object.assign(state, { batch: data.batch, at: 0, last: null, editor: null, ticked: new Set() });
  state.at = Math.max(0, Math.min(state.at, data.posts.length - 1));
  const inside = holder.getRootNode().activeElement;
  const view = { state, data, holder, send: setStateValue, fire: setTriggerValue, list: make("ul", "cards") };
  view.draw = () => {
    view.posts = data.posts.map((post) => standing(view, post));
    const items = view.posts.map((post, place) => card(view, post, place));
    const top = make("div");
    top.append(bar(view), ...(state.help ? [help(view)] : []));
    view.list.replaceChildren(...items);
    holder.replaceChildren(top, view.list);
  };
  view.draw();
  if (inside && !state.editor) view.list.children[state.at]?.focus({ preventScroll: true });
  const listen = (event) => onkey(view, event);
  document.removeEventListener("keydown", holder.queueKeys);
  holder.queueKeys = listen;
  document.addEventListener("keydown", listen);
  return () => document.removeEventListener("keydown", listen);
}
