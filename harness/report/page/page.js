"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const drills = [...document.querySelectorAll("details.drill")];
  const rows = [...document.querySelectorAll(".matrix tbody tr")].map((row) => ({ row, links: [...row.querySelectorAll("a")] }));
  const kinds = ["good", "bad", "open"];
  for (const d of drills) d.kind = kinds.find((k) => d.classList.contains(k));

  const verdict = () => document.querySelector("#verdict input:checked");

  /* narrow shows what fits the filter, in the lists and in the matrix. */
  function narrow() {
    const words = at("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const label = at("label").value, version = at("version").value, only = verdict().value;
    const shown = new Set();
    for (const d of drills) {
      const { text, labels, version: of } = d.dataset;
      const fits = (!only || only.split(" ").includes(d.kind)) && (!version || of === version) &&
        (!label || labels.split(" ").includes(label)) && words.every((w) => text.includes(w));
      d.hidden = !fits;
      if (fits) shown.add(d.id);
    }
    let cause;
    for (const { row, links } of rows) {
      let any = false;
      for (const a of links) {
        const on = shown.has(a.hash.slice(1));
        a.classList.toggle("off", !on);
        any ||= on;
      }
      row.hidden = !any;
      if (any) {
        const own = row.querySelector(".cause").textContent;
        row.classList.toggle("first", own !== cause);
        cause = own;
      }
    }
    for (const id of ["bad", "good"]) {
      if (at(id)) at(id).hidden = !drills.some((d) => !d.hidden && (d.kind === "good") === (id === "good"));
    }
    at("matrix").hidden = shown.size === 0;
    at("shown").textContent = `${shown.size} shown`;
    rove();
  }

  /* openTarget opens the drill that the address names, whatever the filter hides. */
  function openTarget() {
    const target = location.hash && at(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.matches(".drill")) return;
    if (target.hidden) {
      target.hidden = false;
      target.parentElement.hidden = false;
    }
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }

  /* The matrix is one stop of the Tab key; arrows go from square to square. */
  const lines = () => rows.filter(({ row }) => !row.hidden).map(({ links }) => links).filter((l) => l.length);
  function rove(to) {
    for (const { links } of rows) for (const a of links) a.tabIndex = -1;
    const first = to || (lines()[0] || [])[0];
    if (first) first.tabIndex = 0;
    if (to) to.focus();
  }
  at("matrix").addEventListener("keydown", (e) => {
    const all = lines(), y = all.findIndex((l) => l.includes(e.target));
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (y < 0 || !step) return;
    e.preventDefault();
    const line = all[y + step[1]] || all[y], x = all[y].indexOf(e.target) + step[0];
    rove(line[Math.max(0, Math.min(x, line.length - 1))]);
  });
  addEventListener("keydown", (e) => {
    if (e.key !== "/" || e.ctrlKey || e.metaKey || e.target.matches("input[type=search], select")) return;
    e.preventDefault();
    at("find").focus();
  });

  at("filter").addEventListener("input", narrow);
  at("filter").addEventListener("submit", (e) => e.preventDefault());
  at("all").addEventListener("click", () => {
    const open = drills.some((d) => !d.hidden && !d.open);
    for (const d of drills) if (!d.hidden) d.open = open;
    at("all").textContent = open ? "close all" : "open all";
  });
  addEventListener("hashchange", openTarget);
  narrow();
  openTarget();
})();
