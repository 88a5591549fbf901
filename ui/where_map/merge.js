// Places that would lie on each other become one mark, which sits where the largest of them is.
const APART = 34; // pixels between the middles of two marks, at least
const LARGEST = 26; // pixels from the middle of the largest mark to its edge
const SMALLEST = 4.5;

const stepOf = (scale) => Math.round(Math.log2(scale) * 2) / 2; // marks change at half octaves, not while the map moves

function mergedMarks(marks, scale, sums) {
  const size = APART / 2 ** stepOf(scale); // of a cell, in worlds
  const cells = new Map();
  const found = [];
  for (let i = 0; i < marks.count; i += 1) {
    const [cx, cy] = [Math.floor(marks.x[i] / size), Math.floor(marks.y[i] / size)];
    let home = null;
    for (let dx = -1; dx <= 1 && !home; dx += 1)
      for (let dy = -1; dy <= 1 && !home; dy += 1)
        for (const other of cells.get(`${cx + dx},${cy + dy}`) ?? [])
          if (Math.hypot(other.x - marks.x[i], other.y - marks.y[i]) < size) {
            home = other;
            break;
          }
    if (!home) {
      home = { x: marks.x[i], y: marks.y[i], posts: 0, urgent: 0, members: [] };
      const key = `${cx},${cy}`;
      if (cells.has(key)) cells.get(key).push(home);
      else cells.set(key, [home]);
      found.push(home);
    }
    home.members.push(i);
    home.posts += marks.posts[i];
    home.urgent += marks.urgent[i];
  }
  for (const one of found) one.group = groupOf(one.members, marks, sums);
  return found.sort((one, other) => other.posts - one.posts);
}

// The colour of several places: the first of their groups in the legend, or the one that weighs most in sum.
function groupOf(members, marks, sums) {
  if (!sums) return Math.min(...members.slice(0, 5000).map((i) => marks.group[i]));
  const weights = new Map();
  for (const i of members) weights.set(marks.group[i], (weights.get(marks.group[i]) ?? 0) + marks.weight[i]);
  return [...weights].sort((one, other) => other[1] - one[1] || one[0] - other[0])[0][0];
}

// Where there are few posts, the largest circle is small, too.
function radiusOf(posts, most) {
  const largest = Math.min(LARGEST, 7 + 4 * Math.log2(Math.max(1, most)));
  return Math.max(SMALLEST, largest * Math.sqrt(posts / Math.max(1, most)));
}

// Whether coming nearer would part the places of a mark.
function canPart(chart, mark) {
  const [first] = mark.members;
  const far = Math.max(
    ...mark.members.slice(0, 5000).map((i) => Math.hypot(chart.marks.x[i] - chart.marks.x[first], chart.marks.y[i] - chart.marks.y[first])),
  );
  return far * (chart.size.w / CLOSEST) > 2 * APART;
}
