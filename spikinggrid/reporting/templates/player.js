"use strict";
// Draws the electrodes of a recording, lit for a moment by each spike; see reporting/player.py for the data.
(() => {
  const STEP = 1, FADE = 0.15, STILL = matchMedia("(prefers-reduced-motion: reduce)");

  // Spike times of each electrode, in ticks.
  function trains(data) {
    const bytes = Uint8Array.from(atob(data.spikes), (letter) => letter.charCodeAt(0));
    let place = 0;
    return data.counts.map((count) => {
      const times = new Float64Array(count);
      for (let spike = 0, time = 0; spike < count; spike++) {
        let factor = 1, byte;
        do {
          byte = bytes[place++];
          time += (byte & 127) * factor;
          factor *= 128;
        } while (byte & 128);
        times[spike] = time;
      }
      return times;
    });
  }

  // How many times are not later than a time.
  function upTo(times, time) {
    let low = 0, high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= time) low = middle + 1; else high = middle;
    }
    return low;
  }

  // Places of the electrodes; where they are unknown, rows of a square.
  function places(data) {
    const n = data.names.length, known = data.x.length > 0, columns = Math.ceil(Math.sqrt(n));
    const x = known ? data.x : data.names.map((_, i) => i % columns);
    const y = known ? data.y : data.names.map((_, i) => Math.floor(i / columns));
    const [left, top, right, bottom] = [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
    const [width, height] = [right - left, bottom - top];
    const pitch = width * height > 0 ? Math.sqrt(width * height / n) : Math.max(width, height, 1) / n;
    return { x, y, left, top, width: width + 2 * pitch, height: height + 2 * pitch, pitch, known };
  }

  class Player {
    constructor(root) {
      const find = (name) => root.querySelector(name);
      this.data = JSON.parse(find("script").textContent);
      this.trains = trains(this.data);
      this.places = places(this.data);
      [this.array, this.rate, this.slider] = [find(".array"), find(".rate"), find(".time")];
      [this.button, this.speed, this.output] = [find(".play"), find(".speed"), find("output")];
      this.time = 0;
      this.playing = false;
      this.slider.max = this.data.duration;
      find(".hint").textContent = this.hint();
      this.button.onclick = () => this.toggle();
      this.slider.oninput = () => this.go(Number(this.slider.value));
      this.rate.onclick = (event) => this.go(event.offsetX / this.rate.clientWidth * this.data.duration);
      this.array.onkeydown = (event) => this.key(event);
      this.array.onclick = () => this.toggle();
      new ResizeObserver(() => this.resize()).observe(root);
      matchMedia("(prefers-color-scheme: dark)").onchange = () => this.resize();
      root.player = this;
    }

    hint() {
      const { duration, whole } = this.data;
      const part = duration < whole ? `The first ${duration.toFixed(1)} s of ${whole.toFixed(1)} s. ` : "";
      const unknown = this.places.known ? "" : "Positions are unknown: electrodes stand in their order. ";
      const pulses = this.data.pulses[0].length ? "Rings: electrodes that are stimulated. " : "";
      return `${part}${unknown}${pulses}Under the array: spikes of all electrodes over time. Keys on the array: Space plays and pauses, arrows move by 1 s, with Shift by 10 s.`;
    }

    key(event) {
      const step = event.shiftKey ? 10 * STEP : STEP;
      const actions = {
        " ": () => this.toggle(),
        ArrowLeft: () => this.go(this.time - step),
        ArrowRight: () => this.go(this.time + step),
        Home: () => this.go(0),
        End: () => this.go(this.data.duration),
      };
      if (!(event.key in actions)) return;
      event.preventDefault();
      actions[event.key]();
    }

    toggle() {
      this.playing = !this.playing;
      this.button.textContent = this.playing ? "Pause" : "Play";
      this.output.setAttribute("aria-live", this.playing ? "off" : "polite");
      if (!this.playing) return this.draw();
      if (this.time >= this.data.duration) this.time = 0;
      this.last = performance.now();
      this.next();
    }

    next() {
      requestAnimationFrame((now) => {
        if (!this.playing) return;
        const passed = (now - this.last) / 1000;
        if (!STILL.matches || passed >= STEP) {  // without motion: a picture a second
          this.last = now;
          this.go(this.time + passed * Number(this.speed.value));
        }
        if (this.time >= this.data.duration) this.toggle(); else this.next();
      });
    }

    go(time) {
      this.time = Math.min(Math.max(time, 0), this.data.duration);
      this.draw();
    }

    resize() {
      const style = getComputedStyle(this.array);
      this.colour = (name) => style.getPropertyValue(`--${name}`);
      for (const canvas of [this.array, this.rate]) {
        canvas.width = canvas.clientWidth * devicePixelRatio;
        canvas.height = canvas.clientHeight * devicePixelRatio;
      }
      this.bins = new Float64Array(Math.max(1, this.rate.clientWidth));
      const perBin = this.data.duration / this.data.tick / this.bins.length;
      for (const times of this.trains)
        for (const time of times) this.bins[Math.min(this.bins.length - 1, Math.floor(time / perBin))]++;
      this.most = this.bins.reduce((a, b) => Math.max(a, b), 1);
      this.draw();
    }

    // Draws on a canvas in pixels of the page.
    pen(canvas) {
      const pen = canvas.getContext("2d");
      pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
      pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
      return pen;
    }

    draw() {
      if (!this.colour) return;
      const ticks = this.time / this.data.tick;
      const shown = STILL.matches ? STEP : FADE;  // without motion, all spikes since the last picture
      const fade = shown * Math.max(Number(this.speed.value), 0.2) / this.data.tick;
      const lit = this.drawArray(ticks, fade);
      this.drawRate();
      this.slider.value = this.time;
      const now = (this.data.start + this.time).toFixed(2);
      this.slider.setAttribute("aria-valuetext", `${now} s`);
      const window = (1000 * fade * this.data.tick).toFixed(0);
      this.output.textContent = `${now} s: ${lit} of ${this.trains.length} electrodes spiked in ${window} ms`;
    }

    drawArray(ticks, fade) {
      const pen = this.pen(this.array), at = this.places;
      const scale = Math.min(this.array.clientWidth / at.width, this.array.clientHeight / at.height);
      const x0 = (this.array.clientWidth - at.width * scale) / 2, y0 = (this.array.clientHeight - at.height * scale) / 2;
      const radius = Math.max(1.5, Math.min(16, 0.36 * at.pitch * scale));
      const middle = (i) => [x0 + (at.x[i] - at.left + at.pitch) * scale, y0 + (at.y[i] - at.top + at.pitch) * scale];
      const [dot, spike] = [this.colour("dot"), this.colour("spike")];
      let lit = 0;
      const circle = (i, size) => { pen.beginPath(); pen.arc(...middle(i), size, 0, 2 * Math.PI); };
      this.trains.forEach((times, i) => {
        const n = upTo(times, ticks), age = n ? ticks - times[n - 1] : Infinity;
        pen.fillStyle = dot;
        circle(i, radius);
        pen.fill();
        if (age >= fade) return;
        lit++;
        pen.globalAlpha = STILL.matches ? 1 : 1 - age / fade;
        pen.fillStyle = spike;
        pen.fill();
        pen.globalAlpha = 1;
      });
      const [when, where] = this.data.pulses;
      pen.strokeStyle = this.colour("stimulus");
      pen.lineWidth = 3;
      for (let p = upTo(when, ticks) - 1; p >= 0 && ticks - when[p] < fade; p--) {
        if (where[p] < 0) continue;
        circle(where[p], radius + 3);
        pen.stroke();
      }
      return lit;
    }

    drawRate() {
      const pen = this.pen(this.rate), high = this.rate.clientHeight;
      pen.fillStyle = this.colour("faint");
      this.bins.forEach((count, x) => pen.fillRect(x, high, 1, -high * count / this.most));
      pen.fillStyle = this.colour("spike");
      pen.fillRect(this.time / this.data.duration * this.rate.clientWidth - 1, 0, 2, high);
    }
  }

  document.querySelectorAll(".player").forEach((root) => new Player(root));
})();
