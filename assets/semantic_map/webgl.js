// Points drawn by the graphics card. A machine without one refuses (failIfMajorPerformanceCaveat), and the processor
// draws them itself, which is faster there than a card that is only pretended.
const VERTEX = `
attribute vec2 place;
attribute float look;
uniform vec2 scale, shift;
uniform float size, below;
uniform vec4 colours[16];
varying vec4 colour;
varying float diamond, wide;
void main() {
  float index = mod(look, 16.0);
  float step = floor(look / 16.0);
  bool wanted = look < 128.0 && (index >= 14.0) == (below > 0.5);
  gl_Position = wanted ? vec4(place * scale + shift, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  wide = size * (1.0 + 0.22 * step) * (index >= 14.0 ? 0.85 : 1.0);
  gl_PointSize = wide;
  colour = colours[int(index)];
  diamond = index >= 9.0 && index < 14.0 ? 1.0 : 0.0;
}`;
const FRAGMENT = `
precision mediump float;
uniform vec3 paper;
uniform float rim;
varying vec4 colour;
varying float diamond, wide;
void main() {
  vec2 off = (gl_PointCoord - 0.5) * wide;
  float away = diamond > 0.5 ? abs(off.x) + abs(off.y) : length(off);
  float cover = clamp(wide * 0.5 - away, 0.0, 1.0);
  float inner = rim > 0.0 ? clamp(wide * 0.5 - rim - away, 0.0, 1.0) : 1.0;
  float alpha = colour.a * cover;
  gl_FragColor = vec4(mix(paper, colour.rgb, inner) * alpha, alpha);
}`;

function programOf(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

// Not every browser tells of a slow card when it is asked to refuse one.
function isPretended(gl) {
  const told = gl.getExtension("WEBGL_debug_renderer_info");
  return told !== null && /swiftshader|llvmpipe|software|basic render/i.test(gl.getParameter(told.UNMASKED_RENDERER_WEBGL));
}

function webglRenderer(canvas, forced) {
  const wanted = { alpha: true, antialias: false, premultipliedAlpha: true, depth: false };
  const gl = canvas.getContext("webgl", { ...wanted, failIfMajorPerformanceCaveat: !forced });
  const program = gl && (forced || !isPretended(gl)) && programOf(gl);
  if (!program) return null;
  const places = gl.createBuffer();
  const looks = gl.createBuffer();
  const at = (name) => gl.getUniformLocation(program, name);
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const bind = (buffer, name, parts, kind, normal) => {
    const attribute = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(attribute);
    gl.vertexAttribPointer(attribute, parts, kind, normal, 0, 0);
  };
  const upload = (buffer, array) => {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, array, gl.STATIC_DRAW);
  };
  let drawn = { places: null, round: -1 };
  return {
    kind: "webgl",
    most: 3_000_000, // points drawn at rest
    draw(chart, t, ranges) {
      if (drawn.places !== chart.places) upload(places, chart.places);
      if (drawn.round !== chart.looksRound || drawn.places !== chart.places) upload(looks, chart.looks);
      drawn = { places: chart.places, round: chart.looksRound };
      const { w, h } = chart.size;
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      bind(places, "place", 2, gl.UNSIGNED_SHORT, true);
      bind(looks, "look", 1, gl.UNSIGNED_BYTE, false);
      gl.uniform2f(at("scale"), (2 * t.ax) / w, (-2 * t.ay) / h);
      gl.uniform2f(at("shift"), (2 * t.cx) / w - 1, 1 - (2 * t.cy) / h);
      const radius = radiusOf(chart);
      gl.uniform1f(at("size"), 2 * (radius + 0.5) * chart.ratio);
      gl.uniform1f(at("rim"), radius > 3 ? 0.8 * chart.ratio : 0);
      gl.uniform3fv(at("paper"), chart.paper.map((part) => part / 255));
      const colours = palette(chart).flatMap(([r, g, b, a]) => [r / 255, g / 255, b / 255, a]);
      gl.uniform4fv(at("colours"), colours);
      for (const below of chart.someBelow ? [1, 0] : [0]) {
        gl.uniform1f(at("below"), below);
        for (const [from, to] of ranges) gl.drawArrays(gl.POINTS, from, to - from);
      }
    },
    settle: () => gl.finish(),
    end: () => gl.getExtension("WEBGL_lose_context")?.loseContext(),
  };
}
