// What the shards mean.
import { load, type Numbers } from "./shards";

export type Metric = "calign" | "colap";
export const SIDES = ["source", "target"] as const;

export interface Claim {
  title: string; sentence: string; verdict: string; metric: string; definition: string; claim: number;
  effect: number | null; low: number | null; high: number | null; n_settings: number; n_same: number;
  precision_low: number | null; precision_high: number | null;
  /** Claims 1 and 2 in each run and pair; their intervals are for other sentences and seeds. */
  of_pairs: ({ model: string; variant: string; pair: string } & Effect)[];
  /** Claim 3 in each run; their intervals are for other languages. */
  of_runs: ({ model: string; variant: string } & Effect)[];
}

export interface Effect { effect: number; low: number | null; high: number | null }

/** The verdict where one setting differs; `parameter` is empty in the row of the study's own. */
export interface AtSetting {
  metric: string; definition: string; claim: number; parameter: string; at: number | null; verdict: string;
  effect: number | null;
}

export interface Overview {
  name: string;
  definition: string;
  seed: number;
  pairs: string[];
  calign: { n: number; match: number; size_ratio: number; min_types: number };
  colap: { share: number };
  scores: Record<string, any[]>;
  claims: { least_effect: number; notes: string[]; claims: Claim[]; settings: AtSetting[] };
  /** Of the code; null where it stood in no repository. */
  commit: string | null;
  scores_sha256: string;
}

export interface Score {
  metric: string; definition: string; over: string; model: string; variant: string; side: string; source: string;
  target: string; layer: number; value: number; low: number | null; high: number | null; null_mean: number | null;
  null_low: number | null; null_high: number | null; ceiling: number | null;
}

export async function loadOverview(): Promise<Overview> {
  return (await load("overview")).about as Overview;
}

export function scoresOf(overview: Overview): Score[] {
  const names = Object.keys(overview.scores);
  return overview.scores[names[0]].map(
    (_, row) => Object.fromEntries(names.map((name) => [name, overview.scores[name][row]])) as unknown as Score,
  );
}

export interface Run { name: string; layers: number[] }

export interface Pair {
  name: string;
  languages: string[];
  /** Their names in English, or codes where these are none of a language. */
  names: string[];
  directions: ("ltr" | "rtl")[];
  runs: Run[];
  nSentences: number;
  /** Spellings of source and target. */
  types: string[][];
  /** Words of each type, by metric, of source and target. */
  nWords: Record<Metric, Numbers[]>;
  /** Classes of words. */
  classes: string[];
  /** Of each type of source and target: bit i is set where it is of class i. */
  classesOf: Numbers[];
}

export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

export async function loadPair(name: string): Promise<Pair> {
  const { about, columns, texts } = await load(`${name}/types`);
  const of = (metric: Metric) => SIDES.map((side) => columns[`${side}.${metric}`]);
  return {
    name,
    languages: about.languages,
    names: about.languages.map(languageName),
    directions: about.directions,
    runs: about.runs.map(([run, layers]: [string, number[]]) => ({ name: run, layers })),
    nSentences: about.n_sentences,
    types: SIDES.map((side) => texts[side].split("\n")),
    nWords: { calign: of("calign"), colap: of("colap") },
    classes: about.classes,
    classesOf: SIDES.map((side) => columns[`${side}.classes`]),
  };
}

/** First place of each group, and after the last one. */
export function starts(sizes: Numbers): Int32Array {
  const found = new Int32Array(sizes.length + 1);
  for (let i = 0; i < sizes.length; i++) found[i + 1] = found[i] + sizes[i];
  return found;
}

/** Translations of each type, best first. */
export class Links {
  private start: Int32Array;
  constructor(sizes: Numbers, private translation: Numbers) {
    this.start = starts(sizes);
  }
  of(type: number): Numbers {
    return this.translation.subarray(this.start[type], this.start[type + 1]);
  }
}

export async function loadLinks(pair: string): Promise<{ forward: Links; backward: Links }> {
  const { columns } = await load(`${pair}/links`);
  return {
    forward: new Links(columns["forward.n"], columns.forward),
    backward: new Links(columns["backward.n"], columns.backward),
  };
}

/** A type among the words of a concept. */
export interface Member { type: number; words: number; cell: number }

