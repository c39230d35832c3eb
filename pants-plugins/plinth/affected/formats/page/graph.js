"use strict";
// Draws the graph of an answer: see html.py for the data, list.js for the list. An item is what is
// drawn: a node, or a fold of nodes that are reached the same way.

const {everything, nodes, chains} = JSON.parse(document.getElementById("data").textContent);
const MARKS = {change: "Δ", step: "·", image: "■", application: "▣", test: "○", "container test": "●"};

const byId = (id) => document.getElementById(id);
const chainsOf = nodes.map(() => []);
for (const chain of chains) for (const place of chain) chainsOf[place].push(chain);

// Tests are shown on demand, unless there is nothing else to see.
const hasImages = nodes.some((node) => node.role === "image");
const state = {
  words: [], hidden: new Set(hasImages ? ["test", "container test"] : []),
  unfolded: new Set(), unfoldAll: false, chosen: null,
};
let items = new Map(); // from the place of an item's first node to the item
let itemOf = [];       // from the place of a node to its item, if it is shown

// --- What is shown -----------------------------------------------------------------------------

/** The places that the filter leaves: what matches each word, and all on a way through it. */
function matchingPlaces() {
  const shown = new Set();
  nodes.forEach((node, place) => {
    const label = node.label.toLowerCase();
    if (!state.words.every((word) => label.includes(word))) return;
    shown.add(place);
    if (state.words.length) for (const chain of chainsOf[place]) chain.forEach((other) => shown.add(other));
  });
  return shown;
}

/** Of those the ones whose role is shown; a step only on the way to a target that is. */
function visiblePlaces() {
  const isShown = (place) => !state.hidden.has(nodes[place].role);
  const onTheWay = new Set();
  for (const chain of chains) if (isShown(chain[chain.length - 1])) chain.forEach((place) => onTheWay.add(place));
  return [...matchingPlaces()].sort((a, b) => a - b)
    .filter((place) => isShown(place) && (nodes[place].role !== "step" || onTheWay.has(place)));
}

function makeItems() {
  const folds = new Map();
  for (const place of visiblePlaces()) {
    const fold = nodes[place].fold;
    if (!folds.has(fold)) folds.set(fold, []);
    folds.get(fold).push(place);
  }
  items = new Map();
  itemOf = nodes.map(() => null);
  for (const [fold, places] of folds) {
    const together = places.length > 1 && !state.unfoldAll && !state.unfolded.has(fold);
    for (const members of together ? [places] : places.map((place) => [place])) {
      const item = {id: members[0], fold, places: members, ...nodes[members[0]]};
      if (together) item.label = foldLabel(members);
      items.set(item.id, item);
      members.forEach((place) => { itemOf[place] = item; });
    }
  }
}

function foldLabel(places) {
  const labels = places.map((place) => nodes[place].label);
  let common = labels[0];
  for (const label of labels) while (!label.startsWith(common)) common = common.slice(0, -1);
  const folder = common.slice(0, common.lastIndexOf("/") + 1);
  return folder ? `${counted(places)} in ${folder}` : counted(places);
}

/** `2 images, 1 test`: how many of each role. */
function counted(places) {
  return Object.keys(MARKS).map((role) => [role, places.filter((place) => nodes[place].role === role).length])
    .filter(([, number]) => number).map(([role, number]) => `${number} ${role}${number === 1 ? "" : "s"}`).join(", ");
}

/** Pairs of items that a chain joins; what is hidden between two of them is passed over. */
function itemEdges(ofChains) {
  const edges = new Map();
  for (const chain of ofChains) {
    let last = null;
    for (const place of chain) {
      const item = itemOf[place];
      if (!item || item === last) continue;
      if (last) edges.set(`${last.id} ${item.id}`, [last, item]);
      last = item;
    }
  }
  return [...edges.values()];
}

// --- Drawing -----------------------------------------------------------------------------------

function draw() {
  makeItems();
  drawList();
  const edges = itemEdges(chains);
  byId("columns").replaceChildren(...inColumns(edges).map(columnElement));
  byId("edges").replaceChildren(...edges.map(edgeElement));
  if (!items.size) byId("columns").append(element("p", {}, nodes.length ? "Nothing matches." : "Nothing to show."));
  markShortColumns();
  choose(state.chosen);
}

