// What changed between two checkpoints or files.

import {el, fill, table} from './dom.js';
import {count, figure, number, shape} from './format.js';
import {link} from './runs.js';
import {follow} from './task.js';

const FEW = 100;

export function show({heading, body, trail, signal}, {a = '', b = ''}) {
  const [before, after] = [a, b].map((path) => path.split('/').at(-1) || 'run');
  fill(heading, `${before} → ${after}`);
  const run = a.split('/').slice(0, -1).join('/');
  trail([['Runs', '#/'], [run || 'run', link('run', {path: run})], [`${before} → ${after}`, '']]);
  const place = el('div', {class: 'work'});
  fill(body, el('p', {class: 'muted path'}, `${a} → ${b}`), place);
  follow(place, 'Comparing', '/api/diff', {a, b}, signal, (result) => changes(result, b));
}

function changes(result, b) {
  if (result.same) return el('p', {class: 'good'}, 'Nothing differs.');
  return [
    only('Parts that only the first has', result.only_in_a),
    only('Parts that only the second has', result.only_in_b),
    result.parts.map((part) => section(part, b)),
  ];
}

function only(title, names) {
  return names.length === 0 ? null : el('details', {open: names.length <= 8},
    el('summary', {}, `${title}: ${count(names.length)}`),
    el('ul', {class: 'names'}, names.slice(0, FEW).map((name) => el('li', {}, name))),
    names.length > FEW ? el('p', {class: 'muted'}, `and ${count(names.length - FEW)} more`) : null);
}

function section(part, b) {
  const {tensors, values} = part;
  const same = tensors.length + values.length + part.only_in_a.length + part.only_in_b.length === 0;
  return el('section', {},
    el('h3', {}, part.name),
    el('p', {class: 'muted'}, same
      ? `${count(part.compared)} compared, nothing differs`
      : `${count(part.compared)} compared, ${count(tensors.length + values.length)} differ`),
    only('Only in the first', part.only_in_a),
    only('Only in the second', part.only_in_b),
    tensors.length === 0 ? null : rowsAndMore(tensors, (some) => tensorTable(part, some, b)),
    values.length === 0 ? null : rowsAndMore(values, (some) => table(`Values of ${part.name}`,
      [{name: 'name'}, {name: 'first', number: true}, {name: 'second', number: true}],
      some.map((value) => [value.name, plain(value.a), plain(value.b)]))));
}

function plain(value) {
  return typeof value === 'string' ? value : typeof value === 'number' ? figure(value) : JSON.stringify(value);
}

/** The first ones, and a button for the others. */
function rowsAndMore(rows, make) {
  const place = el('div', {}, make(rows.slice(0, FEW)));
  if (rows.length > FEW) {
    place.append(el('button', {type: 'button', onclick: () => fill(place, make(rows))}, `Show all ${count(rows.length)}`));
  }
  return place;
}

function tensorTable(part, tensors, b) {
  const relative = (tensor) => number(tensor.norm_change) / number(tensor.norm_a);
  const most = Math.max(...tensors.map(relative).filter(Number.isFinite), 0);
  return table(`Tensors of ${part.name}`, [
    {name: 'tensor'}, {name: 'shape'}, {name: 'relative change', number: true}, {name: 'norm of change', number: true},
    {name: 'largest change', number: true}, {name: 'at'}, {name: 'elements changed', number: true},
  ], tensors.map((tensor) => {
    const name = part.name === 'model'
      ? el('a', {href: link('contents', {path: b, tensor: tensor.name})}, tensor.name) : tensor.name;
    const shapes = `${tensor.a.dtype} ${shape(tensor.a.shape)}`;
    if (tensor.norm_a === undefined) {
      return [name, `${shapes} → ${tensor.b.dtype} ${shape(tensor.b.shape)}`, '', '', '', '', ''];
    }
    const bar = el('span', {class: 'bar', 'aria-hidden': 'true'});
    bar.style.width = `${most > 0 && Number.isFinite(relative(tensor)) ? 60 * relative(tensor) / most : 0}px`;
    return [name, shapes, [bar, ' ', figure(relative(tensor))], figure(tensor.norm_change), figure(tensor.largest), tensor.at,
      [count(tensor.changed), tensor.not_finite > 0 ? el('span', {class: 'bad'}, ` ${count(tensor.not_finite)} not finite`) : null]];
  }));
}
