// Needs against places: a real table whose cells are buttons. Names go through textContent, never through HTML.
const STILL_THERE = 6000; // milliseconds in which a person who used the table waits for the answer
// A chip above makes the page put a new table in the place of the old one: it goes on where that was.
const state = (globalThis.ctseMatrix ??= { at: [0, 0], used: -1e9, left: 0 });

function make(tag, style, text) {
  const node = document.createElement(tag);
  if (style) node.className = style;
  if (text !== undefined) node.textContent = text;
  return node;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const holder = parentElement.querySelector(".holder");
  const view = { ...data, number: new Intl.NumberFormat(data.locale), pick: null };
  view.pick = (row, column) => {
    state.used = performance.now();
    setTriggerValue("pick", { row, column });
  };
  state.at = [Math.min(state.at[0], data.rows.length - 1), Math.min(state.at[1], data.columns.length - 1)];
  view.chosen = new Set(data.chosen.map(([row, column]) => `${row},${column}`));
  const table = make("table", "matrix");
  table.append(make("caption", "", data.labels.caption), head(view), body(view));
  table.setAttribute("aria-description", data.labels.keys);
  table.onkeydown = (event) => walk(event, table, view);
  table.addEventListener("focusin", (event) => remember(event, table));
  const root = holder.getRootNode();
  const here = root.activeElement && holder.contains(root.activeElement);
  const frame = make("div", "frame");
  frame.append(table);
  holder.replaceChildren(frame);
  frame.scrollLeft = state.left;
  frame.onscroll = () => (state.left = frame.scrollLeft);
  const nowhere = [document.body, null].includes(document.activeElement);
  if (here || (nowhere && performance.now() - state.used < STILL_THERE)) cellAt(table, ...state.at)?.focus({ preventScroll: true });
}

function head(view) {
  const holder = make("thead");
  const row = make("tr");
  const corner = make("th", "corner", view.labels.corner);
  corner.scope = "col";
  row.append(corner);
  view.columns.forEach((column) => {
    const cell = make("th", `place ${column.kind}`);
    cell.scope = "col";
    const name = make("span", "", column.name);
    name.dir = "auto";
    name.title = column.name;
    cell.append(name);
    row.append(cell);
  });
  holder.append(row);
  return holder;
}

function body(view) {
  const holder = make("tbody");
  view.rows.forEach((line, row) => {
    const item = make("tr", line.kind);
    const name = make("th", "need");
    name.scope = "row";
    const words = make("span", "", line.name);
    words.dir = "auto";
    name.append(words);
    item.append(name);
    view.columns.forEach((column, place) => item.append(cellOf(view, row, place)));
    holder.append(item);
  });
  return holder;
}

function cellOf(view, row, column) {
  const told = view.cells[row][column];
  const kinds = [view.rows[row].kind, view.columns[column].kind];
  const cell = make("td", kinds.includes("all") ? "sum" : "");
  if (!told.posts) {
    cell.append(make("span", "nothing", "·"));
    return cell;
  }
  const button = make("button", told.stale ? "stale" : "");
  button.type = "button";
  button.dataset.row = row;
  button.dataset.column = column;
  button.tabIndex = state.at[0] === row && state.at[1] === column ? 0 : -1;
  button.title = `${told.told}. ${view.labels.filter}`;
  button.setAttribute("aria-label", told.told);
  const chosen = view.chosen.has(`${row},${column}`);
  button.setAttribute("aria-pressed", String(chosen));
  const part = kinds.includes("all") ? 0 : Math.min(1, Math.sqrt(told.posts / view.most));
  button.style.setProperty("--part", part.toFixed(3));
  const first = make("span", "posts", view.number.format(told.posts));
  if (told.urgent) first.append(make("span", "urgent", `▲${view.number.format(told.urgent)}`));
  const second = make("span", "under", told.under);
  second.dir = "auto";
  button.append(first, second);
  button.onclick = () => view.pick(row, column);
  cell.append(button);
  return cell;
}

const cellAt = (table, row, column) => table.querySelector(`button[data-row="${row}"][data-column="${column}"]`);

function remember(event, table) {
  const button = event.target.closest("button[data-row]");
  if (!button) return;
  cellAt(table, ...state.at)?.setAttribute("tabindex", "-1");
  state.at = [Number(button.dataset.row), Number(button.dataset.column)];
  button.tabIndex = 0;
}

// Arrows go to the next cell that holds posts; right is where the eye has it, in either direction of writing.
function walk(event, table, view) {
  const side = getComputedStyle(table).direction === "rtl" ? -1 : 1;
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -side], ArrowRight: [0, side] };
  const move = moves[event.key];
  if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  let [row, column] = state.at;
  for (;;) {
    [row, column] = [row + move[0], column + move[1]];
    if (row < 0 || column < 0 || row >= view.rows.length || column >= view.columns.length) return;
    const target = cellAt(table, row, column);
    if (target) {
      target.focus();
      return;
    }
  }
}
