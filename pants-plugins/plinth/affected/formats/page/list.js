// The same answer as a list by waves, for narrow windows: targets under the shortest way to them.

/** Fills the list with what the filter leaves. */
function drawList() {
  const shown = matchingPlaces();
  const places = [...nodes.keys()].filter((place) => shown.has(place));
  const changes = places.filter((place) => nodes[place].role === "change");
  const targets = places.filter(isTarget);
  const waves = [...new Set(targets.map((place) => nodes[place].wave))].sort((a, b) => a - b);
  byId("list").replaceChildren(
    ...(changes.length ? [listPart(`What changed: ${counted(changes)}`, [placesElement(changes)])] : []),
    ...waves.map((wave) => wavePart(wave, targets.filter((place) => nodes[place].wave === wave))),
  );
  if (!places.length) byId("list").append(element("p", {}, nodes.length ? "Nothing matches." : "Nothing to show."));
}

function isTarget(place) {
  return nodes[place].role !== "change" && nodes[place].role !== "step";
}

/** Images and applications are listed at once; tests open on demand, unless there is nothing else to see. */
function wavePart(wave, targets) {
  const isTest = (place) => nodes[place].role.endsWith("test");
  const images = targets.filter((place) => !isTest(place));
  const tests = targets.filter(isTest);
  const parts = byWay(images);
  if (tests.length) {
    const details = element("details", {});
    details.open = !hasImages || state.words.length > 0;
    details.append(element("summary", {}, counted(tests)), ...byWay(tests));
    parts.push(details);
  }
  return listPart(`Wave ${wave + 1}: ${counted(targets)}`, parts);
}

function listPart(title, parts) {
  const section = element("section", {});
  section.append(element("h2", {}, title), ...parts);
  return section;
}

/** Groups of targets that are reached the same way, each with that way below. */
function byWay(targets) {
  const groups = new Map();
  for (const place of targets) {
    const way = (waysTo(place)[0] ?? []).slice(0, -1);
    const key = way.join();
    if (!groups.has(key)) groups.set(key, {way, places: []});
    groups.get(key).places.push(place);
  }
  return [...groups.values()].map(({way, places}) => {
    const group = element("div", {class: "group"});
    group.append(placesElement(places));
    if (way.length) group.append(element("p", {class: "because"}, way.map((place) => nodes[place].label).join(" › ")));
    return group;
  });
}

// --- Graph or list -----------------------------------------------------------------------------

function setView(view) {
  document.body.dataset.view = view;
  byId("view").textContent = view === "list" ? "Graph" : "List";
  draw();
}

byId("view").addEventListener("click", () => setView(document.body.dataset.view === "list" ? "graph" : "list"));

byId("everything").append(...everything.map((reason) => element("li", {}, `Everything is affected, because ${reason}`)));
byId("tools").hidden = byId("main").hidden = false;
roleBoxes();
const asked = decodeURIComponent(location.hash.slice(1));
setView(matchMedia("(max-width: 700px)").matches ? "list" : "graph");
const askedPlace = nodes.findIndex((node) => node.label === asked);
if (askedPlace >= 0) show(askedPlace);
