// A list of topics to work in. Names and terms go through textContent, never through HTML.
const ORDERS = {
  size: (one, other) => other.posts - one.posts,
  small: (one, other) => one.posts - other.posts,
  name: (one, other) => one.name.localeCompare(other.name),
  first: (one, other) => (one.begin || "9").localeCompare(other.begin || "9"),
  unsure: (one, other) => (one.rank ?? 2) - (other.rank ?? 2),
  group: (one, other) => one.group.localeCompare(other.group) || other.posts - one.posts,
};

function make(tag, style, text) {
  const node = document.createElement(tag);
  if (style) node.className = style;
  if (text !== undefined) node.textContent = text;
  return node;
}

function button(style, label, act, title) {
  const node = make("button", style, label);
  node.type = "button";
  node.onclick = act;
  if (title) {
    node.title = title;
    node.setAttribute("aria-label", title);
  }
  return node;
}

// Each part in its own direction, what stands between them in the page's.
function listed(parent, parts, between) {
  parts.forEach((part, place) => {
    if (place) parent.append(between);
    parent.append(make("bdi", "", part));
  });
}

function matcher(state, labels) {
  const words = state.words.trim();
  if (!words) return { test: () => true, wrong: "" };
  if (state.regex) {
    try {
      const found = new RegExp(words, "iu");
      return { test: (row) => found.test(row.name) || row.terms.some((term) => found.test(term)), wrong: "" };
    } catch {
      return { ...matcher({ ...state, regex: false }, labels), wrong: labels.wrong };
    }
  }
  const folded = words.toLocaleLowerCase();
  const text = (row) => `${row.name} ${row.terms.join(" ")}`.toLocaleLowerCase();
  return { test: (row) => text(row).includes(folded), wrong: "" };
}

