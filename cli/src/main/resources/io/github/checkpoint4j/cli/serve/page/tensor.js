// One tensor: what its elements are like.

import {get} from './api.js';
import {histogram} from './charts.js';
import {alertBox, announce, el, fill} from './dom.js';
import {count, figure, shape, size} from './format.js';
import {heatMap} from './heatmap.js';

/** Shows a tensor in `panel`, until `signal` ends it. */
export async function showTensor(panel, path, name, signal) {
  fill(panel, el('h2', {id: 'tensor'}, name), el('p', {class: 'muted'}, 'Reading…'));
  try {
    const tensor = await get('/api/tensor', {path, name}, signal);
    fill(panel, el('h2', {id: 'tensor'}, tensor.name), figures(tensor));
    announce(`${tensor.name} is shown`);
    if (tensor.histogram) histogram(panel, tensor.histogram, signal);
    if (tensor.stats && tensor.elements > 0) await heatMap(panel, path, tensor, signal);
  } catch (error) {
    if (!signal.aborted) fill(panel, el('h2', {id: 'tensor'}, name), alertBox(error.message));
  }
}

function figures({dtype, shape: dimensions, elements, bytes, stats}) {
  const facts = [
    ['dtype', dtype], ['shape', shape(dimensions)], ['elements', count(elements)], ['size', size(bytes)],
  ];
  if (stats) {
    facts.push(['least', figure(stats.min)], ['greatest', figure(stats.max)], ['mean', figure(stats.mean)],
      ['deviation', figure(stats.std)], ['norm', figure(stats.norm)], ['zeros', count(stats.zeros)], ['NaN', count(stats.nan)],
      ['infinite', count(stats.infinite)]);
  }
  return [
    el('dl', {class: 'facts'}, facts.map(([name, value]) => el('div', {
      class: (name === 'NaN' || name === 'infinite') && value !== '0' ? 'bad' : null,
    }, el('dt', {}, name), el('dd', {}, value)))),
    stats ? null : el('p', {class: 'muted'}, 'Elements of this type are not shown as numbers.'),
  ];
}
