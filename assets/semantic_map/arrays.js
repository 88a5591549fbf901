// Arrays that the server sent, kept by fingerprint: a rerun names them, it does not send them again. They live
// beside the page's module, so that a person who leaves the map and comes back sees it at once.
const MOST_ARRAYS = 12;
const shared = (globalThis.ctseMap ??= {
  arrays: new Map(), // fingerprint -> ArrayBuffer, latest last
  waiting: new Set(), // what to call when another array has come
  views: new Map(), // key of a map -> where a person was on it
  texts: new Map(), // print of the places + point -> what is read there
  ask: null, // sends point numbers to the server
  hear: new Set(), // what to call when their texts have come
  arrived: 0, // when the latest array came
  left: null, // how the tools stood when the map was last taken off the page
  typed: -1e9, // when a key last asked the server for something
});

// A message is: length of the header (uint32), header in JSON, the array itself.
function receive(bytes) {
  shared.arrived = performance.now();
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  if (!shared.arrays.has(header.print)) shared.arrays.set(header.print, bytes.slice(4 + length).buffer);
  while (shared.arrays.size > MOST_ARRAYS) shared.arrays.delete(shared.arrays.keys().next().value);
  for (const wake of [...shared.waiting]) wake();
}

function whenThere(prints, then) {
  const look = () => {
    if (!prints.every((print) => shared.arrays.has(print))) return false;
    shared.waiting.delete(look);
    // Used ones move to the end: the oldest unused one goes first.
    for (const print of prints) {
      const array = shared.arrays.get(print);
      shared.arrays.delete(print);
      shared.arrays.set(print, array);
    }
    then(prints.map((print) => shared.arrays.get(print)));
    return true;
  };
  if (!look()) shared.waiting.add(look);
  return () => shared.waiting.delete(look);
}
