// What the page sends beside the map itself: an array, or texts that the map asked for. A component of its own, so
// that answers do not touch the map, and small, because every message carries its script.
const MOST_TEXTS = 4000;

export default function (component) {
  const { data } = component;
  if (data instanceof Uint8Array) receive(data);
  else if (data?.kind === "reader") hearTexts(component);
}

function hearTexts({ data, setTriggerValue }) {
  shared.ask = (print, points) => setTriggerValue("ask", { print, points });
  for (const [point, told] of Object.entries(data.texts ?? {})) shared.texts.set(`${data.print}:${point}`, told);
  while (shared.texts.size > MOST_TEXTS) shared.texts.delete(shared.texts.keys().next().value);
  for (const hear of [...shared.hear]) hear();
}
