// What the file carries: facts as JSON and arrays as bytes, each packed (gzip) and written in letters (base64).
const MOST_SHOWN = 40; // posts listed at once
const LONG = 600; // letters of a post that are shown before one asks for all of it

const blockText = (name) => document.getElementById(`data-${name}`).textContent.trim();

function bytesOf(letters) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(letters);
  const raw = atob(letters);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

async function unpacked(name) {
  const packed = new Blob([bytesOf(blockText(name))]).stream();
  return new Response(packed.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function readFacts() {
  return JSON.parse(new TextDecoder().decode(await unpacked("facts")));
}

// Letters that people leave out when they type: accents, vowel signs of Arabic.
const folded = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f\u064b-\u0652\u0670]/g, "").toLowerCase();

// "words in quotes" stay together, all parts must occur.
function partsOf(asked) {
  const parts = [];
  for (const [, quoted, word] of asked.matchAll(/["“”«»]([^"“”«»]+)["“”«»]|([^\s"“”«»]+)/g)) parts.push(quoted ?? word);
  return parts.map((part) => part.trim()).filter(Boolean);
}
