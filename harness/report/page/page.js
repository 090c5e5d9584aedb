"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const drills = [...document.querySelectorAll("details.drill")];
  const rows = [...document.querySelectorAll(".matrix tbody tr")];

  const has = (element, label) => !label || element.dataset.labels.split(" ").includes(label);

  function narrow() {
    const words = at("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const label = at("label").value, version = at("version").value, failed = at("failed").checked;
    let shown = 0;
    for (const d of drills) {
      const text = d.dataset.text;
      const fits = words.every((w) => text.includes(w)) && has(d, label) &&
        (!version || d.dataset.version === version) && (!failed || d.classList.contains("bad"));
      d.hidden = !fits;
      if (fits) shown++;
    }
    for (const r of rows) r.hidden = !(has(r, label) && (!failed || r.querySelector("a.bad")));
    at("shown").textContent = `${shown} shown`;
  }

  function openTarget() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  }

  at("filter").addEventListener("input", narrow);
  at("filter").addEventListener("submit", (e) => e.preventDefault());
  at("all").addEventListener("click", () => {
    const open = drills.some((d) => !d.hidden && !d.open);
    for (const d of drills) if (!d.hidden) d.open = open;
    at("all").textContent = open ? "close all" : "open all";
  });
  addEventListener("hashchange", openTarget);
  openTarget();
})();