/** The items of each column, each near the middle of what reaches it, so that few edges cross. */
function inColumns(edges) {
  const before = new Map([...items.values()].map((item) => [item, []]));
  for (const [first, second] of edges) before.get(second).push(first);
  const columns = [];
  for (const item of items.values()) (columns[item.column] ??= []).push(item);
  const row = new Map();
  const mean = (numbers) => (numbers.length ? numbers.reduce((sum, one) => sum + one, 0) / numbers.length : Infinity);
  return columns.filter(Boolean).map((column) => {
    const keyed = column.map((item) => {
      const others = before.get(item).filter((other) => row.has(other));
      // Of what comes from one row, the longest edges go below the others.
      return {item, key: mean(others.map((other) => row.get(other))), from: mean(others.map((other) => other.column))};
    });
    const by = (a, b) => (a === b ? 0 : a - b);
    keyed.sort((a, b) => by(a.key, b.key) || by(b.from, a.from) || a.item.id - b.item.id);
    keyed.forEach(({item}, index) => row.set(item, index));
    return keyed.map(({item}) => item);
  });
}

function columnElement(column, index, columns) {
  const title = columnTitle(column);
  const again = index > 0 && title === columnTitle(columns[index - 1]);
  const section = element("section", {"aria-label": title});
  const list = element("ol", {});
  list.append(...column.map((item) => {
    const entry = element("li", {});
    entry.append(item.element = itemElement(item));
    return entry;
  }));
  section.append(element("h2", {}, again ? "\u00a0" : title), list);
  return section;
}

function columnTitle(column) {
  const roles = new Set(column.map((item) => item.role));
  if (roles.has("change")) return "What changed";
  if (roles.has("image")) return `Images, wave ${Math.max(...column.map((item) => item.wave)) + 1}`;
  if (roles.has("application")) return "Applications";
  if (roles.has("step")) return "Through";
  return "Tests";
}

function itemElement(item) {
  const folded = item.places.length > 1;
  const button = element("button", {
    type: "button", class: `node ${item.role.replace(" ", "-")}${folded ? " fold" : ""}`,
    title: item.label, tabindex: -1, "aria-pressed": false,
  });
  const [before, name, after] = item.role === "change" || folded ? ["", item.label, ""] : labelParts(item.label);
  button.append(
    element("span", {class: "mark", "aria-hidden": true}, MARKS[item.role]),
    element("span", {class: "unseen"}, `${item.role} `),
    element("span", {class: "around"}, before), element("span", {class: "name"}, name), element("span", {class: "around"}, after),
  );
  button.addEventListener("click", () => choose(item.id === state.chosen ? null : item.id));
  button.item = item;
  return button;
}

/** `lambdas/`, `replay/handler_test.py`, `:tests`: what tells most is in the middle. */
function labelParts(label) {
  const file = label.match(/^(.*\/)?([^/:]+\/[^/:]+\.\w+)(:[^/]*)?$/);
  if (file) return [file[1] ?? "", file[2], file[3] ?? ""];
  const cut = label.lastIndexOf("/") + 1;
  return [label.slice(0, cut), label.slice(cut), ""];
}

function edgeElement([first, second]) {
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.ends = [first, second];
  return path;
}

