"use strict";
(() => {
  const source = document.getElementById("chart-data");
  const figures = source ? JSON.parse(source.textContent).figures : [];
  const boxes = Array.from(document.querySelectorAll(".chart"));
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const touch = window.matchMedia("(pointer: coarse)").matches;
  const PAPER = 690;  // pixels between the margins of a page, upright
  const NARROW = 700;
  const LEAST = 100;  // a window that is being made has less for a moment, and margins alone need more

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Colours have the names that the style of the page gives them.
  function coloured(value) {
    if (typeof value === "string") return /^--[a-z-]+$/.test(value) ? colour(value) : value;
    if (Array.isArray(value)) return value.map(coloured);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, coloured(each)]));
  }

  function layout(figure, width) {
    const own = coloured(figure.layout);
    const axis = { gridcolor: colour("--line"), linecolor: colour("--line"), fixedrange: touch };
    const axes = Object.fromEntries(
      Object.keys(own).filter((key) => /^[xy]axis/.test(key)).map((key) => [key, { ...axis, ...own[key] }]),
    );
    const made = {
      paper_bgcolor: colour("--surface"), plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, hovermode: "closest",
      dragmode: touch ? false : "zoom", font: { family: colour("--sans"), size: 12, color: colour("--muted") },
      hoverlabel: { bgcolor: colour("--surface"), bordercolor: colour("--line"), font: { color: colour("--text") }, align: "left" },
      ...own, ...axes, height: figure.height,
    };
    if (width < NARROW && made.annotations) {  // words at the side have no room, and are in the table
      const kept = made.annotations.filter((each) => each.name !== "side");
      if (kept.length < made.annotations.length) made.margin = { ...made.margin, r: 12 };
      made.annotations = kept;
    }
    return made;
  }

  // Every chart has a width of its own and not Plotly's, which would keep that of the paper after printing.
  function draw(box, width = box.clientWidth) {
    const figure = figures[Number(box.dataset.chart)];
    return Plotly.react(box, coloured(figure.data), { ...layout(figure, width), width }, { displayModeBar: false });
  }

  let waiting = 0;
  function all() {
    waiting = 0;
    boxes.filter((box) => box.clientWidth >= LEAST).forEach((box) => draw(box));
  }
  function soon() {
    if (!waiting) waiting = requestAnimationFrame(all);
  }

  all();
  dark.addEventListener("change", all);
  window.addEventListener("resize", soon);
  window.addEventListener("beforeprint", () => boxes.forEach((box) => draw(box, PAPER)));
  window.addEventListener("afterprint", all);
})();
