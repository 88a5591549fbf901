"use strict";
(function () {
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var plots = [];

  // The figures carry no colour of their own for letters; they take the page's, on paper that of paper.
  function colours(onPaper) {
    var style = getComputedStyle(document.documentElement);
    var ink = onPaper ? "#000" : style.getPropertyValue("--ink").trim();
    var line = onPaper ? "#ccc" : style.getPropertyValue("--line").trim();
    return {
      "font.color": ink,
      "xaxis.gridcolor": line, "yaxis.gridcolor": line,
      "xaxis.linecolor": line, "yaxis.linecolor": line
    };
  }

  // Names on the map stand on a slip of the page's own colour.
  function slips(plot, onPaper) {
    var style = getComputedStyle(document.documentElement);
    var change = {};
    (plot.layout.annotations || []).forEach(function (name, i) {
      if (!name.bgcolor) { return; }
      change["annotations[" + i + "].bgcolor"] = onPaper ? "#fff" : style.getPropertyValue("--slip").trim();
      change["annotations[" + i + "].font.color"] = onPaper ? "#000" : style.getPropertyValue("--ink").trim();
    });
    return change;
  }

  function paint(plot, onPaper) {
    return window.Plotly.relayout(plot, Object.assign(colours(onPaper), slips(plot, onPaper)));
  }

  function repaint(onPaper) {
    plots.forEach(function (plot) { paint(plot, onPaper); });
  }

  function draw(place) {
    var figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
    var layout = figure.layout;
    layout.autosize = true;
    layout.dragmode = false;
    place.style.minHeight = (layout.height || 320) + "px";
    window.Plotly.newPlot(place, figure.data, layout, {
      displaylogo: false, responsive: true, scrollZoom: false,
      modeBarButtons: [["zoomIn2d", "zoomOut2d", "pan2d", "resetScale2d", "toImage"]]
    }).then(function () {
      plots.push(place);
      return paint(place, false);
    });
  }

  if (window.Plotly) {
    Array.prototype.forEach.call(document.querySelectorAll("[data-figure]"), draw);
    dark.addEventListener("change", function () { repaint(false); });
    window.addEventListener("beforeprint", function () { repaint(true); });
    window.addEventListener("afterprint", function () { repaint(false); });
  }

  // A link to a topic that is folded up opens it.
  function unfold() {
    var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView(); }
  }
  window.addEventListener("hashchange", unfold);
  unfold();
}());