/** In which concepts the words of one language are; a cell is a type and a concept. */
export class SideClusters {
  readonly start: Int32Array;
  readonly wordStart: Int32Array;
  readonly typeOf: Int32Array;
  readonly words: Int32Array;
  private cells: Int32Array;
  private begin: Int32Array;
  constructor(sizes: Numbers, readonly cluster: Numbers, readonly ofWord: Numbers, nWords: Numbers) {
    this.start = starts(sizes);
    this.wordStart = starts(nWords);
    this.typeOf = new Int32Array(cluster.length);
    this.words = new Int32Array(cluster.length);
    for (let type = 0; type < sizes.length; type++) {
      this.typeOf.fill(type, this.start[type], this.start[type + 1]);
      for (let word = this.wordStart[type]; word < this.wordStart[type + 1]; word++)
        this.words[this.start[type] + ofWord[word]]++;
    }
    let highest = -1;
    for (const one of cluster) if (one > highest) highest = one;
    const size = new Int32Array(highest + 1);
    for (const one of cluster) if (one >= 0) size[one]++;
    this.begin = starts(size);
    const next = this.begin.slice();
    this.cells = new Int32Array(this.begin[highest + 1]);
    for (let cell = 0; cell < cluster.length; cell++)
      if (cluster[cell] >= 0) this.cells[next[cluster[cell]]++] = cell;
  }
  get nClusters(): number {
    return this.begin.length - 1;
  }
  nTypes(cluster: number): number {
    return cluster >= 0 && cluster < this.nClusters ? this.begin[cluster + 1] - this.begin[cluster] : 0;
  }
  /** Types of a concept, most words first. */
  members(cluster: number): Member[] {
    if (!this.nTypes(cluster)) return [];
    const cells = [...this.cells.subarray(this.begin[cluster], this.begin[cluster + 1])];
    cells.sort((a, b) => this.words[b] - this.words[a] || a - b);
    return cells.map((cell) => ({ type: this.typeOf[cell], words: this.words[cell], cell }));
  }
  /** The concept that holds most words of a type, -1 where none does. */
  commonest(type: number): number {
    return this.start[type] < this.start[type + 1] ? this.cluster[this.start[type]] : -1;
  }
  /** Type of a word. */
  typeOfWord(word: number): number {
    let [low, high] = [0, this.wordStart.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.wordStart[middle] <= word) low = middle;
      else high = middle;
    }
    return low;
  }
  /** Concept of each word, -1 of one in none. */
  clusterOfWords(): Int32Array {
    const found = new Int32Array(this.ofWord.length);
    for (let type = 0; type + 1 < this.start.length; type++)
      for (let word = this.wordStart[type]; word < this.wordStart[type + 1]; word++)
        found[word] = this.cluster[this.start[type] + this.ofWord[word]];
    return found;
  }
}

export interface Layer {
  metric: Metric;
  sides: SideClusters[];
  columns: Record<string, Numbers>;
  nConcepts: number;
}

export async function loadLayer(pair: Pair, run: string, layer: number, metric: Metric): Promise<Layer> {
  const { columns } = await load(`${pair.name}/concepts/${run}/${metric}.${layer}`);
  const sides = SIDES.map(
    (side, place) =>
      new SideClusters(
        columns[`${side}.n`], columns[`${side}.cluster`], columns[`${side}.of_word`], pair.nWords[metric][place],
      ),
  );
  const first = metric === "calign" ? columns.n_types : columns.n_source;
  return { metric, sides, columns, nConcepts: first.length };
}

export type Status = "aligned" | "near" | "none";

export interface Concept {
  cluster: number;
  target: number;
  /** Types matched (CALIGN) or words of the language with fewer (COLAP). */
  matched: number;
  /** Of so many. */
  of: number;
  share: number;
  nTargets: number;
  stability: number | null;
  sentenceShare: number | null;
  status: Status;
}

// A near miss has at least this part of what would be enough.
const NEAR = 0.75;

/** The concepts that have words. */
export function conceptsOf(layer: Layer, overview: Overview): Concept[] {
  const { columns } = layer;
  const number = (name: string, at: number) => {
    const value = columns[name]?.[at];
    return value === undefined || Number.isNaN(value) ? null : value;
  };
  const found: Concept[] = [];
  for (let cluster = 0; cluster < layer.nConcepts; cluster++) {
    const shared = { cluster, stability: number("stability", cluster), sentenceShare: number("sentence_share", cluster) };
    if (layer.metric === "calign") {
      const of = columns.n_types[cluster];
      const matched = columns.n_matched[cluster];
      const nTargets = columns.n_targets[cluster];
      const near = of > overview.calign.min_types && matched / of >= NEAR * overview.calign.match;
      const status = nTargets > 0 ? "aligned" : near ? "near" : "none";
      if (of) found.push({ ...shared, target: columns.best_target[cluster], matched, of, share: matched / of, nTargets, status });
    } else {
      const [one, other] = [columns.n_source[cluster], columns.n_target[cluster]];
      const matched = Math.min(one, other);
      const of = one + other;
      const near = matched / of >= NEAR * overview.colap.share;
      const status = columns.overlaps[cluster] ? "aligned" : near ? "near" : "none";
      if (of) found.push({ ...shared, target: cluster, matched, of, share: matched / of, nTargets: 0, status });
    }
  }
  return found;
}