// The name: a button that opens the topic, or a field while it is being renamed.
function nameOf(row, view) {
  const { state, labels, tell, draw } = view;
  const holder = make("div", "name");
  if (state.renaming === row.id) {
    const field = make("input", "field");
    field.value = row.name;
    field.dir = "auto";
    field.maxLength = 120;
    field.setAttribute("aria-label", `${labels.rename} ${row.name}`);
    const leave = () => {
      state.renaming = null;
      state.focus = `[data-rename="${row.id}"]`;
      draw();
    };
    const save = () => {
      const name = field.value.trim();
      state.renaming = null;
      if (name === row.name || !name) return leave();
      row.name = name;
      state.focus = `[data-rename="${row.id}"]`;
      tell("rename", [row.id], name);
      draw();
    };
    field.onkeydown = (event) => {
      event.stopPropagation();
      if (!["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault(); // else Enter presses the button that gets the focus next
      if (event.key === "Enter") save();
      if (event.key === "Escape") leave();
    };
    holder.append(field, button("act", labels.save, save));
    queueMicrotask(() => {
      field.focus();
      field.select();
    });
    return holder;
  }
  const open = button("open", row.name, () => tell("open", [row.id]));
  open.dir = "auto";
  open.title = `${labels.open}: ${row.name}`;
  const rename = button("icon", "✎", () => {
    state.renaming = row.id;
    draw();
  }, `${labels.rename} ${row.name}`);
  rename.dataset.rename = row.id;
  holder.append(open, rename);
  row.marks.forEach((mark) => holder.append(make("span", "mark", mark)));
  return holder;
}

function rowOf(row, view) {
  const { state, labels, tell, most, draw, shown } = view;
  const item = make("li", `row${row.pinned ? " pinned" : ""}${state.lately.includes(row.id) ? " lately" : ""}`);
  const box = make("input", "box");
  box.type = "checkbox";
  box.checked = state.ticked.has(row.id);
  box.setAttribute("aria-label", `${labels.tick} ${row.name}`);
  box.onclick = (event) => {
    const here = shown.indexOf(row);
    const from = event.shiftKey && state.last !== null ? shown.findIndex((one) => one.id === state.last) : here;
    const [low, high] = [Math.min(from < 0 ? here : from, here), Math.max(from < 0 ? here : from, here)];
    for (let place = low; place <= high; place += 1)
      box.checked ? state.ticked.add(shown[place].id) : state.ticked.delete(shown[place].id);
    state.last = row.id;
    state.focus = `[data-box="${row.id}"]`;
    draw();
  };
  box.dataset.box = row.id;
  const pin = button("icon pin", row.pinned ? "★" : "☆", () => tell(row.pinned ? "unpin" : "pin", [row.id]),
    `${row.pinned ? labels.unpin : labels.pin} ${row.name}`);
  const size = make("div", "size");
  const bar = make("span", "bar");
  bar.style.setProperty("--part", Math.max(0.02, row.posts / most));  // a sliver at least, for the smallest
  size.append(make("b", "", row.count), bar);
  size.title = `${row.count} ${labels.posts}`;
  const terms = make("div", "terms");
  listed(terms, row.terms, ", ");
  const facts = make("div", "facts");
  listed(facts, [row.sure, row.languages, row.span].filter(Boolean), " · ");
  facts.title = row.why;
  item.append(box, pin, nameOf(row, view), size, terms, facts);
  return item;
}

function toolbar(view) {
  const { state, labels, draw, rows } = view;
  const holder = make("div", "tools");
  const find = make("input", "field find");
  find.type = "search";
  find.placeholder = labels.hint;
  find.setAttribute("aria-label", labels.find);
  find.value = state.words;
  find.dir = find.value ? "auto" : "";  // an empty field has no direction of its own
  find.oninput = () => {
    find.dir = find.value ? "auto" : "";
    state.words = find.value;
    view.fill();
  };
  const regex = make("label", "check");
  const box = make("input", "box");
  box.type = "checkbox";
  box.checked = state.regex;
  box.onchange = () => {
    state.regex = box.checked;
    view.fill();
  };
  regex.append(box, make("span", "", labels.regex));
  const order = make("select", "field");
  order.setAttribute("aria-label", labels.sort);
  const has = {
    group: rows.some((row) => row.group),
    unsure: rows.some((row) => row.rank !== null),
    first: rows.some((row) => row.begin),
  };
  Object.keys(ORDERS).filter((name) => has[name] ?? true).forEach((name) => {
    const option = make("option", "", labels[name]);
    option.value = name;
    order.append(option);
  });
  order.value = state.order;
  order.onchange = () => {
    state.order = order.value;
    draw();
  };
  holder.append(find, regex, order);
  return holder;
}

function actions(view, told) {
  const { state, labels, tell, rows, draw, shown } = view;
  const holder = make("div", "acts");
  const chosen = rows.filter((row) => state.ticked.has(row.id)).map((row) => row.id);
  const clear = () => {
    state.ticked.clear();
    state.last = null;
    draw();
  };
  const act = (kind, least, keep) => {
    const node = button("act", labels[kind], () => {
      tell(kind, chosen);
      if (!keep) clear();
    });
    node.disabled = chosen.length < least;
    holder.append(node);
  };
  const allPinned = chosen.length && chosen.every((id) => rows.find((row) => row.id === id).pinned);
  act("merge", 2);
  act("noise", 1);
  act(allPinned ? "unpin" : "pin", 1);
  act("filter", 1, true);
  const all = button("plain", labels.all, () => {
    shown.forEach((row) => state.ticked.add(row.id));
    draw();
  });
  const none = button("plain", labels.none, clear);
  none.disabled = !chosen.length;
  const count = labels.chosen.replace("{chosen}", chosen.length.toLocaleString());
  const status = make("span", "told", chosen.length ? count : labels.none_chosen);
  status.setAttribute("aria-live", "polite");
  holder.append(all, none, status, make("span", "told", told));
  return holder;
}

// Up and down go to the same control of the row before and after.
function walk(event) {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  const root = event.currentTarget.getRootNode();
  const here = root.activeElement;
  const item = here && here.closest("li.row");
  if (!item || here.tagName === "SELECT") return;
  const kind = [...here.classList].map((name) => `.${name}`).join("");
  let next = item;
  do next = event.key === "ArrowUp" ? next.previousElementSibling : next.nextElementSibling;
  while (next && !next.matches("li.row"));
  const target = next && next.querySelector(kind);
  if (!target) return;
  event.preventDefault();
  target.focus();
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const holder = parentElement.querySelector(".holder");
  const state = (holder.topicState ??= {
    words: "", regex: false, order: "size", ticked: new Set(), last: null, renaming: null, focus: null,
    edit: null, lately: [],
  });
  // What an edit left is shown where it stands now, wherever the order has put it.
  state.lately = state.edit !== null && state.edit !== data.lately.edit ? data.lately.topics : [];
  state.edit = data.lately.edit;
  const known = new Set(data.rows.map((row) => row.id));
  [...state.ticked].forEach((id) => known.has(id) || state.ticked.delete(id));
  const view = { state, labels: data.labels, rows: data.rows, shown: [] };
  view.most = Math.max(1, data.loose.posts, ...data.rows.map((row) => row.posts));
  view.tell = (kind, topics, name) => setTriggerValue("act", { kind, topics, name: name || "" });
  const head = make("div", "head");
  const list = make("ul", "topics");
  list.onkeydown = walk;
  const fill = () => {
    const { test, wrong } = matcher(state, data.labels);
    const order = ORDERS[state.order];
    view.shown = data.rows.filter(test).sort((one, other) => other.pinned - one.pinned || order(one, other));
    const told = data.labels.shown
      .replace("{shown}", view.shown.length.toLocaleString())
      .replace("{all}", data.rows.length.toLocaleString());
    const fresh = actions(view, wrong || (view.shown.length < data.rows.length ? told : ""));
    head.querySelector(".acts")?.remove();
    head.append(fresh);
    const items = [];
    let group = null;
    view.shown.forEach((row) => {
      if (state.order === "group" && !row.pinned && row.group !== group) {
        group = row.group;
        items.push(make("li", "group", group));
      }
      items.push(rowOf(row, view));
    });
    if (!items.length) items.push(make("li", "told", data.labels.nothing));
    if (data.loose.posts) {
      const loose = make("li", "row loose");
      const name = make("div", "name");
      name.append(button("open", data.loose.name, () => view.tell("open", [-1])));
      const size = make("div", "size");
      const bar = make("span", "bar");
      bar.style.setProperty("--part", Math.min(1, Math.max(0.02, data.loose.posts / view.most)));
      size.append(make("b", "", data.loose.count), bar);
      loose.append(make("span"), make("span"), name, size, make("div", "terms", data.loose.told), make("div"));
      items.push(loose);
    }
    list.replaceChildren(...items);
  };
  view.fill = fill;
  view.draw = () => {
    head.replaceChildren(toolbar(view));
    fill();
    if (state.focus) list.querySelector(state.focus)?.focus();
    state.focus = null;
  };
  holder.replaceChildren(head, list);
  view.draw();
  list.querySelector(".lately")?.scrollIntoView({ block: "nearest" });
}
