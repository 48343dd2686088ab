// Charts by uPlot, which scripts and screen readers cannot read: each comes with its figures in
// words and as a table.

import uPlot from '/uplot/uPlot.js';
import {el, fill, table} from './dom.js';
import {figure, short} from './format.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Calls `draw` whenever the colours change, until `signal` ends it. */
export function onColours(draw, signal) {
  dark.addEventListener('change', draw, {signal});
}

function axis(more) {
  return {
    stroke: colour('muted'),
    grid: {stroke: colour('grid'), width: 1},
    ticks: {stroke: colour('grid'), width: 1, size: 4},
    font: '11px system-ui, sans-serif',
    gap: 3,
    ...more,
  };
}

/** A figure with a caption, a drawing and a table that is made when it is opened. */
export function chartFigure(title, key) {
  const readout = el('span', {class: 'readout'});
  const drawing = el('div', {class: 'drawing', role: 'img'});
  const values = el('div');
  const details = el('details', {class: 'values'}, el('summary', {'data-key': `values ${key}`}, 'Table'), values);
  const box = el('figure', {class: 'chart'},
    el('figcaption', {}, el('strong', {}, title), readout), drawing, details);
  let rows = () => null;
  details.addEventListener('toggle', () => fill(values, details.open ? rows() : null));
  return {
    box, readout, drawing,
    describe(text) {
      drawing.setAttribute('aria-label', `${title}: ${text}`);
    },
    tabulate(caption, columns, makeRows) {
      rows = () => table(caption, columns, makeRows());
      if (details.open) fill(values, rows());
    },
  };
}

/** Draws in a figure's drawing as wide as it is, again when that or the colours change. */
export function plot(drawing, height, make, signal) {
  let chart = null;
  const draw = () => {
    chart?.destroy();
    const {options, data} = make();
    chart = new uPlot({
      width: Math.max(120, drawing.clientWidth), height, legend: {show: false},
      ...options,
      axes: options.axes.map(axis),
    }, data, drawing);
  };
  const observer = new ResizeObserver(() => {
    if (!chart) {
      draw();
    } else if (drawing.clientWidth > 0 && drawing.clientWidth !== chart.width) {
      chart.setSize({width: drawing.clientWidth, height});
    }
  });
  observer.observe(drawing);
  onColours(draw, signal);
  signal.addEventListener('abort', () => {
    observer.disconnect();
    chart?.destroy();
  });
  return {
    draw,
    setData: (data) => chart ? chart.setData(data) : draw(),
  };
}

/** How many elements lie where, as bars. */
export function histogram(place, {min, max, counts}, signal) {
  const low = Number(min);
  const width = (Number(max) / counts.length - low / counts.length) || 1;
  const centres = counts.map((_, at) => low + width * (counts.length === 1 ? 0 : at + 0.5));
  const chart = chartFigure('Histogram', 'histogram');
  chart.describe(`${counts.length} intervals from ${figure(min)} to ${figure(max)}, at most ${Math.max(...counts)} elements in one`);
  chart.tabulate('Histogram', [{name: 'from'}, {name: 'elements', number: true}],
    () => counts.map((elements, at) => [figure(low + width * at), String(elements)]));
  place.append(chart.box);
  plot(chart.drawing, 170, () => ({
    data: [centres, counts],
    options: {
      cursor: {drag: {x: false, y: false}, y: false},
      scales: {x: {time: false, range: [centres[0] - width / 2, centres.at(-1) + width / 2]}, y: {range: (_, __, top) => [0, top * 1.05 || 1]}},
      axes: [{size: 30, values: (_, ticks) => ticks.map(short)}, {size: 60, values: (_, ticks) => ticks.map(short)}],
      series: [{}, {
        fill: colour('series-1'), width: 0, points: {show: false},
        paths: uPlot.paths.bars({size: [0.92, 100]}),
      }],
      hooks: {
        setCursor: [(u) => {
          const at = u.cursor.idx;
          chart.readout.textContent = at === null || at === undefined
            ? '' : `${counts[at]} from ${figure(low + width * at)} to ${figure(low + width * (at + 1))}`;
        }],
      },
    },
  }), signal);
}

export {uPlot};
