// All runs and models in the served directory.

import {watch} from './api.js';
import {alertBox, el, fill, table} from './dom.js';
import {age, metric, size} from './format.js';

export const link = (view, parameters) =>
  `#/${view}?` + Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
    .join('&');

export function show({heading, body, trail, signal}) {
  heading.textContent = 'Runs';
  trail([['Runs', '#/']]);
  fill(body, el('p', {class: 'muted'}, 'Looking…'));
  watch('/api/runs', {}, 2000, signal,
    (found) => {
      fill(heading, found.directory.split('/').at(-1) || '/');
      fill(body, listing(found));
    },
    (error) => fill(body, alertBox(error.message)));
}

function listing(found) {
  return [
    el('p', {class: 'muted path'}, found.directory),
    found.whole ? null : el('p', {class: 'note'}, 'There is more here than is listed; serve a directory further down.'),
    el('section', {'aria-labelledby': 'runs'},
      el('h2', {id: 'runs'}, 'Runs'),
      found.runs.length === 0
        ? el('p', {class: 'muted'}, 'No run here yet: a run is a directory with checkpoint-N in it. This page shows one as soon as it is there.')
        : table('Runs', [
          {name: 'run'}, {name: 'checkpoints', number: true}, {name: 'latest'}, {name: 'best'},
          {name: 'size', number: true}, {name: 'changed', number: true}, {name: 'state'},
        ], found.runs.map(row))),
    found.models.length === 0 ? null : el('section', {'aria-labelledby': 'models'},
      el('h2', {id: 'models'}, 'Models'),
      table('Models', [{name: 'model'}, {name: 'size', number: true}], found.models.map((model) => [
        el('a', {href: link('contents', {path: model.path}), 'data-key': `model ${model.path}`}, model.title),
        model.error ? el('span', {class: 'bad'}, model.error) : size(model.size),
      ]))),
  ];
}

function row(run) {
  const name = el('a', {href: link('run', {path: run.path}), 'data-key': `run ${run.path}`}, run.title);
  if (run.error) return [name, '', el('span', {class: 'bad'}, run.error), '', '', '', ''];
  const {latest, best, objective} = run;
  return [
    name,
    String(run.checkpoints),
    latest ? `step ${latest.step}` : '–',
    best && objective ? `${objective.metric} ${metric(best.metrics[objective.metric])} at ${best.step}` : '–',
    size(run.size),
    latest ? age(latest.time) : '–',
    states(run),
  ];
}

/** What is to be said of a run beside its figures. */
export function states(run) {
  return [
    run.writer?.writing ? badge('writing', 'being written') : null,
    run.damaged > 0 ? badge('damaged', `${run.damaged} damaged`) : null,
    run.unverified > 0 ? badge('unverified', `${run.unverified} unverified`) : null,
    run.pinned > 0 ? badge('pinned', `${run.pinned} pinned`) : null,
  ].map((state) => [state, ' ']);
}

export function badge(kind, text = kind) {
  return el('span', {class: `badge ${kind}`}, text);
}

