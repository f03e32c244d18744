"use strict";
(function () {
  function number(text) {
    var found = text.replace("\u2212", "-").match(/-?\d+(\.\d+)?/);
    return found ? parseFloat(found[0]) : null;
  }
  function compare(a, b, numeric) {
    if (a === "" || b === "") { return a === b ? 0 : null; }
    return numeric ? a - b : a < b ? -1 : a > b ? 1 : 0;
  }
  function sorter(table, rows, column, head) {
    var numeric = head.classList.contains("n");
    return function () {
      var down = head.getAttribute("aria-sort") === "ascending";
      var keyed = rows.map(function (row, place) {
        var text = row.cells[column].textContent.trim();
        var key = numeric ? number(text) : text === "\u2013" ? "" : text.toLowerCase();
        return [key === null ? "" : key, place, row];
      });
      keyed.sort(function (x, y) {
        var order = compare(x[0], y[0], numeric);
        if (order === null) { return x[0] === "" ? 1 : -1; }
        return (down ? -order : order) || x[1] - y[1];
      });
      var body = document.createDocumentFragment();
      keyed.forEach(function (entry) { body.appendChild(entry[2]); });
      table.tBodies[0].appendChild(body);
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (cell) {
        cell.removeAttribute("aria-sort");
      });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
    };
  }
  function filters(table, rows, tools) {
    var search = tools.querySelector("[data-search]");
    var choices = Array.prototype.slice.call(tools.querySelectorAll("[data-column]"));
    var shown = tools.querySelector("[data-shown]");
    var texts = null;
    function wanted(choice) {
      return choice.type === "checkbox" ? (choice.checked ? choice.value : "") : choice.value;
    }
    function apply() {
      var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      var set = choices.filter(wanted);
      if (words.length && !texts) {
        texts = rows.map(function (row) { return row.textContent.toLowerCase(); });
      }
      var count = 0;
      rows.forEach(function (row, place) {
        var fits = set.every(function (choice) {
          return row.cells[choice.dataset.column].textContent.trim() === wanted(choice);
        }) && words.every(function (word) { return texts[place].indexOf(word) >= 0; });
        if (row.hidden === fits) { row.hidden = !fits; }
        count += fits ? 1 : 0;
      });
      shown.value = count + " / " + rows.length;
    }
    tools.addEventListener("input", apply);
    tools.hidden = false;
    apply();
  }
  Array.prototype.forEach.call(document.querySelectorAll("table.list"), function (table) {
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", sorter(table, rows, column, head));
      head.textContent = "";
      head.appendChild(button);
    });
    filters(table, rows, document.getElementById(table.dataset.tools));
  });
})();
