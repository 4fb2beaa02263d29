"use strict";
(() => {
  const frames = Array.from(document.querySelectorAll("#frames img"));
  const slider = document.getElementById("time");
  const button = document.getElementById("play");
  const source = document.getElementById("chart-data");
  const { charts, found } = source ? JSON.parse(source.textContent) : { charts: [], found: [] };
  const boxes = Array.from(document.querySelectorAll(".chart"));
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const touch = window.matchMedia("(pointer: coarse)").matches;
  let shown = frames.length - 1;
  let playing = 0;
  let waiting = 0;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  for (const still of document.querySelectorAll("[data-frame]")) {
    const place = still.dataset.frame;
    const original = place === "real" ? document.querySelector(".real img") : frames[Number(place)];
    still.src = original.src;
    if (original.classList.contains("pixelated")) still.classList.add("pixelated");
  }

  // On a chart that speaks for a finding its time is tinted; on the others a strip at the top tells of it.
  function bands(chart) {
    return found.toReversed().flatMap((each) => {  // the most serious last, above the others
      const speaks = chart.curves.some((curve) => each.figures.includes(curve.figure));
      const fill = colour(`${each.severity}-band`);
      const base = { xref: "x", yref: "paper", layer: "below", line: { width: 0 } };
      return each.spans.flatMap(([since, seen, until]) => {
        const band = { ...base, type: "rect", x0: since, x1: until, y0: speaks ? 0 : 0.975, y1: 1, fillcolor: fill, opacity: speaks ? 0.2 : 0.75 };
        const edge = { ...base, type: "line", x0: seen, x1: seen, y0: 0, y1: 1, line: { color: fill, width: 1.5 } };
        return speaks ? [band, edge] : [band];
      });
    });
  }

  function names(chart) {
    const speaking = found.filter((each) => chart.curves.some((curve) => each.figures.includes(curve.figure)));
    return speaking.map((each, place) => ({
      xref: "x", yref: "paper", x: each.spans[0][0], y: 0.95 - 0.1 * place, xanchor: "left", yanchor: "top", xshift: 3,
      showarrow: false, text: plain(each.title), font: { size: 11, color: colour(each.severity) }, bgcolor: colour("surface"), opacity: 0.9,
    }));
  }

  function marker() {
    if (frames.length < 2) return [];
    const images = Number(frames[shown].dataset.images);
    const line = { color: colour("muted"), width: 1, dash: "dot" };
    return [{ type: "line", x0: images, x1: images, yref: "paper", y0: 0, y1: 1, line }];
  }

  function moveMarkers() {
    waiting = 0;
    for (const box of boxes) {
      if (box.data) Plotly.relayout(box, { shapes: [...bands(charts[Number(box.dataset.chart)]), ...marker()] });
    }
  }

  function show(index) {
    shown = Math.min(frames.length - 1, Math.max(0, index));
    frames.forEach((frame, place) => { frame.hidden = place !== shown; });
    const label = frames[shown].dataset.label;
    document.getElementById("moment").textContent = label;
    slider.value = String(shown);
    slider.setAttribute("aria-valuetext", label);
    if (!waiting) waiting = requestAnimationFrame(moveMarkers);
  }

  function pause() {
    clearInterval(playing);
    playing = 0;
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-label", "Play");
  }

  function play() {
    if (shown === frames.length - 1) show(0);
    button.setAttribute("aria-pressed", "true");
    button.setAttribute("aria-label", "Pause");
    playing = setInterval(() => {
      show(shown + 1);
      if (shown === frames.length - 1) pause();
    }, Math.max(120, Math.min(500, 8000 / frames.length)));
  }

  function nearest(images) {
    const distance = (frame) => Math.abs(Number(frame.dataset.images) - images);
    return frames.reduce((best, frame, place) => (distance(frame) < distance(frames[best]) ? place : best), 0);
  }

  if (slider) {
    slider.value = String(shown); // a reload may have kept an older place
    slider.addEventListener("input", () => { pause(); show(Number(slider.value)); });
    button.addEventListener("click", () => (playing ? pause() : play()));
    document.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || event.target === slider || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      pause();
      show(shown + step);
    });
  }

  // Plotly reads a few tags in names, and names may come from anywhere.
  const plain = (name) => name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

  function traces(chart) {
    return chart.curves.flatMap((curve) => {
      const line = { color: colour(curve.tone), width: 1.75 };
      const base = { type: "scatter", mode: curve.sparse ? "lines+markers" : "lines", marker: { size: 5 }, connectgaps: false };
      const smooth = curve.smooth_images.length > 0;
      const measured = {
        ...base, x: curve.images, y: curve.values, name: plain(curve.label), line: smooth ? { ...line, width: 1 } : line,
        opacity: smooth ? 0.32 : 1, hovertemplate: "%{y:.4~g}",
      };
      const mean = { ...base, mode: "lines", x: curve.smooth_images, y: curve.smooth_values, line, hoverinfo: "skip" };
      return smooth ? [measured, mean] : [measured];
    });
  }

  // Ticks at 1, 2 and 5 of each decade while few decades are shown, else at every so many decades.
  function decades(chart) {
    const values = chart.curves.flatMap((curve) => curve.values).filter((value) => value !== null);
    const logs = values.map(Math.log10);
    const span = logs.reduce((a, b) => Math.max(a, b)) - logs.reduce((a, b) => Math.min(a, b));
    return span < 2.5 ? "D2" : Math.ceil(span / 5);
  }

  function layout(chart) {
    const end = Math.max(...charts.flatMap((each) => each.curves.flatMap((curve) => curve.images.slice(-1))));
    const axis = { gridcolor: colour("line"), linecolor: colour("line"), zerolinecolor: colour("line"), fixedrange: touch };
    return {
      paper_bgcolor: colour("surface"), plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, shapes: [...bands(chart), ...marker()],
      annotations: names(chart),
      margin: { l: 54, r: 12, t: 10, b: 30 }, dragmode: touch ? false : "zoom", hovermode: "x unified", hoverdistance: 50,
      font: { family: colour("sans"), size: 12, color: colour("muted") },
      hoverlabel: { bgcolor: colour("surface"), bordercolor: colour("line"), font: { color: colour("text") } },
      xaxis: {
        ...axis, showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "solid", spikecolor: colour("muted"), showgrid: false, zeroline: false, range: [0, end * 1.01], tickformat: "~s", hoverformat: ",d", nticks: 7, unifiedhovertitle: { text: "%{x:,d} images" },
      },
      yaxis: {
        ...axis, type: chart.log ? "log" : "linear", tickformat: chart.log ? "~g" : "", dtick: chart.log ? decades(chart) : null,
        nticks: 6, exponentformat: "power", rangemode: chart.from_zero ? "tozero" : "normal",
        ...(chart.share ? { range: [-0.02, 1.03], dtick: 0.25 } : {}), // a little more, so that lines at the ends are whole
      },
    };
  }

  async function draw(box) {
    const chart = charts[Number(box.dataset.chart)];
    await Plotly.react(box, traces(chart), layout(chart), { displayModeBar: false, responsive: true });
  }

  async function begin(box) {
    await draw(box);
    box.on("plotly_click", (event) => {
      if (frames.length > 1) { pause(); show(nearest(event.points[0].x)); }
    });
  }

  // What is folded away has no size yet, so it is drawn when it is opened.
  const folded = document.querySelector(".more-charts");
  const inside = (box) => folded !== null && folded.contains(box);
  boxes.filter((box) => !inside(box)).forEach(begin);
  if (folded) folded.addEventListener("toggle", () => boxes.filter((box) => inside(box) && !box.data).forEach(begin));
  dark.addEventListener("change", () => boxes.filter((box) => box.data).forEach(draw));
})();
