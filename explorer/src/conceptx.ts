// Words of concepts as a file of ConceptX: word|||occurrence|||sentence|||position|||cluster.
import { type Layer, loadPlaces, loadSentences, type Pair, SENTENCES } from "./data";

interface Line { side: number; type: number; occurrence: number; sentence: number; repeat: number; cluster: number }

/**
 * The words of some concepts in text order, as `polyconcept export` numbers them: sentences and positions from 0,
 * occurrences from 0 within a spelling. Words in no concept are left out. Of two languages that were clustered
 * together the target's sentences follow the source's.
 */
export async function conceptxFile(
  pair: Pair, layer: Layer, sides: number[], wanted: (side: number, cluster: number) => boolean,
): Promise<string> {
  const lines: Line[] = [];
  const places = await Promise.all(sides.map((side) => loadPlaces(pair, layer.metric, side)));
  sides.forEach((side, i) => {
    const own = layer.sides[side];
    const before = side === 1 && sides.length > 1 ? wordsBySpelling(pair, layer) : undefined;
    own.clusterOfWords().forEach((cluster, word) => {
      if (cluster < 0 || !wanted(side, cluster)) return;
      const type = own.typeOfWord(word);
      const occurrence = word - own.wordStart[type] + (before?.get(pair.types[side][type]) ?? 0);
      lines.push({ side, type, occurrence, sentence: places[i].sentence[word], repeat: places[i].repeat[word], cluster });
    });
  });
  lines.sort((a, b) => a.side - b.side || a.sentence - b.sentence);
  const written: string[] = [];
  for (let first = 0; first < lines.length; ) {
    const { side, sentence } = lines[first];
    let end = first;
    while (end < lines.length && lines[end].sentence === sentence && lines[end].side === side) end++;
    const texts = await loadSentences(pair.name, Math.floor(sentence / SENTENCES));
    const found = positions(texts[side][sentence % SENTENCES]);
    const shift = side === 1 && sides.length > 1 ? pair.nSentences : 0;
    lines
      .slice(first, end)
      .map((line) => ({ ...line, position: found(pair.types[side][line.type], line.repeat) }))
      .sort((a, b) => a.position - b.position || a.occurrence - b.occurrence)
      .forEach(({ type, occurrence, position, cluster }) =>
        written.push([pair.types[side][type], occurrence, sentence + shift, position, cluster].join("|||") + "\n"),
      );
    first = end;
  }
  return written.join("");
}

function wordsBySpelling(pair: Pair, layer: Layer): Map<string, number> {
  return new Map(pair.types[0].map((spelling, type) => [spelling, pair.nWords[layer.metric][0][type]]));
}

/** Where in a sentence a spelling stands for the first, second, ... time. */
function positions(text: string): (spelling: string, repeat: number) => number {
  const found = new Map<string, number[]>();
  text.split(" ").forEach((word, place) => found.set(word, [...(found.get(word) ?? []), place]));
  return (spelling, repeat) => found.get(spelling)![repeat];
}