export interface ClassShare { name: string; share: number }

/**
 * The class that most words of each concept are of, and the share of them that are: of CALIGN words of the source
 * language, of COLAP of both. Undefined of a concept without words.
 */
export function commonestClasses(layer: Layer, pair: Pair): (ClassShare | undefined)[] {
  const n = pair.classes.length;
  const count = new Int32Array(layer.nConcepts * n);
  const all = new Int32Array(layer.nConcepts);
  layer.sides.forEach((side, place) => {
    if (place === 1 && layer.metric === "calign") return;
    for (let cell = 0; cell < side.cluster.length; cell++) {
      const cluster = side.cluster[cell];
      if (cluster < 0) continue;
      all[cluster] += side.words[cell];
      const classes = pair.classesOf[place][side.typeOf[cell]];
      for (let one = 0; one < n; one++) if ((classes >> one) & 1) count[cluster * n + one] += side.words[cell];
    }
  });
  return Array.from(all, (words, cluster) => {
    const own = count.subarray(cluster * n, (cluster + 1) * n);
    const most = Math.max(...own);
    return words && most ? { name: pair.classes[own.indexOf(most)], share: most / words } : undefined;
  });
}

/** The concept with most words of a type, and for a target type one that it is the best target of. */
export function conceptOf(layer: Layer, concepts: Concept[], side: number, type: number): Concept | undefined {
  const cluster = layer.sides[side].commonest(type);
  if (side === 0 || layer.metric === "colap") return concepts.find((one) => one.cluster === cluster);
  return concepts.filter((one) => one.target === cluster).sort((a, b) => b.matched - a.matched)[0];
}

export interface Places { sentence: Int32Array; repeat: Numbers }

export async function loadPlaces(pair: Pair, metric: Metric, side: number): Promise<Places> {
  const { columns } = await load(`${pair.name}/places/${metric}.${SIDES[side]}`);
  const sentence = new Int32Array(columns.step.length);
  const first = starts(pair.nWords[metric][side]);
  for (let type = 0; type + 1 < first.length; type++)
    for (let word = first[type], last = 0; word < first[type + 1]; word++)
      sentence[word] = last += columns.step[word];
  return { sentence, repeat: columns.repeat };
}

export const SENTENCES = 64;

export async function loadSentences(pair: string, block: number): Promise<string[][]> {
  const { texts } = await load(`${pair}/sentences/${block}`);
  return SIDES.map((side) => texts[side].split("\n"));
}

export const TRAIL_TYPES = 1024;

export interface Cell { run: string; layer: number; cluster: number; matched: boolean; counts: boolean }

/** Where a type is in every run and layer. */
export async function loadTrail(pair: Pair, metric: Metric, side: number, type: number): Promise<Cell[]> {
  const block = Math.floor(type / TRAIL_TYPES);
  const { columns } = await load(`${pair.name}/trails/${metric}.${SIDES[side]}.${block}`);
  const width = Math.min(TRAIL_TYPES, pair.types[side].length - block * TRAIL_TYPES);
  const places = pair.runs.flatMap((run) => run.layers.map((layer) => ({ run: run.name, layer })));
  return places.map((place, row) => {
    const at = row * width + (type % TRAIL_TYPES);
    const state = columns.state[at];
    return { ...place, cluster: columns.cluster[at], matched: (state & 3) === 2, counts: state >= 4 };
  });
}

/** Word types of a language that hold a text: whole ones, then beginnings, then others. */
export function search(types: string[], text: string): number[] {
  const wanted = folded(text.trim());
  if (!wanted) return [];
  const groups: number[][] = [[], [], []];
  types.forEach((spelling, type) => {
    const place = folded(spelling).indexOf(wanted);
    if (place > 0) groups[2].push(type);
    else if (place === 0) groups[folded(spelling).length === wanted.length ? 0 : 1].push(type);
  });
  return groups.flat();
}

function folded(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
