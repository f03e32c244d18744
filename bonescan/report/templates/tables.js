"use strict";
(function () {
  var LIMIT = 1000;
  function number(text) {
    var found = text.replace("\u2212", "-").match(/-?\d+(\.\d+)?/);
    return found ? parseFloat(found[0]) : "";
  }
  function keyOf(cell, numeric) {
    var text = cell.textContent.trim();
    if (numeric) { return number(text); }
    return text === "\u2013" ? "" : text.toLowerCase();
  }
  function order(a, b, down) {
    if (a[0] === "" || b[0] === "") {
      return (a[0] === "") - (b[0] === "") || a[1] - b[1];
    }
    var sign = a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
    return (down ? -sign : sign) || a[1] - b[1];
  }
  function List(table) {
    var list = this;
    this.table = table;
    this.body = table.tBodies[0];
    this.rows = Array.prototype.slice.call(this.body.rows);
    this.texts = null;
    this.all = this.rows.length <= LIMIT;
    this.tools = document.getElementById(table.dataset.tools);
    this.search = this.tools.querySelector("[data-search]");
    this.choices = Array.prototype.slice.call(this.tools.querySelectorAll("[data-column]"));
    this.shown = this.tools.querySelector("[data-shown]");
    this.more = this.tools.querySelector("[data-more]");
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", function () { list.sort(head, column); });
      head.textContent = "";
      head.appendChild(button);
    });
    this.tools.addEventListener("input", function () { list.show(); });
    this.more.addEventListener("click", function () { list.all = true; list.show(); });
    this.tools.hidden = false;
    this.show();
  }
  List.prototype.sort = function (head, column) {
    var down = head.getAttribute("aria-sort") === "ascending";
    var numeric = head.classList.contains("n");
    var keyed = this.rows.map(function (row, place) {
      return [keyOf(row.cells[column], numeric), place, row];
    });
    keyed.sort(function (a, b) { return order(a, b, down); });
    this.rows = keyed.map(function (entry) { return entry[2]; });
    this.texts = null;
    Array.prototype.forEach.call(this.table.tHead.rows[0].cells, function (cell) {
      cell.removeAttribute("aria-sort");
    });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    var next = document.createElement("tbody");
    this.rows.forEach(function (row) { next.appendChild(row); });
    this.table.replaceChild(next, this.body);
    this.body = next;
    this.show();
  };
  List.prototype.show = function () {
    var list = this;
    var words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var set = this.choices.map(function (choice) {
      var on = choice.type !== "checkbox" || choice.checked;
      return [Number(choice.dataset.column), on ? choice.value : ""];
    }).filter(function (pair) { return pair[1]; });
    if (words.length && !this.texts) {
      this.texts = this.rows.map(function (row) { return row.textContent.toLowerCase(); });
    }
    var fitting = 0;
    this.rows.forEach(function (row, place) {
      var fits = set.every(function (pair) {
        return row.cells[pair[0]].textContent.trim() === pair[1];
      }) && words.every(function (word) { return list.texts[place].indexOf(word) >= 0; });
      fitting += fits ? 1 : 0;
      var hide = !fits || (!list.all && fitting > LIMIT);
      if (row.hidden !== hide) { row.hidden = hide; }
    });
    var cut = !this.all && fitting > LIMIT;
    this.shown.value = (cut ? LIMIT + " / " : "") + fitting + " / " + this.rows.length;
    this.more.hidden = !cut;
  };
  try {
    var lists = Array.prototype.map.call(document.querySelectorAll("table.list"), function (table) {
      return new List(table);
    });
    window.addEventListener("beforeprint", function () {
      lists.forEach(function (list) { list.all = true; list.show(); });
    });
  } finally {
    document.documentElement.classList.add("ready");
  }
})();
