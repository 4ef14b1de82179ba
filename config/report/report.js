/* The page: one part for each document, drawn from the data and nothing else. */

const RENDER = { run: renderRun, compare: renderCompare, sweep: renderCompare, experiments: renderExperiments };

/* Runs of one page side by side, as compare has them. */
function runsTogether(documents) {
  const rows = documents.filter((d) => d.kind === "run" && d.run).map((d) => asObject(d.run));
  if (rows.length < 2) return null;
  const alone = rows.filter((r) => r.mode === "sequential").map((r) => r.elapsed_ms);
  return { kind: "compare", baseline_ms: alone.length ? median(alone) : null, rows };
}

function contents(parts) {
  const links = parts.length > 1
    ? parts.map((p) => [p.id, p.querySelector("h1").textContent])
    : [...parts[0].querySelectorAll("h2")].slice(0, 12).map((h) => [h.id, h.firstChild.textContent]);
  return el("ul", {}, links.map(([id, text]) =>
    el("li", {}, el("a", { href: "#" + id }, shortened(text, 60)))));
}

function versions(documents) {
  const found = new Set(documents.flatMap((d) => [asObject(d.run), ...asList(d.rows)])
    .map((r) => asText(asObject(r).version)).filter((v) => v));
  return found.size ? `poller ${[...found].sort().join(", ")}. ` : "";
}

function main() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const documents = asList(data.documents), together = runsTogether(documents);
  const all = together ? [together, ...documents] : documents;
  const parts = all.map((doc, i) => el("article", { class: "document", id: `d${i}` },
                                       RENDER[doc.kind](doc, `d${i}`)));
  const target = document.getElementById("main");
  target.append(...parts);
  if (parts.length === 0) target.append(el("h1", {}, "There is nothing in this report"));
  else document.getElementById("contents").append(contents(parts));
  document.getElementById("footer").append(versions(documents)
    + "This page holds its data and needs no network; times are from the JSON it was made from.");
  if (parts.length) document.title = "poller: " + parts[0].querySelector("h1").textContent;
  drawAll();
}

main();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
/* Paper has its own colours. */
matchMedia("print").addEventListener("change", drawAll);
