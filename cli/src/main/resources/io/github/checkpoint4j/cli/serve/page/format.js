// Sizes, ages and metrics as the command line shows them.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** Bytes in powers of 1000. */
export function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= (unit === 0 ? 1000 : 999.95)) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${UNITS[unit]}`;
}

/** How long ago a time is. */
export function age(time) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;
}

/** A number that may be one of the strings NaN, Infinity, -Infinity. */
export function number(value) {
  return typeof value === 'string' ? Number(value) : value;
}

/** A metric to four decimals, or with an exponent where those would not show it. */
export function metric(value) {
  if (value === null || value === undefined) return '–';
  const x = number(value);
  if (!Number.isFinite(x)) return String(x);
  const magnitude = Math.abs(x);
  return magnitude !== 0 && (magnitude < 0.001 || magnitude >= 1e6) ? x.toExponential(3) : x.toFixed(4);
}

/** Five significant digits. */
export function figure(value) {
  if (value === null || value === undefined) return '–';
  const x = number(value);
  return Number.isFinite(x) ? String(Number(x.toPrecision(5))) : String(x);
}

/** A number beside an axis. */
export function short(value) {
  const magnitude = Math.abs(value);
  return magnitude !== 0 && (magnitude < 0.001 || magnitude >= 1e6)
    ? String(Number(value.toPrecision(3)).toExponential()) : figure(value);
}

/** A whole number in groups of three. */
export function count(value) {
  return value.toLocaleString('en-US');
}

/** A number of things. */
export function counted(value, thing) {
  return `${count(value)} ${thing}${value === 1 ? '' : 's'}`;
}

export function epoch(value) {
  return value === null ? '–' : number(value).toFixed(2);
}

export function shape(dimensions) {
  return dimensions.length === 0 ? 'scalar' : dimensions.map(count).join(' × ');
}
