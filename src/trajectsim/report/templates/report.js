"use strict";
// Opens what is folded when a link leads into it, and redoes the sum of costs and benefits under a reader's own prices
// (as analysis/sheet.py does it). Nothing is loaded, sent or kept.
(function () {
  function unfold() {
    var target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView({ behavior: "instant", block: "center" });
  }
  addEventListener("hashchange", unfold);
  unfold();

  var told = document.getElementById("own-words");
  if (!told) return;
  var words = JSON.parse(told.textContent);

  function bytes(text) {
    var raw = atob(text), out = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return out.buffer;
  }
  function exact(text) { return new Float64Array(bytes(text)); }
  function rough(text) { return new Float32Array(bytes(text)); }

  // --- numbers as a reader writes and reads them ---
  function read(text) {
    var own = text.replace(/[\s\u00a0€%]/g, "").replace("\u2212", "-");
    if (own === "") return null;
    var marks = own.match(/[.,]/g) || [];
    if (marks.length) {
      var last = Math.max(own.lastIndexOf("."), own.lastIndexOf(",")), mark = own[last];
      var several = marks.indexOf(mark) !== marks.lastIndexOf(mark), mixed = marks.some(function (m) { return m !== mark; });
      var grouped = several || (!mixed && own.length - last === 4 && mark === words.thousands);
      var other = mark === "," ? /\./g : /,/g;
      own = grouped ? own.replace(/[.,]/g, "") : own.replace(other, "").replace(mark, ".");
    }
    return /^-?\d*\.?\d+$|^-?\d+\.$/.test(own) ? Number(own) : NaN;
  }
  function number(value, decimals) {
    var parts = Math.abs(value).toFixed(decimals).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, words.thousands);
    return parts.join(words.decimal);
  }
  function sign(value, plus) { return value < 0 ? "\u2212" : plus && value > 0 ? "+" : ""; }
  function euro(value, plus) {
    var whole = Math.round(value), mark = sign(whole, plus);
    return words.gap ? "€" + words.gap + mark + number(whole, 0) : mark + "€" + number(whole, 0);
  }
  function percent(share) {
    if (share > 0 && share < 0.005) return "<\u00a01%";
    if (share < 1 && share > 0.995) return ">\u00a099%";
    return number(100 * share, 0) + "%";
  }
  function quantile(sorted, q) {
    var at = q * (sorted.length - 1), low = Math.floor(at), high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
  }

  // A year's flow is spread evenly over its steps: the mean of (1 + rate)^(-step / steps per year).
  function factors(rate, steps, perYear) {
    var out = [];
    for (var first = 0; first < steps; first += perYear) {
      var last = Math.min(first + perYear, steps), sum = 0;
      for (var t = first; t < last; t++) sum += Math.pow(1 + rate, -t / perYear);
      out.push(sum / (last - first));
    }
    return out;
  }

  function sheet(data) {
    var lines = data.priceOf.length, prices = data.paths.length, k = data.draws;
    var own = {
      units: rough(data.units), values: rough(data.values), rates: exact(data.rates), apart: {},
      mean: { units: exact(data.mean.units), amount: exact(data.mean.amount),
              unitsNow: exact(data.mean.unitsNow), amountNow: exact(data.mean.amountNow) },
    };
    Object.keys(data.apart).forEach(function (line) { own.apart[line] = rough(data.apart[line]); });
    var years = own.mean.units.length / lines;

    return function (filled, rate) {
      var one = rate === null ? null : factors(rate, data.steps, data.stepsPerYear), known = {};
      function factor(draw, kind) {
        if (one) return one;
        var r = own.rates[3 * draw + kind];
        return known[r] || (known[r] = factors(r, data.steps, data.stepsPerYear));
      }
      var now = [], perDraw = [];
      for (var l = 0; l < lines; l++) {
        var price = filled[data.priceOf[l]], given = price !== undefined, sum = 0, y;
        if (one) {
          for (y = 0; y < years; y++) sum += one[y] * (given ? own.mean.units : own.mean.amount)[l * years + y];
        } else sum = (given ? own.mean.unitsNow : own.mean.amountNow)[l];
        now.push(given ? sum * price : sum);
      }
      for (var d = 0; d < k; d++) {
        var present = [];
        for (l = 0; l < lines; l++) {
          var p = data.priceOf[l], f = factor(d, data.rateOf[l]), total = 0, set = filled[p] !== undefined;
          var apart = !set && own.apart[l], each = set ? filled[p] : own.values[d * prices + p];
          for (y = 0; y < years; y++) total += f[y] * (apart ? apart[d * years + y] : own.units[(d * lines + l) * years + y] * each);
          present.push(total);
        }
        perDraw.push(present);
      }
      function dot(weights, values) { return weights.reduce(function (s, w, i) { return w ? s + w * values[i] : s; }, 0); }
      var out = {};
      data.who.forEach(function (name, w) {
        var net = -dot(data.whole[w], now), cost = dot(data.below[w], now);
        var each = perDraw.map(function (present) { return -dot(data.whole[w], present); }).sort(function (a, b) { return a - b; });
        out[name] = {
          net: net, low: quantile(each, 0.05), high: quantile(each, 0.95), ratio: cost > 1e-9 ? (net + cost) / cost : null,
          chance: each.filter(function (v) { return v > 0; }).length / k,
        };
      });
      return out;
    };
  }

  document.querySelectorAll("form.own").forEach(function (form) {
    var result = sheet(JSON.parse(document.getElementById(form.dataset.sheet).textContent));
    var inputs = Array.from(form.querySelectorAll("input")), said = form.querySelector("output"), start = said.textContent;
    var first = Array.from(form.querySelectorAll("[data-cell]")).map(function (cell) { return [cell, cell.textContent]; });

    function follow() {
      var filled = {}, rate = null, changed = 0, wrong = 0;
      inputs.forEach(function (input) {
        var value = read(input.value), isRate = "rate" in input.dataset;
        var bad = value !== null && (!isFinite(value) || value < (isRate ? -50 : 0) || (isRate && value >= 100));
        input.setAttribute("aria-invalid", String(bad));
        input.classList.toggle("changed", value !== null && !bad);
        if (bad) wrong++;
        if (bad || value === null) return;
        changed++;
        if (isRate) rate = value / 100; else filled[Number(input.dataset.price)] = value;
      });
      var warning = wrong ? " " + words.wrong.replace("{n}", wrong) : "";
      if (!changed) {
        first.forEach(function (pair) { pair[0].textContent = pair[1]; });
        said.textContent = start + warning;
        return;
      }
      var found = result(filled, rate);
      form.querySelectorAll("[data-who]").forEach(function (row) {
        var own = found[row.dataset.who];
        var texts = { now: euro(own.net, true), interval: euro(own.low) + " " + words.to + " " + euro(own.high),
                      chance: percent(own.chance), ratio: own.ratio === null ? words.nothing : sign(own.ratio) + number(own.ratio, 2) };
        row.querySelectorAll("[data-cell]").forEach(function (cell) { cell.textContent = texts[cell.dataset.cell]; });
      });
      said.textContent = words.changed.replace("{n}", changed).replace("{net}", euro(found.society.net, true)) + warning;
    }
    form.addEventListener("input", follow);
    form.addEventListener("reset", function () { setTimeout(follow, 0); });
    form.addEventListener("submit", function (event) { event.preventDefault(); });
  });
})();
