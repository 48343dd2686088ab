// One run: its curves, its checkpoints, and what can be done with them.

import {post, refresh, watch} from './api.js';
import {curves} from './curves.js';
import {alertBox, announce, el, fill, table} from './dom.js';
import {age, counted, epoch, metric, size} from './format.js';
import {prune} from './prune.js';
import {badge, link, states} from './runs.js';
import {follow} from './task.js';

const SPEED = /(_runtime|_per_second|_jit_compilation_time|_flos)$/;
const MOST_METRICS = 4;

export function show({heading, body, trail, signal}, {path = ''}) {
  heading.textContent = 'Run';
  trail([['Runs', '#/'], [path === '' ? 'run' : path, '']]);
  const problem = el('div');
  const facts = el('p', {class: 'facts'});
  const charts = el('section', {'aria-labelledby': 'curves'});
  const list = el('div');
  const work = el('div', {class: 'work'});
  const tools = el('div', {class: 'tools'});
  const checkpoints = el('section', {'aria-labelledby': 'checkpoints', hidden: true},
    el('h2', {id: 'checkpoints'}, 'Checkpoints'), list, tools, work);
  fill(body, problem, facts, charts, checkpoints);
  const drawn = curves(charts, signal);
  const chosen = {a: null, b: null};

  const change = async (verb, checkpoint) => {
    fill(problem);
    try {
      await post(`/api/${verb}`, {path: checkpoint.path}, signal);
      announce(`${checkpoint.name} ${verb}ned`);
      refresh();
    } catch (error) {
      if (!signal.aborted) fill(problem, alertBox(error.message));
    }
  };
  const verify = (what, name) => follow(work, `Verifying ${name}`, '/api/verify', {path: what}, signal, verified);

  watch('/api/run', {path}, 1000, signal, (run) => {
    heading.textContent = '';
    fill(heading, run.title);
    trail([['Runs', '#/'], [run.title, '']]);
    fill(problem);
    fill(facts, summary(run));
    drawn.update(run);
    checkpoints.hidden = false;
    fill(list, checkpointTable(run, change, verify));
    fill(tools, comparison(run, chosen), el('div', {class: 'buttons'},
      el('button', {type: 'button', 'data-key': 'verify-all', onclick: () => verify(path, run.title)}, 'Verify all'),
      el('button', {type: 'button', 'data-key': 'prune', onclick: () => prune(run, path, signal)}, 'Prune…')));
  }, (error) => {
    fill(problem, alertBox(error.message), el('p', {class: 'muted'}, 'This page shows the run again as soon as it is there.'));
    checkpoints.hidden = true;
    fill(facts);
    drawn.update({checkpoints: [], curves: [], objective: null});
  });
}

function summary(run) {
  const best = run.best && run.objective
    ? `best ${run.objective.metric} ${metric(run.best.metrics[run.objective.metric])} at step ${run.best.step}`
    : null;
  return [
    el('span', {}, counted(run.checkpoints.length, 'checkpoint')),
    el('span', {}, size(run.size)),
    best && el('span', {}, best),
    el('span', {}, states(run)),
    run.writer?.writing ? el('span', {class: 'muted'}, run.writer.process) : null,
    el('span', {class: 'muted path'}, run.directory),
  ];
}

/** The metric that tells the best first, then those of evaluations, as many as fit. */
function metricNames(run) {
  const names = [...new Set(run.checkpoints.flatMap((info) => Object.keys(info.metrics)))]
    .filter((name) => !SPEED.test(name));
  const rank = (name) => name === run.objective?.metric ? 0 : name.startsWith('eval_') ? 1 : 2;
  return names.sort((a, b) => rank(a) - rank(b)).slice(0, MOST_METRICS);
}

function checkpointTable(run, change, verify) {
  const metrics = metricNames(run);
  return table('Checkpoints', [
    {name: 'checkpoint'}, {name: ''}, {name: 'step', number: true}, {name: 'epoch', number: true},
    ...metrics.map((name) => ({name, number: true})),
    {name: 'size', number: true}, {name: 'age', number: true}, {name: 'actions'},
  ], run.checkpoints.toReversed().map((info) => [
    el('a', {href: link('contents', {path: info.path}), 'data-key': `show ${info.name}`}, info.name),
    [info.notes.map((note) => [badge(note), ' ']), info.damage ? el('p', {class: 'bad'}, info.damage) : null],
    String(info.step),
    epoch(info.epoch),
    ...metrics.map((name) => metric(info.metrics[name])),
    size(info.size),
    age(info.time),
    el('div', {class: 'buttons'},
      el('button', {
        type: 'button', 'data-key': `pin ${info.name}`, 'aria-label': `${info.pinned ? 'Unpin' : 'Pin'} ${info.name}`,
        onclick: () => change(info.pinned ? 'unpin' : 'pin', info),
      }, info.pinned ? 'Unpin' : 'Pin'),
      el('button', {
        type: 'button', 'data-key': `verify ${info.name}`, 'aria-label': `Verify ${info.name}`,
        onclick: () => verify(info.path, info.name),
      }, 'Verify')),
  ]));
}

/** Chooses two checkpoints; those that are gone are no longer chosen. */
function comparison(run, chosen) {
  const all = run.checkpoints;
  if (all.length < 2) return null;
  const there = (path) => all.some((info) => info.path === path);
  const from = there(chosen.a) ? chosen.a : all.at(-2).path;
  const to = there(chosen.b) ? chosen.b : all.at(-1).path;
  const select = (label, key, value) => el('label', {}, label, el('select', {
    'data-key': `compare ${key}`,
    onchange: (event) => {
      chosen[key] = event.target.value;
    },
  }, all.map((info) => el('option', {value: info.path, selected: info.path === value}, info.name))));
  const form = el('form', {
    class: 'buttons',
    onsubmit: (event) => {
      event.preventDefault();
      const [a, b] = [...form.querySelectorAll('select')].map((choice) => choice.value);
      location.hash = link('diff', {a, b});
    },
  }, select('Compare', 'a', from), select('with', 'b', to), el('button', {type: 'submit', 'data-key': 'compare'}, 'Compare'));
  return form;
}

/** What a verification found. */
export function verified(result) {
  return [
    el('p', {class: result.ok ? 'good' : 'bad'}, result.ok ? 'Nothing is wrong.' : 'Something is damaged.'),
    el('ul', {class: 'plain'}, result.checked.map((checked) => el('li', {},
      el('span', {class: `badge ${checked.ok ? 'ok' : 'damaged'}`}, checked.ok ? 'ok' : 'failed'), ' ',
      el('span', {class: 'path'}, checked.path),
      checked.ok ? el('span', {class: 'muted'}, ` ${checked.note}`) : null,
      el('ul', {class: 'plain'}, checked.problems.map((problem) => el('li', {class: 'bad'}, problem.message)))))),
  ];
}
