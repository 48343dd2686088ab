// The curves of a run, with its checkpoints on them.

import {chartFigure, colour, plot, uPlot} from './charts.js';
import {el, fill} from './dom.js';
import {count, metric, number, short} from './format.js';

const SPEED = /(_runtime|_per_second|_jit_compilation_time|_flos)$/;
const LOSS = /(^|_)loss$/;
const COLOURS = ['series-1', 'series-2', 'series-3', 'series-4'];
const MARKS = [
  ['best', '◆', 'mark-best'], ['latest', '●', 'mark-latest'], ['pinned', '▲', 'mark-pinned'],
  ['unverified', '○', 'mark-unverified'], ['damaged', '✕', 'mark-damaged'],
];

/** Shows curves in `place`, until `signal` ends it. */
export function curves(place, signal) {
  const grid = el('div', {class: 'charts'});
  const note = el('p', {class: 'muted'});
  const key = el('p', {class: 'key muted'}, MARKS.map(([name, sign, tone]) =>
    el('span', {}, el('span', {class: tone, 'aria-hidden': 'true'}, sign), ` ${name}`)));
  fill(place, el('h2', {id: 'curves'}, 'Curves'), key, note, grid);
  let shown = new Map();
  let end = new AbortController();

  return {
    update(run) {
      const groups = grouped(run);
      const names = groups.map((group) => group.map((curve) => curve.name).join('\n'));
      if (names.join('\n\n') !== [...shown.keys()].join('\n\n')) {
        end.abort();
        end = new AbortController();
        shown = new Map(names.map((name, at) => [name, drawnCurve(groups[at], AbortSignal.any([end.signal, signal]))]));
        fill(grid, [...shown.values()].map((drawn) => drawn.box));
      }
      groups.forEach((group, at) => shown.get(names[at]).update(group, run.checkpoints));
      place.hidden = groups.length === 0 && run.checkpoints.length === 0;
      key.hidden = groups.length === 0;
      note.textContent = groups.length === 0
        ? 'Nothing was logged at two steps or more: the curves are in the trainer_state.json of the newest checkpoint.' : '';
    },
  };
}

/** Losses together, every other metric by itself, that which tells the best first. */
function grouped(run) {
  const drawn = run.curves.filter((curve) => curve.steps.length > 1 && !SPEED.test(curve.name));
  const rank = ({name}) => name === run.objective?.metric ? 0 : name.startsWith('eval_') ? 1 : 2;
  const losses = drawn.filter((curve) => LOSS.test(curve.name));
  const others = drawn.filter((curve) => !LOSS.test(curve.name)).sort((a, b) => rank(a) - rank(b));
  const groups = others.map((curve) => [curve]);
  for (let at = 0; at < losses.length; at += COLOURS.length) {
    groups.splice(at / COLOURS.length, 0, losses.slice(at, at + COLOURS.length));
  }
  return groups;
}

function drawnCurve(group, signal) {
  const title = group.length > 1 ? 'loss' : group[0].name;
  const chart = chartFigure(title, title);
  let marks = [];
  let data = [];
  const values = group.map(() => el('span', {}));
  fill(chart.readout, group.length === 1 ? values[0] : group.map((curve, at) =>
    el('span', {}, el('span', {class: `swatch ${COLOURS[at]}`}), ` ${curve.name} `, values[at])));
  const tell = (at) => values.forEach((value, i) => {
    const last = data[i + 1]?.findLastIndex((y, place) => y !== null && y !== undefined && (at === null || place <= at)) ?? -1;
    value.textContent = last < 0 ? '–' : `${metric(data[i + 1][last])} at ${data[0][last]} `;
  });
  const drawn = plot(chart.drawing, 200, () => ({
    data,
    options: {
      scales: {x: {time: false}},
      cursor: {y: false, points: {size: 6}},
      axes: [
        {size: 30, values: (_, ticks) => ticks.map((tick) => Number.isInteger(tick) ? count(tick) : '')},
        {size: 52, values: (_, ticks) => ticks.map(short)},
      ],
      series: [{}, ...group.map((curve, at) => ({
        label: curve.name, stroke: colour(COLOURS[at]), width: 1.5, spanGaps: true,
        points: {show: curve.steps.length < 40, size: 4, fill: colour(COLOURS[at])},
      }))],
      hooks: {
        draw: [(u) => drawMarks(u, marks)],
        setCursor: [(u) => tell(u.cursor.idx ?? null)],
      },
    },
  }), signal);
  return {
    box: chart.box,
    update(curvesNow, checkpoints) {
      marks = checkpoints;
      data = uPlot.join(curvesNow.map((curve) => [curve.steps, curve.values.map(finite)]));
      drawn.setData(data);
      tell(null);
      chart.describe(curvesNow.map(told).join('; '));
      chart.tabulate(title, [{name: 'step'}, ...curvesNow.map(({name}) => ({name, number: true}))],
        () => rows(curvesNow));
    },
  };
}

function finite(value) {
  const x = number(value);
  return Number.isFinite(x) ? x : null;
}

function told(curve) {
  const last = curve.values.length - 1;
  const odd = curve.values.filter((value) => finite(value) === null).length;
  return `${curve.name} from ${metric(curve.values[0])} at step ${curve.steps[0]} to ${metric(curve.values[last])} at step ${curve.steps[last]}`
    + (odd > 0 ? `, ${odd} not finite` : '');
}

function rows(curvesNow) {
  const byStep = new Map();
  curvesNow.forEach((curve, column) => curve.steps.forEach((step, at) => {
    if (!byStep.has(step)) byStep.set(step, curvesNow.map(() => null));
    byStep.get(step)[column] = curve.values[at];
  }));
  return [...byStep].sort(([a], [b]) => a - b).map(([step, values]) =>
    [count(step), ...values.map((value) => value === null ? '' : metric(value))]);
}

/** A line at the step of each checkpoint, and a sign at its top for what is special about it. */
function drawMarks(u, checkpoints) {
  const {ctx} = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${10 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'top';
  ctx.lineWidth = ratio;
  for (const info of checkpoints) {
    const x = Math.round(u.valToPos(info.step, 'x', true));
    if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
    const notes = MARKS.filter(([name]) => info.notes.includes(name));
    ctx.strokeStyle = colour(notes[0]?.[2] ?? 'mark');
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, u.bbox.top + 12 * ratio * notes.length);
    ctx.lineTo(x, u.bbox.top + u.bbox.height);
    ctx.stroke();
    notes.forEach(([, sign, tone], at) => {
      ctx.fillStyle = colour(tone);
      ctx.fillText(sign, x, u.bbox.top + 12 * ratio * at);
    });
  }
  ctx.restore();
}
