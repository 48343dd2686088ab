// A tensor as a coloured matrix: zero is the ground, what is positive one colour, what is negative
// another, and what is not finite a third. Colours grow with the root, or small weights would all
// look the same; the ramp in the style sheet does so, too.

import {getBytes} from './api.js';
import {chartFigure, colour, onColours} from './charts.js';
import {el} from './dom.js';
import {count, figure} from './format.js';

const BLOCKS = 8;

export async function heatMap(panel, path, tensor, signal) {
  const buffer = await getBytes('/api/heatmap', {path, name: tensor.name}, signal);
  const [rows, columns] = new Int32Array(buffer, 0, 2);
  const cells = new Float32Array(buffer, 8);
  let most = 0;
  for (const cell of cells) if (Number.isFinite(cell)) most = Math.max(most, Math.abs(cell));
  const height = tensor.shape.length < 2 ? 1 : tensor.shape[0];
  const width = tensor.elements / height;
  const chart = chartFigure('Heat map', 'heatmap');
  const note = `${count(height)} × ${count(width)}`
    + (rows < height || columns < width ? ` as ${rows} × ${columns} means` : '');
  const still = `${note}, colours from ${figure(-most)} to ${figure(most)}`;
  chart.describe(still);
  chart.readout.textContent = still;
  const canvas = el('canvas', {class: 'heat', width: columns, height: rows});
  canvas.style.aspectRatio = `${Math.min(8, Math.max(0.5, columns / rows))}`;
  chart.drawing.append(canvas, el('div', {class: 'scale'}, el('span', {}, figure(-most)), el('span', {class: 'ramp'}), el('span', {}, figure(most))));
  panel.append(chart.box);
  const draw = () => paint(canvas, rows, columns, cells, most);
  draw();
  onColours(draw, signal);
  canvas.addEventListener('pointermove', (event) => {
    const box = canvas.getBoundingClientRect();
    const x = Math.min(columns - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * columns)));
    const y = Math.min(rows - 1, Math.max(0, Math.floor((event.clientY - box.top) / box.height * rows)));
    const at = (cell, length, number) => Math.floor(length / number * cell);
    chart.readout.textContent = `${figure(cells[y * columns + x])} at [${at(y, height, rows)}, ${at(x, width, columns)}]`;
  });
  canvas.addEventListener('pointerleave', () => {
    chart.readout.textContent = still;
  });
  const [high, wide] = [Math.min(BLOCKS, rows), Math.min(BLOCKS, columns)];
  chart.tabulate('Means of blocks', [{name: 'block'}, ...Array.from({length: wide}, (_, x) => ({name: String(x), number: true}))],
    () => Array.from({length: high}, (_, y) => [String(y), ...Array.from({length: wide}, (__, x) =>
      figure(mean(cells, columns, y * rows / high, (y + 1) * rows / high, x * columns / wide, (x + 1) * columns / wide)))]));
}

function mean(cells, columns, top, bottom, left, right) {
  let sum = 0;
  let number = 0;
  for (let y = Math.floor(top); y < Math.floor(bottom); y++) {
    for (let x = Math.floor(left); x < Math.floor(right); x++) {
      sum += cells[y * columns + x];
      number++;
    }
  }
  return number === 0 ? null : sum / number;
}

function rgb(name) {
  const hex = colour(name);
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function paint(canvas, rows, columns, cells, most) {
  const context = canvas.getContext('2d');
  const image = context.createImageData(columns, rows);
  const [ground, above, below, odd] = ['heat-zero', 'heat-above', 'heat-below', 'heat-odd'].map(rgb);
  cells.forEach((cell, at) => {
    const part = most === 0 ? 0 : Math.sqrt(Math.abs(cell) / most);
    const end = cell < 0 ? below : above;
    for (let channel = 0; channel < 3; channel++) {
      image.data[4 * at + channel] = Number.isFinite(cell)
        ? ground[channel] + (end[channel] - ground[channel]) * part : odd[channel];
    }
    image.data[4 * at + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}
