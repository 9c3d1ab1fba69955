// Sorting and filtering of the table of queries. Everything is readable without it.
(() => {
  const table = document.getElementById("query-table");
  const form = document.getElementById("query-filter");
  if (!table || !form) return;
  const body = table.tBodies[0];
  const lists = document.getElementById("query-lists");
  const list = (row) => document.getElementById(row.dataset.list);

  const value = (row, column) => {
    const cell = row.cells[column];
    const key = cell.dataset.key ?? cell.textContent.trim();
    return key === "" ? null : Number.isNaN(Number(key)) ? key : Number(key);
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));

  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row, at) => ({ row, at, key: value(row, column) }));
      rows.sort((a, b) => {
        // What is not there stays last either way.
        if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.at - b.at;
        return (down ? -1 : 1) * compare(a.key, b.key) || a.at - b.at;
      });
      body.append(...rows.map(({ row }) => row));
      lists.append(...rows.map(({ row }) => list(row)).filter(Boolean));
    });
  });

  const filter = () => {
    const words = form.elements.words.value.toLowerCase();
    const language = form.elements.language.value;
    const lost = form.elements.lost.checked;
    let left = 0;
    for (const row of body.rows) {
      const keep =
        row.textContent.toLowerCase().includes(words) &&
        (language === "" || row.dataset.language === language) &&
        (!lost || row.dataset.lost !== "0");
      row.hidden = !keep;
      const shown = list(row);
      if (shown) shown.hidden = !keep;
      left += keep;
    }
    form.elements.count.value = `${left} of ${body.rows.length} queries`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