/** Puts every edge where its ends now are; short columns move against long ones. */
function placeEdges() {
  const sheet = byId("sheet").getBoundingClientRect();
  const boxes = new Map([...items.values()].map((item) => [item, item.element.getBoundingClientRect()]));
  for (const path of byId("edges").children) {
    const [from, to] = path.ends.map((item) => boxes.get(item));
    const [x1, y1] = [from.right - sheet.left, (from.top + from.bottom) / 2 - sheet.top];
    const [x2, y2] = [to.left - sheet.left, (to.top + to.bottom) / 2 - sheet.top];
    const bend = Math.max(28, Math.min(80, Math.abs(x2 - x1) / 2));
    path.setAttribute("d", `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
  }
}

function markShortColumns() {
  const height = byId("graph").clientHeight;
  for (const section of byId("columns").children) {
    section.classList.toggle("short", section.querySelector("ol")?.offsetHeight + 60 < height);
  }
  placeEdges();
}

// --- One item, and why -------------------------------------------------------------------------

/** Shows one item's chains, and why; with `null` all again. */
function choose(id) {
  const item = items.get(id);
  state.chosen = item ? id : null;
  const ofItem = item ? [...new Set(item.places.flatMap((place) => chainsOf[place]))] : [];
  const related = new Set(ofItem.flatMap((chain) => chain.map((place) => itemOf[place])));
  const strong = new Set(itemEdges(ofItem).map(([a, b]) => `${a.id} ${b.id}`));
  for (const other of items.values()) {
    other.element.setAttribute("aria-pressed", other === item);
    other.element.classList.toggle("faded", Boolean(item) && other !== item && !related.has(other));
  }
  byId("edges").classList.toggle("chosen", Boolean(item));
  for (const path of byId("edges").children) {
    const [a, b] = path.ends;
    path.classList.toggle("strong", strong.has(`${a.id} ${b.id}`));
  }
  setTabStop(item ?? items.values().next().value);
  byId("why").replaceChildren(...(item ? explanation(item, ofItem) : []));
  item?.element.scrollIntoView({block: "nearest", inline: "nearest"});
  const address = item?.places.length === 1 ? encodeURIComponent(item.label) : "";
  history.replaceState(null, "", `#${address}`);
}

function explanation(item, ofItem) {
  const close = element("button", {type: "button", class: "close", "aria-label": "Close"}, "✕");
  close.addEventListener("click", () => choose(null));
  const parts = [close, element("h2", {}, item.label)];
  if (item.places.length > 1) return [...parts, ...foldExplanation(item)];
  const ending = waysTo(item.id);
  const reached = [...new Set(ofItem.map((chain) => chain[chain.length - 1]))].filter((place) => place !== item.id);
  if (ending.length) parts.push(element("h3", {}, ending.length === 1 ? "Because" : `${ending.length} reasons`), ...ending.map(wayElement));
  if (reached.length) parts.push(element("h3", {}, `Reaches ${counted(reached)}`), placesElement(reached));
  if (!ofItem.length) parts.push(element("p", {}, item.role === "change" ? "Reaches no image and no test." : everything.length ? "Everything is affected." : ""));
  return parts;
}

/** The chains that end at a place, the shortest first. */
function waysTo(place) {
  return chainsOf[place].filter((chain) => chain[chain.length - 1] === place);
}

function foldExplanation(item) {
  const button = element("button", {type: "button", class: "go"}, "Show each in the graph");
  button.addEventListener("click", () => { state.unfolded.add(item.fold); state.chosen = item.id; draw(); });
  return [
    element("p", {}, "All are reached the same way."), button,
    element("h3", {}, "These are"), placesElement(item.places),
  ];
}

function wayElement(chain) {
  const way = element("ol", {class: "way"});
  way.append(...chain.map(stepEntry));
  return way;
}

function placesElement(places) {
  const list = element("ol", {});
  list.append(...places.map(stepEntry));
  return list;
}

function stepEntry(place) {
  const entry = element("li", {});
  const button = element("button", {type: "button", class: "go"}, nodes[place].label);
  button.addEventListener("click", () => show(place));
  entry.append(button);
  return entry;
}

/** Chooses a node, having made sure that the graph shows it, and moves to it. */
function show(place) {
  if (!itemOf[place]) {
    state.words = []; byId("search").value = "";
    state.hidden.delete(nodes[place].role);
    roleBoxes();
  }
  state.unfolded.add(nodes[place].fold);
  draw();
  choose(place);
}

// --- Keys --------------------------------------------------------------------------------------

function setTabStop(item) {
  for (const other of items.values()) other.element.tabIndex = other === item ? 0 : -1;
}

/** The item that an arrow leads to: in the column up and down, along an edge left and right. */
function neighbour(item, key) {
  const entry = item.element.parentElement;
  if (key === "ArrowUp") return entry.previousElementSibling?.firstChild.item;
  if (key === "ArrowDown") return entry.nextElementSibling?.firstChild.item;
  const forward = key === "ArrowRight";
  const joined = [...byId("edges").children].map((path) => path.ends)
    .filter((ends) => ends[forward ? 0 : 1] === item).map((ends) => ends[forward ? 1 : 0]);
  return joined.find((other) => !other.element.classList.contains("faded")) ?? joined[0];
}

byId("columns").addEventListener("keydown", (event) => {
  if (!event.key.startsWith("Arrow") || !event.target.item) return;
  event.preventDefault();
  const next = neighbour(event.target.item, event.key);
  if (!next) return;
  setTabStop(next);
  next.element.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") choose(null);
  if (event.key === "/" && event.target !== byId("search")) {
    event.preventDefault();
    byId("search").focus();
  }
});

// --- Tools -------------------------------------------------------------------------------------

function element(name, attributes, text) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function roleBoxes() {
  const boxes = Object.keys(MARKS).filter((role) => nodes.some((node) => node.role === role)).map((role) => {
    const label = element("label", {});
    const box = element("input", {type: "checkbox"});
    box.checked = !state.hidden.has(role);
    box.addEventListener("change", () => {
      box.checked ? state.hidden.delete(role) : state.hidden.add(role);
      draw();
    });
    label.append(box, `${MARKS[role]} ${counted([...nodes.keys()].filter((place) => nodes[place].role === role))}`);
    return label;
  });
  byId("roles").replaceChildren(byId("roles").firstElementChild, ...boxes);
}

byId("search").addEventListener("input", (event) => {
  state.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  draw();
});
byId("unfold").addEventListener("click", (event) => {
  state.unfoldAll = !state.unfoldAll;
  event.target.setAttribute("aria-pressed", state.unfoldAll);
  draw();
});
byId("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
byId("graph").addEventListener("scroll", () => requestAnimationFrame(placeEdges), {passive: true});
new ResizeObserver(markShortColumns).observe(byId("graph"));
