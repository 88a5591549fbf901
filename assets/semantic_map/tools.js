// The row of tools above the map and the legend below it.
const SVG = "http://www.w3.org/2000/svg";

function startTools(chart) {
  for (const button of chart.els.tools.querySelectorAll("button")) {
    const act = button.dataset.do;
    button.title = chart.words[act];
    button.setAttribute("aria-label", chart.words[act]);
    button.onclick = () => TOOLS[act](chart);
  }
  showTools(chart);
}

const TOOLS = {
  pan: (chart) => setMode(chart, "pan"),
  lasso: (chart) => setMode(chart, chart.mode === "lasso" ? "pan" : "lasso"),
  box: (chart) => setMode(chart, chart.mode === "box" ? "pan" : "box"),
  view: (chart) => selectView(chart),
  closer: (chart) => zoomMiddle(chart, 1.5),
  farther: (chart) => zoomMiddle(chart, 1 / 1.5),
  whole: (chart) => resetView(chart),
  names: (chart) => {
    chart.names = !chart.names;
    showTools(chart);
    placeNames(chart);
  },
  passing: (chart) => {
    chart.faint = !chart.faint;
    showTools(chart);
    repaint(chart);
  },
};

function setMode(chart, mode) {
  chart.mode = mode;
  chart.els.stage.dataset.mode = mode;
  showTools(chart);
  tell(chart, chart.words[`${mode}_now`]);
}

function showTools(chart) {
  const pressed = { pan: chart.mode === "pan", lasso: chart.mode === "lasso", box: chart.mode === "box" };
  Object.assign(pressed, { names: chart.names, passing: !chart.faint });
  for (const [act, on] of Object.entries(pressed)) {
    const button = chart.els.tools.querySelector(`[data-do="${act}"]`);
    button.setAttribute("aria-pressed", String(on));
    if (act === "passing") button.hidden = chart.spec.passing === chart.spec.placed;
  }
}

function swatch(group) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 10 10");
  const shape = document.createElementNS(SVG, isDiamond(group.index) ? "path" : "circle");
  const told = isDiamond(group.index) ? { d: "M5 0 10 5 5 10 0 5z" } : { cx: 5, cy: 5, r: 4.4 };
  for (const [name, value] of Object.entries({ ...told, fill: group.colour })) shape.setAttribute(name, value);
  picture.append(shape);
  return picture;
}

function showLegend(chart) {
  const shown = chart.spec.groups.filter((group) => group.posts || chart.lit.groups.has(group.index));
  const items = shown.map((group) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(swatch(group), piece("span", "what", group.name), piece("span", "many", chart.number(group.posts)));
    button.title = group.name;
    button.setAttribute("aria-pressed", String(chart.lit.groups.has(group.index)));
    button.onclick = () => {
      const { groups } = chart.lit;
      if (!groups.delete(group.index)) groups.add(group.index);
      chart.lit.topic = null;
      showLegend(chart);
      repaint(chart);
      placeNames(chart);
    };
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  // The button that was pressed is drawn anew: whoever uses the keyboard stays on it.
  const { legend } = chart.els;
  const focused = [...legend.querySelectorAll("button")].indexOf(legend.getRootNode().activeElement);
  legend.replaceChildren(...items);
  if (focused >= 0) legend.querySelectorAll("button")[focused]?.focus();
}

function tell(chart, sentence) {
  chart.els.status.textContent = sentence ?? "";
}

function filled(text, values) {
  return text.replace(/\{(\w+)(?::,)?\}/g, (_, name) => values[name] ?? "");
}
