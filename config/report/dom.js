"use strict";
/* Elements, texts and numbers. Whatever came from a device enters the page here, as text nodes and
 * never as markup. */

const UNIT_MS = 0.1; /* the data's times are whole tenths of a millisecond */

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

const isNumber = (x) => typeof x === "number" && Number.isFinite(x);
const asText = (x) => (typeof x === "string" ? x : isNumber(x) ? String(x) : "");
const asList = (x) => (Array.isArray(x) ? x : []);
const asObject = (x) => (x && typeof x === "object" && !Array.isArray(x) ? x : {});

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const hundredth = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 2, maximumFractionDigits: 2 });
const significant = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

const count = (x) => (isNumber(x) ? grouped.format(x) : "–");
const ms = (x) => (isNumber(x) && x >= 0 ? tenth.format(x) : "–");
const times = (x) => (isNumber(x) && x > 0 ? (x < 10 ? hundredth : tenth).format(x) + "×" : "–");
const percent = (x) => (isNumber(x) ? tenth.format(100 * x) + " %" : "–");
const mib = (kib) => (isNumber(kib) ? tenth.format(kib / 1024) : "–");
const plural = (n, one, many) => count(n) + " " + (n === 1 ? one : many || one + "s");

/* As many digits as the number has to say. */
function number(x) {
  if (!isNumber(x)) return "–";
  if (Number.isInteger(x)) return count(x);
  return Math.abs(x) >= 1000 ? tenth.format(x) : significant.format(x);
}

/* One number of decimals for a whole column, so that its points stand below each other. */
function alike(values) {
  const some = values.filter(isNumber), most = Math.max(...some.map(Math.abs), 0);
  if (some.every(Number.isInteger)) return count;
  const digits = most >= 100 ? 1 : most >= 10 ? 2 : most >= 1 ? 3 : 4;
  const form = new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (x) => (isNumber(x) ? form.format(x) : "–");
}

/* Seconds for people, as poller's closing lines have them. */
function seconds(milliseconds) {
  if (!isNumber(milliseconds) || milliseconds < 0) return "–";
  const digits = milliseconds < 99.5 ? 3 : milliseconds < 9995 ? 2 : 1;
  return (milliseconds / 1000).toLocaleString("en-US", {
    minimumFractionDigits: digits, maximumFractionDigits: digits }) + " s";
}

function median(values) {
  const sorted = values.filter(isNumber).sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : NaN;
}

let lastId = 0;
const newId = (stem) => `${stem}-${++lastId}`;

/* A part of a document with its heading. */
function card(id, title, note, ...children) {
  const heading = el("h2", { id }, title);
  return el("section", { class: "card", "aria-labelledby": id }, heading,
            note ? el("p", { class: "note" }, note) : null, children);
}

/* [[name, value, small print]]: what counts at a glance. */
function tiles(facts) {
  return el("dl", { class: "tiles" }, facts.filter((f) => f).map(([name, value, small]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value, small ? el("small", {}, small) : null))));
}

const action = (text, onclick, attributes) =>
  el("button", { type: "button", class: "act", onclick, ...attributes }, text);
